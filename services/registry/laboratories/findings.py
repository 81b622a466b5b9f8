"""What a mark says of a verification: pure functions of what is on file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from law.laboratories import Finding, Judgement, Reading, judge, limits_of
from services.registry.laboratories.tables import Laboratory
from services.registry.tables import Instrument, Verification


def values_of(
    row: Verification,
    instrument: Instrument,
    laboratory: Laboratory | None,
    hours: Sequence[datetime],
    readings: Sequence[Reading],
) -> dict[str, Any]:
    """Returns the columns of a mark that follow from what is on file."""
    version = limits_of(row.method, instrument.type_code, row.verified_on)
    limits = version.value if version else None
    judged = _judgement(row, laboratory, judge(limits, hours, readings))
    temperatures = [one.temperature for one in readings]
    humidities = [one.humidity for one in readings]
    return {
        "finding": judged.finding,
        "laboratory": row.laboratory,
        "worked_from": row.worked_from,
        "worked_until": row.worked_until,
        "regulation": version.cite if version else "",
        "example": bool(limits and limits.example),
        "least_temperature": limits.temperature.least if limits else None,
        "most_temperature": limits.temperature.most if limits else None,
        "least_humidity": limits.humidity.least if limits else None,
        "most_humidity": limits.humidity.most if limits else None,
        "hours": len(hours),
        "hours_missing": judged.missing,
        "hours_outside": judged.outside,
        "lowest_temperature": min(temperatures, default=None),
        "highest_temperature": max(temperatures, default=None),
        "lowest_humidity": min(humidities, default=None),
        "highest_humidity": max(humidities, default=None),
    }


def _judgement(row: Verification, laboratory: Laboratory | None, judged: Judgement) -> Judgement:
    if laboratory is None:
        return Judgement(Finding.UNKNOWN_LABORATORY, judged.missing, judged.outside)
    if not laboratory.valid_from <= row.verified_on <= laboratory.valid_until:
        return Judgement(Finding.NOT_AUTHORISED, judged.missing, judged.outside)
    return judged
