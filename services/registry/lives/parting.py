"""Undoes the joining of two subjects, where nothing stands on it since."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlmodel import col

from law.errors import NotFound, WrongState
from law.separation import Act
from plumbing.change import Change
from plumbing.short_ids import find_by_id
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import lives_pb2 as pb
from services.registry.announce_changes import (
    Cause,
    save_instruments,
    save_records,
    save_subjects,
)
from services.registry.commands.targets import require_version
from services.registry.identity import sessions
from services.registry.identity.tables import Account
from services.registry.lives.acts import write_act
from services.registry.lives.standing_on import what_stands_on
from services.registry.lives.tables import LifeAct, SubjectAct
from services.registry.orders.following import follow_instruments
from services.registry.orders.tables import Order
from services.registry.permits.joining import part_permits
from services.registry.proposals.propose import Proposed, propose
from services.registry.questions.following import follow_things, give_back
from services.registry.questions.tables import Question
from services.registry.sameness import aliases, places
from services.registry.sameness.finding import look
from services.registry.sameness.subject_joining import COMPLETED
from services.registry.sameness.tables import Alias
from services.registry.tables import Instrument, Proposal, Record, Subject


async def part_subjects(change: Change, request: pb.PartSubjectsRequest) -> pb.PartSubjectsResponse:
    """Proposes to undo a joining (S1 20).

    Raises NotFound if there is no such joining, NotPermitted outside the caller's scope, and
    WrongState, naming what stands on it, if something was filed or changed since.
    """
    _, kept, joined = await _joining(change, request.act_id)
    what = Proposed(
        act=Act.PART_SUBJECTS,
        object=f"subject/{kept.subject_id}",
        version=kept.version,
        bureau=kept.bureau,
        ground=request.ground,
        before={},
        after={"kept": kept.name, "joined": f"{joined.name} {joined.credit_code}".strip()},
        subject_id=kept.subject_id,
    )
    return pb.PartSubjectsResponse(proposal=await propose(change, request, what))


async def release_parting(
    change: Change, request: pb.PartSubjectsRequest, proposal: Proposal
) -> None:
    """Undoes a joining, as a second person releases it. Raises as `part_subjects`."""
    joining, kept, joined = await _joining(change, request.act_id)
    require_version(kept.version, proposal.base_version)
    cause = Cause(events.CAUSE_PARTED, request.ground)
    before = kept.model_dump(mode="json")
    await _restore_subjects(change, joining, kept, joined, cause)
    await _give_back(change, joining, joined, cause)
    await give_back(change, joined, joining.kept)
    await follow_things(change, col(Question.subject_id) == kept.subject_id)
    await _lead_back(change, joining, kept, joined)
    joining.undone_at = change.at
    records = [*joining.kept["records"], *joining.kept["repeated"]]
    given = {name: joining.kept[name] for name in ("instruments", "accounts", "orders")}
    given["permits"] = joining.kept.get("permits", [])  # joinings of earlier releases know none
    await write_act(
        *(change, kept, LifeAct.PARTED, cause),
        other=joined,
        kept={**given, "records": records},
        record_ids=records,
    )
    await _look_again(change, kept, joined, joining)
    object_, after = f"subject/{kept.subject_id}", {"parted": joined.subject_id, **given}
    change.audit("part_subjects", object_, before=before, after=after, ground=request.ground)


async def _joining(change: Change, act_id: str) -> tuple[SubjectAct, Subject, Subject]:
    row = await find_by_id(change.session, SubjectAct, act_id, lock=True)
    if row is None or row.act is not LifeAct.JOINED:
        raise NotFound("没有这次合并", "There is no such joining", act_id=act_id)
    kept = await change.session.get_one(Subject, row.subject_id, with_for_update=True)
    change.caller.require_bureau(kept.bureau)
    if row.undone_at is not None:
        raise WrongState("该次合并已撤销", "The joining is undone already")
    joined = await change.session.get_one(Subject, row.other_id, with_for_update=True)
    if standing := await what_stands_on(change, row, kept, joined):
        zh = "此后已有以下事项，不能撤销合并：" + "；".join(zh for zh, _ in standing)
        en = "This stands on the joining: " + "; ".join(en for _, en in standing)
        raise WrongState(zh, en)
    return row, kept, joined


async def _restore_subjects(
    change: Change, joining: SubjectAct, kept: Subject, joined: Subject, cause: Cause
) -> None:
    was = joining.kept["before"]
    for name in (*COMPLETED, "former_names"):
        setattr(kept, name, was[name])
    # The one that stays first lets go of a credit code that it took, which is unique.
    await save_subjects(change, [kept], cause)
    joined.removed = False
    await save_subjects(change, [joined], cause)


async def _give_back(change: Change, joining: SubjectAct, joined: Subject, cause: Cause) -> None:
    instruments = await _rows(change, Instrument, joining.kept["instruments"])
    for one in instruments:
        one.subject_id, one.bureau = joined.subject_id, joined.bureau
        one.in_review = joined.in_review
    await save_instruments(change, instruments, cause)
    records = await _rows(change, Record, joining.kept["records"])
    for one in records:
        one.subject_id = joined.subject_id
    repeated = await _rows(change, Record, joining.kept["repeated"])
    for one in repeated:
        one.removed = False
    await save_records(change, [*records, *repeated], cause)
    await part_permits(change, joining.kept, joined.subject_id, cause)
    for account in await _rows(change, Account, joining.kept["accounts"]):
        await sessions.move(change, account, joined.subject_id)
    for order in await _rows(change, Order, joining.kept["orders"]):
        order.subject_id = joined.subject_id
    await change.session.flush()
    await follow_instruments(change, col(Instrument.subject_id) == joined.subject_id)


async def _rows(change: Change, model: Any, ids: Sequence[str]) -> Sequence[Any]:
    return [await change.session.get_one(model, one) for one in sorted(ids)]


async def _lead_back(change: Change, joining: SubjectAct, kept: Subject, joined: Subject) -> None:
    """Lets what led to the subject that was joined lead to it again, and its own id to itself."""
    await aliases.forget(change, aliases.SUBJECT, joined.subject_id, kept.subject_id)
    await aliases.forget(change, aliases.CREDIT_CODE, joined.credit_code, kept.subject_id)
    for kind, former_id in joining.kept["led"]:
        row = await change.session.get(Alias, (kind, former_id))
        if row is not None and row.present_id == kept.subject_id:
            row.present_id = joined.subject_id


async def _look_again(change: Change, kept: Subject, joined: Subject, joining: SubjectAct) -> None:
    """Looks again for what is perhaps the same, of both subjects and of what was given back."""
    instruments = await _rows(change, Instrument, joining.kept["instruments"])
    given = [*joining.kept["records"], *joining.kept["repeated"]]
    records = await _rows(change, Record, given)
    found = {places.of_subject(one.bureau, one.name_key) for one in (kept, joined)}
    for owner in (kept, joined):
        found |= places.of_things(owner.subject_id, instruments, records)
    for place in found:
        await look(change, place)
