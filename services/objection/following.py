"""Cases, and what was shared and announced, follow their subject: joined, parted or split."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from law.contested import OF_RECORDS
from plumbing.change import Change
from plumbing.events.envelope import Received
from protos.registry.v1.events_pb2 import SubjectActed, SubjectsJoined
from services.objection.case_indexes import HAS_AGENT, IS_OPEN
from services.objection.contested.items import items_of
from services.objection.publicity.tables import PublicChange
from services.objection.sharings.joined import follow_records, turn_back
from services.objection.sharings.tables import Sharing
from services.objection.tables import Case, CaseEvidence, Joining


async def subjects_joined(change: Change, received: Received[SubjectsJoined]) -> None:
    """Gives the cases of a subject that is no more, and their evidence, to the one that stays.

    So it does the cases in which that subject is the agent of another. Doing it again changes
    nothing.
    """
    event = received.message
    cases = await _of(change, Case, event.former_id)
    evidence = await _of(change, CaseEvidence, event.former_id)
    acted_in = await _acted_in(change, event.former_id)
    sharings = await _of(change, Sharing, event.former_id)
    told = await _of(change, PublicChange, event.former_id)
    if not (cases or evidence or acted_in or sharings or told):
        return
    joining = Joining(
        former_id=event.former_id,
        present_id=event.present_id,
        cases=[case.case_id for case in cases],
        evidence=[one.evidence_id for one in evidence],
        acted_in=[case.case_id for case in acted_in],
        sharings=[one.sharing_id for one in sharings],
        shared=await follow_records(change, sharings, event.same_records),
        announced={one.change_id: _as_told(one) for one in told},
    )
    taken = {(one.case_id, one.record_id) for one in told}
    for one in told:
        stays = event.same_records.get(one.record_id, one.record_id)
        twice = (one.case_id, stays) in taken  # one change of a record is told of a case
        taken.add((one.case_id, stays))
        _tell_of(one, event.present_id, one.record_id if twice else stays)
    await change.session.merge(joining)
    _act_for(event.present_id, acted_in)
    rows = (cases, [*evidence, *sharings], acted_in)
    _give(change, event.former_id, event.present_id, *rows, event.change.ground)


async def subject_acted(change: Change, received: Received[SubjectActed]) -> None:
    """Gives back what an undone joining gave, and to a part the open cases about its records.

    Doing it again changes nothing.
    """
    event = received.message
    if event.act.act == "parted":
        await _parted(change, event)
    elif event.act.act == "split":
        await _split(change, event)


async def _parted(change: Change, event: SubjectActed) -> None:
    joining = await change.session.get(Joining, event.act.other_id)
    if joining is None:
        return
    present, former = joining.present_id, joining.former_id
    cases = [one for one in await _of(change, Case, present) if one.case_id in joining.cases]
    returned = {case.case_id for case in cases}
    held = set(joining.evidence)
    evidence = [  # of the cases that return, and what was held for no case yet
        one
        for one in await _of(change, CaseEvidence, present)
        if one.case_id in returned or (not one.case_id and one.evidence_id in held)
    ]
    acting = await _acted_in(change, present)
    acted_in = [one for one in acting if one.case_id in joining.acted_in]
    _act_for(former, acted_in)
    sharings = [
        one for one in await _of(change, Sharing, present) if one.sharing_id in joining.sharings
    ]
    await turn_back(change, sharings, joining.shared)
    for row in await _of(change, PublicChange, present):
        if row.case_id in returned or row.change_id in joining.announced:
            row.subject_id = former
            row.sqlmodel_update(joining.announced.get(row.change_id, {}))
    await change.session.delete(joining)
    rows = (cases, [*evidence, *sharings], acted_in)
    _give(change, present, former, *rows, event.change.ground)


def _act_for(subject_id: str, cases: Sequence[Case]) -> None:
    """Lets the agent of these cases be of another firm."""
    for case in cases:
        case.agent_subject_id = subject_id
        case.agent = {**(case.agent or {}), "subject_id": subject_id}


async def _split(change: Change, event: SubjectActed) -> None:
    went = set(event.record_ids)
    rows = select(Case).where(col(Case.subject_id) == event.act.subject_id, sa.text(IS_OPEN))
    cases = [
        case
        for case in (await change.session.exec(rows.with_for_update())).all()
        if case.record_ids and went.issuperset(case.record_ids) and _is_of_records(case)
    ]
    ids = [case.case_id for case in cases]
    files = select(CaseEvidence).where(col(CaseEvidence.case_id).in_(ids))
    evidence = (await change.session.exec(files.with_for_update())).all() if ids else ()
    origin, part = event.act.subject_id, event.act.other_id
    shared = await _of(change, Sharing, origin)
    sharings = [one for one in shared if went.issuperset(one.record_ids)]
    for announced in await _of(change, PublicChange, origin):
        announced.subject_id = part if announced.record_id in went else origin
    _give(change, origin, part, cases, [*evidence, *sharings], (), event.change.ground)


def _is_of_records(case: Case) -> bool:
    """Whether a case contests nothing but records; entries stay with their own subject."""
    return all(item.target in OF_RECORDS for item in items_of(case))


def _give(
    change: Change,
    former_id: str,
    present_id: str,
    cases: Sequence[Case],
    others: Sequence[CaseEvidence | Sharing],
    acted_in: Sequence[Case],
    ground: str,
) -> None:
    for row in (*cases, *others):
        row.subject_id = present_id
    followed = [*cases, *acted_in]
    if cases or others or acted_in:
        ids = [case.case_id for case in followed]
        change.audit(
            "follow_subject",
            f"subject/{former_id}",
            after={"subject_id": present_id, "cases": ids},
            ground=ground,
            bureau=followed[0].bureau if followed else "",
        )


def _as_told(told: PublicChange) -> dict[str, Any]:
    """The record that the public is told of, and whether a review keeps it from the public."""
    return told.model_dump(include={"record_id", "withheld", "revision"})


def _tell_of(told: PublicChange, subject_id: str, record_id: str) -> None:
    """Lets the public be told of another subject, and of the same record of that subject.

    Nothing is announced of another record until the register says that it is public, which it does
    after it has said this. Its revisions count from then on.
    """
    if told.record_id != record_id:
        told.record_id, told.revision, told.withheld = record_id, 0, True
    told.subject_id = subject_id


async def _acted_in(change: Change, subject_id: str) -> list[Case]:
    acting = select(Case).where(sa.text(HAS_AGENT), col(Case.agent_subject_id) == subject_id)
    return list((await change.session.exec(acting.with_for_update())).all())


async def _of(change: Change, model: Any, subject_id: str) -> list[Any]:
    rows = select(model).where(col(model.subject_id) == subject_id)
    return list((await change.session.exec(rows.with_for_update())).all())
