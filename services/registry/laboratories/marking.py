"""Marks verifications by the records of the laboratory in which they were done (S4 二(五), C-46).

A mark follows from what is on file: to compute it again changes nothing unless a result, a record
or a laboratory changed. It is written only where it became another one, and then a note of the
bureau on the former one no longer stands.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from law.laboratories import Finding, Judgement, Reading, judge, limits_of
from plumbing.change import Change
from plumbing.chunks import chunks
from services.registry.institutions.tables import Institution
from services.registry.laboratories.hours import HOUR, hours_of, text_of
from services.registry.laboratories.tables import EnvironmentMark, EnvironmentRecord, Laboratory
from services.registry.tables import IN_LABORATORY, Instrument, Verification

IDS_IN_QUERY = 500
Worked = tuple[Verification, Instrument]


@dataclass(frozen=True)
class _Place:
    """The laboratory that a verification names, if it is on file."""

    laboratory: Laboratory | None

    @property
    def key(self) -> str:
        return self.laboratory.laboratory_id if self.laboratory else ""


async def mark(change: Change, verification_ids: Collection[str]) -> int:
    """Marks verifications anew; returns how many marks changed.

    One that was removed, or names no laboratory any more, loses its mark.
    """
    changed = 0
    for ids in chunks(sorted(verification_ids), IDS_IN_QUERY):
        rows: Any = (
            select(Verification, Instrument)
            .join(Instrument)
            .where(col(Verification.verification_id).in_(ids))
        )
        found: Sequence[Worked] = (await change.session.exec(rows)).all()
        await _hold_laboratories(change, found)
        for row, instrument in found:
            if row.removed or not row.worked_from:
                changed += await _unmark(change, row, instrument)
            else:
                changed += await _mark(change, row, instrument, await _place(change, row))
    return changed


async def _hold_laboratories(change: Change, rows: Sequence[Worked]) -> None:
    """Locks the laboratories that are named, as whoever records there does, who marks as well.

    Otherwise the two could write the same mark at once, one of them by what was on file before.
    """
    names = {row.laboratory for row, _ in rows if row.worked_from}
    institutions = {row.institution for row, _ in rows if row.worked_from}
    named = (
        select(Laboratory.laboratory_id)
        .join(Institution)
        .where(col(Laboratory.name).in_(names), col(Institution.name).in_(institutions))
        .order_by(col(Laboratory.laboratory_id))
        .with_for_update(of=Laboratory)
    )
    if names:
        await change.session.exec(named)


async def mark_of_hours(
    change: Change, laboratory: Laboratory, institution: Institution, hours: Iterable[datetime]
) -> int:
    """Marks anew the verifications that were done in a laboratory within some hours."""
    every = {*hours}
    first, last = text_of(min(every)), text_of(max(every) + HOUR)
    return await _mark_where(
        change,
        laboratory,
        institution,
        col(Verification.worked_from) < last,
        col(Verification.worked_until) >= first,
        within=every,
    )


async def mark_of_laboratory(
    change: Change,
    laboratory: Laboratory,
    institution: Institution,
    before: Mapping[str, Any] | None,
) -> int:
    """Marks anew the verifications in a laboratory that its authorisation concerns.

    Those are all of them for a new one. Of one that was different `before`, they are those whose
    day does not lie in both periods: for a change of its site alone, none.
    """
    if before is None:
        return await _mark_where(change, laboratory, institution)
    first, last = (date.fromisoformat(before[name]) for name in ("valid_from", "valid_until"))
    if (first, last) == (laboratory.valid_from, laboratory.valid_until):
        return 0
    verified_on = col(Verification.verified_on)
    return await _mark_where(
        change,
        laboratory,
        institution,
        sa.or_(
            verified_on < max(first, laboratory.valid_from),
            verified_on > min(last, laboratory.valid_until),
        ),
    )


async def mark_of_instrument(change: Change, instrument_id: str) -> int:
    """Marks anew the verifications of an instrument: its type may name another regulation now."""
    rows = select(Verification.verification_id).where(
        Verification.instrument_id == instrument_id, sa.text(f"verification.{IN_LABORATORY}")
    )
    return await mark(change, (await change.session.exec(rows)).all())


async def _mark_where(
    change: Change,
    laboratory: Laboratory,
    institution: Institution,
    *conditions: sa.ColumnElement[bool],
    within: Set[datetime] | None = None,
) -> int:
    """Marks anew what meets some conditions, and was done `within` some hours if they are given."""
    rows: Any = (
        select(Verification, Instrument)
        .join(Instrument)
        .where(
            sa.text(f"verification.{IN_LABORATORY}"),
            col(Verification.institution) == institution.name,
            col(Verification.laboratory) == laboratory.name,
            sa.not_(col(Verification.removed)),
            *conditions,
        )
        .order_by(col(Verification.verification_id))
    )
    found: Sequence[Worked] = (await change.session.exec(rows)).all()
    place, changed = _Place(laboratory), 0
    for row, instrument in found:
        if within is None or within & {*hours_of(row.worked_from, row.worked_until)}:
            changed += await _mark(change, row, instrument, place)
    return changed


async def _place(change: Change, row: Verification) -> _Place:
    named = (
        select(Laboratory)
        .join(Institution)
        .where(Institution.name == row.institution, Laboratory.name == row.laboratory)
    )
    return _Place((await change.session.exec(named)).first())


async def _mark(change: Change, row: Verification, instrument: Instrument, place: _Place) -> int:
    hours = hours_of(row.worked_from, row.worked_until)
    readings = await _readings(change, place.key, hours)
    values = _values(row, instrument, place.laboratory, hours, readings)
    present = await change.session.get(EnvironmentMark, row.verification_id, with_for_update=True)
    if present and all(getattr(present, name) == value for name, value in values.items()):
        return 0
    before = present.model_dump(mode="json") if present else None
    mark_ = present or EnvironmentMark(
        verification_id=row.verification_id, marked_at=change.at, **values
    )
    blank = {"note": "", "noted_by": "", "noted_at": None}
    mark_.sqlmodel_update({**values, **blank, "marked_at": change.at})
    mark_.version += 1
    change.session.add(mark_)
    _audit(change, row, instrument, before, mark_.model_dump(mode="json"))
    return 1


async def _unmark(change: Change, row: Verification, instrument: Instrument) -> int:
    present = await change.session.get(EnvironmentMark, row.verification_id, with_for_update=True)
    if present is None:
        return 0
    await change.session.delete(present)
    _audit(change, row, instrument, present.model_dump(mode="json"), None)
    return 1


async def _readings(change: Change, laboratory_id: str, hours: Sequence[datetime]) -> list[Reading]:
    rows = select(EnvironmentRecord).where(
        EnvironmentRecord.laboratory_id == laboratory_id,
        col(EnvironmentRecord.hour) >= hours[0],
        col(EnvironmentRecord.hour) <= hours[-1],
    )
    found = (await change.session.exec(rows)).all()
    return [Reading(one.hour, one.temperature, one.humidity) for one in found]


def _values(
    row: Verification,
    instrument: Instrument,
    laboratory: Laboratory | None,
    hours: Sequence[datetime],
    readings: Sequence[Reading],
) -> dict[str, Any]:
    """The columns of a mark that follow from what is on file."""
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


def _audit(
    change: Change,
    row: Verification,
    instrument: Instrument,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
) -> None:
    object_, bureau = f"verification/{row.verification_id}", instrument.bureau
    change.audit("mark_environment", object_, before=before, after=after, bureau=bureau)


async def marked(change: Change, verification_ids: Collection[str]) -> set[str]:
    """Returns which of some verifications have a mark."""
    found: set[str] = set()
    for ids in chunks(sorted(verification_ids), IDS_IN_QUERY):
        own = select(EnvironmentMark.verification_id).where(
            col(EnvironmentMark.verification_id).in_(ids)
        )
        found |= {*(await change.session.exec(own)).all()}
    return found
