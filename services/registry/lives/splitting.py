"""A part of a subject becomes a subject of its own, with what was chosen to go along.

Open orders follow their instruments, open cases the records that they are about, and what imports
left to decide follows either. Notices stay with the subject that was told.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlmodel import col, select

from law.errors import Fault, WrongState
from law.separation import Act
from plumbing.change import Change
from plumbing.chunks import chunks
from plumbing.short_ids import find_by_id
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import lives_pb2 as pb
from services.registry.announce_changes import (
    Cause,
    save_instruments,
    save_records,
    save_subjects,
)
from services.registry.commands.targets import (
    find_subject,
    refuse_any,
    require_bureau_exists,
    require_version,
)
from services.registry.identity import sessions
from services.registry.identity.tables import Account
from services.registry.lives.acts import day_of, require_seen, write_act
from services.registry.lives.recoding import require_free
from services.registry.lives.tables import LifeAct
from services.registry.orders.following import follow_instruments
from services.registry.proposals.propose import Proposed, object_id, propose
from services.registry.questions.following import follow_things
from services.registry.questions.tables import Question
from services.registry.sameness import places
from services.registry.sameness.finding import look
from services.registry.tables import Contest, Instrument, Proposal, Record, Subject
from services.registry.validation import SubjectContent, read_subject, reader_of

IDS_IN_QUERY = 400


@dataclass(frozen=True)
class _Part:
    """What becomes of a part: its content, and everything that goes along."""

    content: SubjectContent
    instruments: Sequence[Instrument]
    records: Sequence[Record]
    accounts: Sequence[Account]


async def split_subject(change: Change, request: pb.SplitSubjectRequest) -> pb.SplitSubjectResponse:
    """Proposes to make a part of a subject a subject of its own (S1 20).

    Raises InvalidInput for faulty content or for what is not the subject's, NotFound, NotPermitted
    outside the caller's scope, AlreadyExists for a credit code on file, and WrongState if the
    version is not the present one or a case is about records of which only some go along.
    """
    row = await find_subject(change, request.subject_id)
    require_seen(row, request.version)
    part = await _part(change, request, row)
    day_of(change, request.on)
    what = Proposed(
        act=Act.SPLIT_SUBJECT,
        object=f"subject/{row.subject_id}",
        version=row.version,
        bureau=row.bureau,
        ground=request.ground,
        before={},
        after=_told(part),
        subject_id=row.subject_id,
    )
    return pb.SplitSubjectResponse(
        proposal=await propose(change, _with_whole_ids(request, part), what)
    )


def _with_whole_ids(request: pb.SplitSubjectRequest, part: _Part) -> pb.SplitSubjectRequest:
    """The request with whole ids instead of beginnings, which by the release may begin others."""
    whole = pb.SplitSubjectRequest()
    whole.CopyFrom(request)
    whole.instrument_ids[:] = [one.instrument_id for one in part.instruments]
    whole.record_ids[:] = [one.record_id for one in part.records]
    whole.account_ids[:] = [one.account_id for one in part.accounts]
    return whole


def _told(part: _Part) -> dict[str, Any]:
    """What the person who releases the split sees of it."""
    return {
        "name": part.content.name,
        "credit_code": part.content.credit_code,
        "bureau": part.content.bureau,
        "instruments": "、".join(one.serial_no for one in part.instruments),
        "records": "、".join(one.source_ref for one in part.records),
        "accounts": "、".join(one.display_name for one in part.accounts),
    }


async def release_split(
    change: Change, request: pb.SplitSubjectRequest, proposal: Proposal
) -> None:
    """Splits a subject, as a second person releases it. Raises as `split_subject`."""
    row = await find_subject(change, object_id(proposal))
    require_version(row.version, proposal.base_version)
    part = await _part(change, request, row)
    cause, before = Cause(events.CAUSE_SPLIT, request.ground), row.model_dump(mode="json")
    new = Subject(subject_id=uuid4().hex, origin_id=row.subject_id, **asdict(part.content))
    await save_subjects(change, [new], cause)
    went = await _give(change, new, part, cause)
    await follow_things(change, col(Question.subject_id) == row.subject_id)
    day = day_of(change, request.on)
    await write_act(
        *(change, row, LifeAct.SPLIT, cause),
        day=day,
        other=new,
        kept=went,
        record_ids=went["records"],
    )
    await _look_again(change, row, new, part)
    object_, after = f"subject/{row.subject_id}", {"part": new.subject_id, **went}
    change.audit("split_subject", object_, before=before, after=after, ground=request.ground)


async def _look_again(change: Change, row: Subject, new: Subject, part: _Part) -> None:
    """Looks for what is perhaps the same where the part now is, and where it was."""
    found = {places.of_subject(new.bureau, new.name_key)}
    for owner in (row, new):
        found |= places.of_things(owner.subject_id, part.instruments, part.records)
    for place in found:
        await look(change, place)


async def _part(change: Change, request: pb.SplitSubjectRequest, row: Subject) -> _Part:
    faults: list[Fault] = []
    content = read_subject(reader_of(request.part, "part", faults))
    refuse_any(faults)
    await require_bureau_exists(change, content.bureau, "part.bureau")
    change.caller.require_bureau(content.bureau)
    await require_free(change, content.credit_code)
    own = sa.and_(sa.not_(col(Instrument.removed)), col(Instrument.subject_id) == row.subject_id)
    recorded = sa.and_(sa.not_(col(Record.removed)), col(Record.subject_id) == row.subject_id)
    people = col(Account.subject_id) == row.subject_id
    chosen = _Part(
        content,
        await _chosen(change, Instrument, request.instrument_ids, own, "instrument_ids"),
        await _chosen(change, Record, request.record_ids, recorded, "record_ids"),
        await _chosen(change, Account, request.account_ids, people, "account_ids"),
    )
    await _require_whole_cases(change, {one.record_id for one in chosen.records})
    return chosen


async def _chosen(
    change: Change, model: Any, ids: Collection[str], own: Any, field: str
) -> Sequence[Any]:
    """The rows with these ids, or beginnings of ids, locked; refuses what is not the subject's."""
    key = sa.inspect(model).primary_key[0]
    rows: dict[str, Any] = {}
    for chunk in chunks(sorted(set(ids)), IDS_IN_QUERY):
        query = select(model).where(key.in_(chunk), own).order_by(key)
        found = (await change.session.exec(query.with_for_update())).all()
        rows |= {getattr(row, key.name): row for row in found}
    for given in sorted(set(ids) - set(rows)):
        row = await find_by_id(change.session, model, given, own, lock=True)
        if row is None or getattr(row, key.name) == given:  # somebody else's
            zh, en = f"{given} 不属于该主体", f"{given} does not belong to the subject"
            refuse_any([Fault(field, zh, en)])
        rows[getattr(row, key.name)] = row
    return [*rows.values()]


