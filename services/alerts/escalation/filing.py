"""Files escalation cases: new ones, changed ones, and those that move with their subject."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law import courses
from law.escalation import OwnFigures, as_own, due_on
from law.terms.workdays import edition
from plumbing.change import Change
from plumbing.chunks import chunks
from protos.alerts.v1 import events_pb2
from services.alerts.escalation import wire as wire_escalations
from services.alerts.tables import Escalation, EscalationState, Subject

CASES_PER_EVENT = 500
IDS_PER_QUERY = 1000


def is_open() -> sa.ColumnElement[bool]:
    """Returns the SQL condition that an escalation case is open."""
    return col(Escalation.closed_at).is_(None)


def new_case(
    change: Change,
    subject_id: str,
    bureau: str,
    episode: int,
    course: str,
    matter: str,
    own: OwnFigures | None,
    **of: Any,
) -> Escalation:
    """Creates a case that waits for the first step of its course; it is not stored yet.

    `own` are the bureau's figures, and `of` the other fields of the case, such as its facts.
    """
    first = as_own(courses.first(course, change.today), own)
    return Escalation(
        escalation_id=f"{subject_id}/{episode}",
        subject_id=subject_id,
        episode=episode,
        bureau=bureau,
        state=EscalationState.WAITING,
        step=first.step,
        waits_from=change.today,
        due_on=due_on(first, change.today, edition()).date,
        own_days=first.days if own else None,
        course=course,
        matter=matter,
        opened_at=change.at,
        **of,
    )


async def episodes(session: AsyncSession, owners: Collection[str]) -> dict[str, int]:
    """Returns the number after which a new case of each subject is numbered.

    A case that followed its subject into a joining keeps its id, so its number stays taken.
    """
    last = await last_episodes(session, owners)
    left: Collection[str] = owners
    while left:
        following = {f"{owner}/{last[owner] + 1}": owner for owner in left}
        left = [following[number] for number in await _taken(session, following)]
        last |= {owner: last[owner] + 1 for owner in left}
    return last


async def _taken(session: AsyncSession, numbers: Collection[str]) -> list[str]:
    taken = list[str]()
    for chunk in chunks(sorted(numbers), IDS_PER_QUERY):
        ids = select(Escalation.escalation_id).where(col(Escalation.escalation_id).in_(chunk))
        taken += await session.exec(ids)
    return taken


async def last_episodes(session: AsyncSession, owners: Collection[str]) -> dict[str, int]:
    """Returns the number of the last episode of each subject; 0 for a subject without cases."""
    last = dict.fromkeys(owners, 0)
    for chunk in chunks(owners, IDS_PER_QUERY):
        query = select(Escalation.subject_id, sa.func.max(Escalation.episode))
        rows = await session.exec(
            query.where(col(Escalation.subject_id).in_(chunk)).group_by(Escalation.subject_id)
        )
        last.update(rows.all())
    return last


async def move_to_bureaus(change: Change, cases: Sequence[Escalation]) -> None:
    """Moves each case to the bureau that its subject belongs to now."""
    for chunk in chunks(cases, IDS_PER_QUERY):
        ids = [case.subject_id for case in chunk]
        rows = await change.session.exec(
            select(Subject.subject_id, Subject.bureau).where(col(Subject.subject_id).in_(ids))
        )
        bureaus = dict(rows.all())
        for case in chunk:
            if (bureau := bureaus.get(case.subject_id, case.bureau)) != case.bureau:
                before, case.bureau = snapshot(case), bureau
                await save(change, case, "move_escalation", before, "S4 一(四)")


async def save(
    change: Change, case: Escalation, action: str, before: dict[str, Any], ground: str
) -> None:
    """Stores a changed escalation case under its next version; audits and announces the change."""
    case.version += 1
    change.session.add(case)
    object_ = f"escalation/{case.escalation_id}"
    change.audit(action, object_, before=before, after=snapshot(case), ground=ground)
    await announce(change, object_, [case])


def snapshot(case: Escalation) -> dict[str, Any]:
    """Returns the fields of an escalation case as JSON values, for the audit entry."""
    return case.model_dump(mode="json")


async def announce(change: Change, aggregate: str, cases: Sequence[Escalation]) -> None:
    """Announces opened or changed escalation cases of one bureau, at most 500 in an event."""
    for chunk in chunks(cases, CASES_PER_EVENT):
        event = events_pb2.EscalationsChanged(escalations=map(wire_escalations.case, chunk))
        await change.announce(event, aggregate=aggregate, bureau=chunk[0].bureau)
