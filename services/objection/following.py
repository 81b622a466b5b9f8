"""Cases follow their subject when the register joins it to another one."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from plumbing.change import Change
from plumbing.events.envelope import Received
from protos.registry.v1.events_pb2 import SubjectsJoined
from services.objection.case_indexes import HAS_AGENT
from services.objection.tables import Case, CaseEvidence


async def subjects_joined(change: Change, received: Received[SubjectsJoined]) -> None:
    """Gives the cases of a subject that is no more, and their evidence, to the one that stays.

    So it does the cases in which that subject is the agent of another. Doing it again changes
    nothing.
    """
    event = received.message
    cases = await _of(change, Case, event.former_id)
    evidence = await _of(change, CaseEvidence, event.former_id)
    acted_in = await _acted_in(change, event.former_id)
    for row in (*cases, *evidence):
        row.subject_id = event.present_id
    for case in acted_in:
        case.agent_subject_id = event.present_id
        case.agent = {**(case.agent or {}), "subject_id": event.present_id}
    if cases or evidence or acted_in:
        change.audit(
            "follow_subject",
            f"subject/{event.former_id}",
            after={
                "subject_id": event.present_id,
                "cases": [case.case_id for case in (*cases, *acted_in)],
            },
            ground=event.change.ground,
            bureau=next((case.bureau for case in (*cases, *acted_in)), ""),
        )


async def _acted_in(change: Change, subject_id: str) -> list[Case]:
    acting = select(Case).where(sa.text(HAS_AGENT), col(Case.agent_subject_id) == subject_id)
    return list((await change.session.exec(acting.with_for_update())).all())


async def _of(change: Change, model: Any, subject_id: str) -> list[Any]:
    rows = select(model).where(col(model.subject_id) == subject_id)
    return list((await change.session.exec(rows.with_for_update())).all())
