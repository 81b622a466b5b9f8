"""Commands that enter, correct, withdraw and contest credit records; no command deletes one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from uuid import uuid4

import sqlalchemy as sa
from sqlmodel import col, select

from law.errors import AlreadyExists, Fault, NotFound, WrongState
from law.evidence import RecordStatus
from law.identity.records import record_key
from law.objection import OBJECTION_CITE
from law.separation import Act
from plumbing.change import Change
from plumbing.events.leadership import exclusively
from plumbing.view import View
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import proposals_pb2 as proposals
from protos.registry.v1 import registry_pb2 as pb
from services.registry import lookup, wire
from services.registry.announce_changes import Cause, save_records
from services.registry.commands.acting_for import (
    require_author,
    require_decider,
    require_objector,
)
from services.registry.commands.targets import (
    find_record,
    find_subject,
    refuse_any,
    require_version,
)
from services.registry.proposals.propose import Proposed, object_id, propose
from services.registry.sameness.finding import likeness_at, look
from services.registry.sameness.places import of_this_record
from services.registry.tables import Contest, Proposal, Record, Subject
from services.registry.validation import RecordContent, read_record, reader_of

Request = pb.CorrectRecordRequest | pb.WithdrawRecordRequest


async def enter_record(change: Change, request: pb.EnterRecordRequest) -> pb.EnterRecordResponse:
    """Enters a new credit record, with today as its day of entry.

    Raises InvalidInput for faulty content, NotPermitted outside the caller's scope, and
    AlreadyExists if the same fact was entered from the same source before, in whatever writing of
    the document's number and even if it was withdrawn since.
    """
    content = _content(change, request.record)
    subject = await find_subject(change, request.record.subject_id)
    await require_author(change, subject)
    await _require_new(change, subject.subject_id, content)
    row = Record(
        record_id=uuid4().hex,
        subject_id=subject.subject_id,
        bureau=change.caller.bureau or subject.bureau,
        entered_on=change.today,
        entered_by=change.on_behalf_of,
        authors=[change.on_behalf_of],
        **asdict(content),
    )
    await save_records(change, [row])
    change.audit("enter_record", f"record/{row.record_id}", after=row.model_dump(mode="json"))
    found = await likeness_at(change, of_this_record(row))
    return pb.EnterRecordResponse(record=wire.record(row), likeness_id=found)


async def correct_record(
    change: Change, request: pb.CorrectRecordRequest
) -> pb.CorrectRecordResponse:
    """Corrects the content of a credit record; it stays in force and its old versions are stored.

    The correction of an adverse record, or into one, is only proposed: a second person releases it
    (S1 20). What a case orders is carried out at once. Raises InvalidInput for faulty content,
    NotPermitted outside the caller's scope, WrongState if the request's version is not the present
    one or the record is no longer active or belongs to an open case, and AlreadyExists if another
    record has the same fact from the same source.
    """
    row, content = await _to_correct(change, request)
    ordered = await ordered_by_case(change, row, request.case_id)
    if ordered or (row.kind.positive and content.kind.positive):
        await _correct(change, row, content, request.ground, change.on_behalf_of)
        return pb.CorrectRecordResponse(record=wire.record(row))
    proposal = await _propose(change, request, Act.CORRECT_RECORD, row, asdict(content))
    return pb.CorrectRecordResponse(record=wire.record(row), proposal=proposal)


async def release_correction(
    change: Change, request: pb.CorrectRecordRequest, proposal: Proposal
) -> None:
    """Carries out a correction that a second person releases. Raises as `correct_record`."""
    request.record.record_id = object_id(proposal)
    row, content = await _to_correct(change, request)
    await ordered_by_case(change, row)
    await _correct(change, row, content, request.ground, proposal.proposed_by, change.on_behalf_of)


async def _to_correct(
    change: Change, request: pb.CorrectRecordRequest
) -> tuple[Record, RecordContent]:
    content = _content(change, request.record)
    row = await find_record(change, request.record.record_id)
    await require_decider(change, row)
    _check_subject(row, request.record.subject_id)
    _require_active(row)
    require_version(row.version, request.record.version)
    await _require_new(change, row.subject_id, content, except_record=row.record_id)
    return row, content


async def _correct(
    change: Change, row: Record, content: RecordContent, ground: str, *authors: str
) -> None:
    before, place = row.model_dump(mode="json"), of_this_record(row)
    row.sqlmodel_update(asdict(content))
    row.authors = sorted({*(row.authors or ()), *authors})
    await save_records(change, [row], Cause(events.CAUSE_CORRECTED, ground))
    for one in {place, of_this_record(row)}:
        await look(change, one)
    _audit(change, "correct_record", row, before, ground)


async def withdraw_record(
    change: Change, request: pb.WithdrawRecordRequest
) -> pb.WithdrawRecordResponse:
    """Withdraws a credit record: from today on it no longer counts.

    The withdrawal of an adverse record is only proposed: a second person releases it (S1 20). What
    a case orders is carried out at once. Raises NotPermitted outside the caller's scope, and
    WrongState if the record is no longer active or belongs to an open case.
    """
    row = await find_record(change, request.record_id)
    await require_decider(change, row)
    _require_active(row)
    ordered = await ordered_by_case(change, row, request.case_id)
    if ordered or row.kind.positive:
        await _withdraw(change, row, request.ground)
        return pb.WithdrawRecordResponse(record=wire.record(row))
    after = {"status": RecordStatus.WITHDRAWN}
    proposal = await _propose(change, request, Act.WITHDRAW_RECORD, row, after)
    return pb.WithdrawRecordResponse(record=wire.record(row), proposal=proposal)


async def release_withdrawal(
    change: Change, request: pb.WithdrawRecordRequest, proposal: Proposal
) -> None:
    """Carries out a withdrawal that a second person releases. Raises as `withdraw_record`."""
    row = await find_record(change, object_id(proposal))
    _require_active(row)
    require_version(row.version, proposal.base_version)
    await ordered_by_case(change, row)
    await _withdraw(change, row, request.ground)


async def become_final(change: Change, row: Record, ground: str, *authors: str) -> None:
    """Notes that review and litigation about a penalty are over, as a second person released it.

    Raises WrongState if a case about it is open, or it is no longer active.
    """
    _require_active(row)
    await ordered_by_case(change, row)
    before = row.model_dump(mode="json")
    row.final = True
    row.authors = sorted({*(row.authors or ()), *authors})
    await save_records(change, [row], Cause(events.CAUSE_CORRECTED, ground))
    _audit(change, "correct_record", row, before, ground)


async def withdraw_released(change: Change, row: Record, ground: str) -> None:
    """Withdraws a record whose withdrawal a second person has released with something else.

    Raises WrongState if a case about it is open, or it is no longer active.
    """
    _require_active(row)
    await ordered_by_case(change, row)
    await _withdraw(change, row, ground)


async def _withdraw(change: Change, row: Record, ground: str) -> None:
    before = row.model_dump(mode="json")
    row.status, row.status_on = RecordStatus.WITHDRAWN, change.today
    await save_records(change, [row], Cause(events.CAUSE_WITHDRAWN, ground))
    await look(change, of_this_record(row))
    _audit(change, "withdraw_record", row, before, ground)


async def ordered_by_case(change: Change, row: Record, case_id: str = "") -> bool:
    """Returns whether the change of a record carries out the decision of its own case.

    Raises WrongState, naming the case, for any other change of a record with an open case (S3 27).
    """
    query = select(Contest.case_id).where(Contest.record_id == row.record_id)
    cases = (await change.session.exec(query)).all()
    if change.caller.is_service and case_id in cases:
        return True
    if cases:
        raise WrongState(
            f"该记录正在案件{cases[0]}中办理，只能依该案件的决定变更",
            f"The record belongs to the open case {cases[0]}, which alone changes it",
            cite=OBJECTION_CITE,
            case=cases[0],
        )
    return False


async def _propose(
    change: Change, request: Request, act: Act, row: Record, after: Mapping[str, object]
) -> proposals.Proposal:
    owner = await change.session.get_one(Subject, row.subject_id)
    what = Proposed(
        act=act,
        object=f"record/{row.record_id}",
        version=row.version,
        bureau=owner.bureau,
        ground=request.ground,
        before=row.model_dump(),
        after=after,
        subject_id=row.subject_id,
    )
    return await propose(change, request, what)


async def check_record(view: View, request: pb.CheckRecordRequest) -> pb.CheckRecordResponse:
    """Returns an empty response if a credit record could be entered today.

    Raises as `enter_record` does.
    """
    content = _content(view, request.record)
    subject = await lookup.subject(view, request.record.subject_id)
    if subject is None:
        raise NotFound("没有该信用主体", "There is no such subject")
    view.caller.require_subject(subject.subject_id, subject.bureau)
    await _require_new(view, subject.subject_id, content)
    return pb.CheckRecordResponse()


async def set_contested(change: Change, request: pb.SetContestedRequest) -> pb.SetContestedResponse:
    """Marks records as contested by a case, or removes the mark of that case.

    A record stays marked until the last case that contests it has ended.
    """
    rows = [await find_record(change, record_id) for record_id in sorted(set(request.record_ids))]
    changed = [row for row in rows if await _mark_changes(change, row, request)]
    before = {row.record_id: row.contested for row in changed}
    for row in changed:
        row.contested = not row.contested
    await save_records(change, changed, Cause(events.CAUSE_CONTESTED))
    change.audit(
        "set_contested",
        f"case/{request.case_id}",
        before={"contested": before},
        after={
            "contested": {row.record_id: row.contested for row in rows},
            "by_this_case": request.contested,
        },
    )
    return pb.SetContestedResponse(records=map(wire.record, rows))


async def _mark_changes(change: Change, row: Record, request: pb.SetContestedRequest) -> bool:
    """Adds or deletes the case of a record; returns whether the record's mark changes with it."""
    key = (row.record_id, request.case_id)
    contest = await change.session.get(Contest, key)
    if request.contested and contest is None:
        await require_objector(change, row)
        change.session.add(Contest(record_id=row.record_id, case_id=request.case_id))
    elif contest is not None and not request.contested:
        await change.session.delete(contest)
    open_cases = select(sa.exists().where(col(Contest.record_id) == row.record_id))
    return (await change.session.exec(open_cases)).one() != row.contested