async def _require_whole_cases(change: Change, record_ids: Collection[str]) -> None:
    """Raises WrongState for an open case that is about records of which only some go along."""
    contests = select(Contest).where(col(Contest.record_id).in_(record_ids))
    cases = {row.case_id for row in await change.session.exec(contests)}
    of_cases = select(Contest).where(col(Contest.case_id).in_(cases))
    for row in await change.session.exec(of_cases):
        if row.record_id not in record_ids:
            raise WrongState(
                f"案件 {row.case_id} 涉及的记录须一并划出，或者一并留下",
                f"The records of case {row.case_id} go along together or stay together",
                case=row.case_id,
            )


async def _give(change: Change, new: Subject, part: _Part, cause: Cause) -> dict[str, Any]:
    """Gives everything that goes along to the new subject; returns the ids by kind."""
    for one in part.instruments:
        one.subject_id, one.bureau, one.in_review = new.subject_id, new.bureau, new.in_review
    await save_instruments(change, part.instruments, cause)
    for record in part.records:
        record.subject_id = new.subject_id
    await save_records(change, part.records, cause)
    for account in part.accounts:
        await sessions.move(change, account, new.subject_id)
    orders = await follow_instruments(change, col(Instrument.subject_id) == new.subject_id)
    return {
        "instruments": [one.instrument_id for one in part.instruments],
        "records": [one.record_id for one in part.records],
        "accounts": [one.account_id for one in part.accounts],
        "orders": orders,
    }
