"""Calibrations follow their instruments when these turn out to be one."""

from __future__ import annotations

from collections.abc import Collection

from sqlmodel import col, select

from plumbing.change import Change
from services.registry.calibrations.due import set_due
from services.registry.calibrations.tables import Calibration, CalibrationCycle


async def join_calibrations(change: Change, kept_id: str, former_ids: Collection[str]) -> list[str]:
    """Gives the calibrations of joined instruments to the one that stays; returns their ids.

    One that has no cycle takes that of another.
    """
    of_former = select(Calibration).where(col(Calibration.instrument_id).in_(former_ids))
    rows = (await change.session.exec(of_former.with_for_update())).all()
    for row in rows:
        row.instrument_id, row.due_on = kept_id, None
        row.version += 1
    await _take_cycle(change, kept_id, former_ids)
    await change.session.flush()
    for instrument_id in (*former_ids, kept_id):
        await set_due(change, instrument_id)
    return [row.calibration_id for row in rows]


async def _take_cycle(change: Change, kept_id: str, former_ids: Collection[str]) -> None:
    own = await change.session.get(CalibrationCycle, kept_id)
    cycles = select(CalibrationCycle).where(
        col(CalibrationCycle.instrument_id).in_(former_ids), col(CalibrationCycle.months) > 0
    )
    other = (await change.session.exec(cycles.order_by(CalibrationCycle.instrument_id))).first()
    if other is None or (own is not None and own.months):
        return
    if own is None:
        own = CalibrationCycle(instrument_id=kept_id, months=0, set_by="", set_at=change.at)
        change.session.add(own)
    own.months, own.set_by, own.set_at = other.months, other.set_by, other.set_at
