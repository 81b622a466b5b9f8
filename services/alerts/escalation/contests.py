"""What objections and reconsiderations contest, as far as escalation waits for it (S3 27; C-38)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.contested import GRADE, Target
from plumbing.change import Change
from plumbing.events.envelope import Received
from protos.objection.v1 import objection_pb2
from services.alerts.escalation.tables import Contest
from services.alerts.tables import Escalation, Verification

CITE = "S3 27; S4 五(三)"
_OVER = frozenset({"closed", "declined", "withdrawn"})
_HELD_BY = frozenset({Target.RECORD, Target.INSTRUMENT, Target.VERIFICATION})


async def put_contest(change: Change, received: Received[Any]) -> str:
    """Stores what a case contests, unless a later version is on file; returns its subject.

    A case of a subject that withdrew one before contests only once it is accepted.
    """
    case: objection_pb2.Case = received.message.case
    row = await change.session.get(Contest, case.case_id, with_for_update=True)
    if row is None or row.version < case.version:
        waits = case.marks_on_acceptance and not case.HasField("term")
        kept = Contest(
            case_id=case.case_id,
            subject_id=case.subject_id,
            number=case.number,
            targets=_targets(case),
            running=case.state not in _OVER and not waits,
            version=case.version,
        )
        await change.session.merge(kept)
        await change.session.flush()
    return case.subject_id


def _targets(case: objection_pb2.Case) -> list[str]:
    items = [f"{item.target}/{item.id}" for item in case.items if item.target in _HELD_BY]
    return items + [GRADE] * case.HasField("contested_grade")


async def running(session: AsyncSession, subject_id: str) -> Sequence[Contest]:
    """Returns the running objections and reconsiderations of a subject, by number."""
    rows = select(Contest).where(col(Contest.subject_id) == subject_id, col(Contest.running))
    return (await session.exec(rows.order_by(Contest.number))).all()


async def contested_instruments(session: AsyncSession, subject_id: str) -> set[str]:
    """Returns the instruments of a subject that are contested, themselves or by a verification."""
    targets = [target for row in await running(session, subject_id) for target in row.targets]
    ids = {kind: set[str]() for kind in ("instrument", "verification")}
    for target in targets:
        kind, _, identity = target.partition("/")
        if kind in ids:
            ids[kind].add(identity)
    of_verifications = select(Verification.instrument_id).where(
        col(Verification.verification_id).in_(ids["verification"])
    )
    return ids["instrument"] | set(await session.exec(of_verifications))


async def of_case(session: AsyncSession, case: Escalation) -> Sequence[Contest]:
    """Returns the running objections that bear on what a case rests on."""
    contests = await running(session, case.subject_id)
    if case.grade:
        return [row for row in contests if any(_of_grade(target) for target in row.targets)]
    return [] if case.facts else [row for row in contests if _of_instrument(row)]


def _of_grade(target: str) -> bool:
    return target == GRADE or target.startswith(f"{Target.RECORD}/")


def _of_instrument(row: Contest) -> bool:
    kinds = {target.partition("/")[0] for target in row.targets}
    return bool(kinds & {Target.INSTRUMENT, Target.VERIFICATION})
