"""When the next calibration of an instrument is due: by its owner's own cycle (S2 附件2-1).

A day that moves is announced, so that it moves in the calendars of the owner's people as well.
"""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.colours.rule import InstrumentState
from law.periods import add_months
from plumbing.change import Change
from protos.registry.v1 import events_pb2 as events
from services.registry.calibrations.tables import CONFIRMED, Calibration, CalibrationCycle
from services.registry.tables import Instrument


async def cycle_of(session: AsyncSession, instrument_id: str) -> int:
    """Returns the cycle of an instrument in months; 0 if it has none."""
    row = await session.get(CalibrationCycle, instrument_id)
    return row.months if row else 0


def lacks_cycle() -> sa.ColumnElement[bool]:
    """Returns the condition for instruments, not scrapped, that have no calibration cycle."""
    own = col(CalibrationCycle.instrument_id) == Instrument.instrument_id
    cycle = sa.exists().where(own, col(CalibrationCycle.months) > 0)
    return sa.and_(sa.not_(cycle), col(Instrument.state) != InstrumentState.SCRAPPED)


async def set_due(change: Change, instrument_id: str) -> date | None:
    """Gives the latest calibration in force its due date, and takes it from all others.

    Returns the date; None without a cycle or a calibration.
    """
    in_force = (
        select(Calibration)
        .where(Calibration.instrument_id == instrument_id, sa.text(CONFIRMED))
        .order_by(col(Calibration.calibrated_on).desc(), col(Calibration.confirmed_at).desc())
        .with_for_update()
    )
    cycle = await change.session.get(CalibrationCycle, instrument_id, with_for_update=True)
    months, due = cycle.months if cycle else 0, None
    for number, row in enumerate(await change.session.exec(in_force)):
        own = add_months(row.calibrated_on, months) if months and number == 0 else None
        due = own or due
        if row.due_on != own:
            row.due_on = own
            row.version += 1
    if cycle is not None and cycle.due_on != due:
        await _announce(change, cycle, due)
    await change.session.flush()
    return due


async def _announce(change: Change, cycle: CalibrationCycle, due: date | None) -> None:
    cycle.due_on = due
    cycle.due_version += 1
    instrument = await change.session.get_one(Instrument, cycle.instrument_id)
    event = events.CalibrationDueChanged(
        instrument_id=cycle.instrument_id,
        due_on=due.isoformat() if due else "",
        due_version=cycle.due_version,
    )
    aggregate = f"subject/{instrument.subject_id}"
    await change.announce(event, aggregate=aggregate, bureau=instrument.bureau)
