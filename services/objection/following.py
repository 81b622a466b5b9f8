"""Cases follow their subject when the register joins it to another one."""

from __future__ import annotations

from typing import Any

from sqlmodel import col, select

from plumbing.change import Change
from plumbing.events.envelope import Received
from protos.registry.v1.events_pb2 import SubjectsJoined
from services.objection.tables import Case, CaseEvidence


async def subjects_joined(change: Change, received: Received[SubjectsJoined]) -> None:
    """Gives the cases of a subject that is no more, and their evidence, to the one that stays.

    Doing it again changes nothing.
    """
    event = received.message
    cases = await _of(change, Case, event.former_id)
    evidence = await _of(change, CaseEvidence, event.former_id)
    for row in (*cases, *evidence):
        row.subject_id = event.present_id
    if cases or evidence:
        change.audit(
            "follow_subject",
            f"subject/{event.former_id}",
            after={"subject_id": event.present_id, "cases": [case.case_id for case in cases]},
            ground=event.change.ground,
            bureau=cases[0].bureau if cases else "",
        )


async def _of(change: Change, model: Any, subject_id: str) -> list[Any]:
    rows = select(model).where(col(model.subject_id) == subject_id)
    return list((await change.session.exec(rows.with_for_update())).all())
