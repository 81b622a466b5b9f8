"""What earlier releases put on file and announced to nobody; it is announced at a start.

Other services know only what they are told: without this, an institution of before could keep no
webhooks, and the days of its calibrations would stand in no owner's calendar. A second announcement
says nothing new.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing.audit import AuditEntry
from plumbing.change import Changes
from plumbing.events.leadership import exclusively
from plumbing.identity import service_caller
from protos.registry.v1 import events_pb2 as events
from services.registry.calibrations.due import set_due
from services.registry.calibrations.tables import Calibration, CalibrationCycle
from services.registry.institutions import wire
from services.registry.institutions.tables import Institution

CYCLES_AT_ONCE = 200
_CALLER = service_caller("registry")
_ACTION, _OF_INSTITUTIONS = "announce_earlier", "institutions"


async def announce_earlier(changes: Changes) -> None:
    """Announces the institutions and days of calibrations that no release has announced yet."""
    await _announce_institutions(changes)
    last = ""
    while found := await _cycles(changes, last):
        last = found[-1]
        async with changes.change(_CALLER) as change:
            for instrument_id in found:
                await set_due(change, instrument_id)
            change.audit(_ACTION, "calibrations", after={"instruments": len(found)})


async def _announce_institutions(changes: Changes) -> None:
    """Announces all institutions once; its audit entry says that this was done."""
    async with changes.database.snapshot() as session:
        any_ = (await session.exec(select(Institution.institution_id).limit(1))).first()
        if any_ is None or await _is_done(session):
            return
    async with changes.change(_CALLER) as change:
        # Replicas that start at once take turns; the later ones find it done.
        await exclusively(change.session, _ACTION)
        if await _is_done(change.session):
            return
        # Locked, so that a change of one at the same time is announced after this.
        query = select(Institution).order_by(col(Institution.institution_id)).with_for_update()
        rows = (await change.session.exec(query)).all()
        for row in rows:
            event = events.InstitutionsChanged(institutions=[wire.institution(row)])
            object_ = f"institution/{row.institution_id}"
            await change.announce(event, aggregate=object_, bureau=row.bureau)
        change.audit(_ACTION, _OF_INSTITUTIONS, after={"institutions": len(rows)})


async def _is_done(session: AsyncSession) -> bool:
    marks = col(AuditEntry.action) == _ACTION, col(AuditEntry.object) == _OF_INSTITUTIONS
    return (
        await session.exec(select(AuditEntry.entry_id).where(*marks).limit(1))
    ).first() is not None


async def _cycles(changes: Changes, last: str) -> list[str]:
    """The next instruments with a day of calibration that was never announced."""
    with_day = sa.select(col(Calibration.instrument_id)).where(col(Calibration.due_on).is_not(None))
    query = (
        select(CalibrationCycle.instrument_id)
        .where(
            col(CalibrationCycle.instrument_id) > last,
            col(CalibrationCycle.due_version) == 0,
            col(CalibrationCycle.months) > 0,
            col(CalibrationCycle.instrument_id).in_(with_day),
        )
        .order_by(col(CalibrationCycle.instrument_id))
        .limit(CYCLES_AT_ONCE)
    )
    async with changes.database.snapshot() as session:
        return [*await session.exec(query)]