def _content(change: Change | View, record: pb.Record) -> RecordContent:
    faults: list[Fault] = []
    content = read_record(reader_of(record, "record", faults), change.today)
    refuse_any(faults)
    return content


def _check_subject(row: Record, subject_id: str) -> None:
    if subject_id not in ("", row.subject_id):
        zh, en = "更正不能改换信用主体", "a correction cannot move the record to another subject"
        refuse_any([Fault("record.subject_id", zh, en)])


def _require_active(row: Record) -> None:
    if row.status != RecordStatus.ACTIVE:
        raise WrongState("该记录已不再有效", "The record is no longer active", status=row.status)


async def _require_new(
    change: Change | View, subject_id: str, content: RecordContent, except_record: str = ""
) -> None:
    # Of two that are entered at once, the later one must see the earlier.
    await exclusively(change.session, f"records of {subject_id}")
    of_the_day = select(Record).where(
        Record.subject_id == subject_id,
        Record.kind == content.kind,
        Record.determined_on == content.determined_on,
        Record.record_id != except_record,
        sa.not_(col(Record.removed)),
    )
    key = record_key(asdict(content))
    for row in await change.session.exec(of_the_day):
        if record_key(row.model_dump()) == key:
            raise AlreadyExists(
                f"同一来源的这一事实已登记，文书编号为{row.source_ref}",
                f"This fact is entered from its source already, as {row.source_ref}",
                record_id=row.record_id,
            )


def _audit(
    change: Change, action: str, row: Record, before: dict[str, object], ground: str
) -> None:
    change.audit(
        action,
        f"record/{row.record_id}",
        before=before,
        after=row.model_dump(mode="json"),
        ground=ground,
    )
