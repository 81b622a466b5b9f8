"""Marks verifications by the records of the laboratory in which they were done (S4 二(五), C-46).

A mark follows from what is on file: to compute it again changes nothing unless a result, a record
or a laboratory changed. It is written only where it became another one, and then a note of the
bureau on the former one no longer stands. Many are marked with a few queries, whatever their
number.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from law.laboratories import kept_from
from plumbing.change import Change
from plumbing.chunks import chunks
from services.registry.institutions.tables import Institution
from services.registry.laboratories.findings import values_of
from services.registry.laboratories.hours import HOUR, hours_of, text_of
from services.registry.laboratories.readings import Hours, readings_of
from services.registry.laboratories.tables import EnvironmentMark, Laboratory
from services.registry.laboratories.telling import Marked, tell
from services.registry.tables import IN_LABORATORY, Instrument, Verification

IDS_IN_QUERY = 500
Worked = tuple[Verification, Instrument]
Places = Mapping[tuple[str, str], Laboratory]  # by the names of institution and laboratory


async def mark(change: Change, verification_ids: Collection[str]) -> int:
    """Marks verifications anew; returns how many marks changed.

    One that was removed, or names no laboratory any more, loses its mark.
    """
    marked = list[Marked]()
    for ids in chunks(sorted(verification_ids), IDS_IN_QUERY):
        rows: Any = (
            select(Verification, Instrument)
            .join(Instrument)
            .where(col(Verification.verification_id).in_(ids))
        )
        marked += await _mark(change, (await change.session.exec(rows)).all())
    await tell(change, marked)
    return len(marked)


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
    found: Sequence[Worked] = [
        (row, instrument)
        for row, instrument in (await change.session.exec(rows)).all()
        if within is None or within & {*hours_of(row.worked_from, row.worked_until)}
    ]
    marked = list[Marked]()
    for portion in chunks(found, IDS_IN_QUERY):
        marked += await _mark(change, portion)
    await tell(change, marked)
    return len(marked)


async def _mark(change: Change, rows: Sequence[Worked]) -> list[Marked]:
    """Marks some verifications anew, with a few queries; returns those whose mark changed."""
    places = await _places(change, rows)
    present = await _present(change, [row.verification_id for row, _ in rows])
    wanted = [
        _wanted(row, places)
        for row, _ in rows
        if not row.removed and row.worked_from and not _is_final(change, row, present)
    ]
    by_verification = {one.verification_id: one for one in wanted}
    readings = await readings_of(change.session, wanted)
    marked = list[Marked]()
    for row, instrument in rows:
        key = row.verification_id
        if row.removed or not row.worked_from:
            marked += await _unmark(change, row, instrument, present.get(key))
        elif hours := by_verification.get(key):
            place = places.get((row.institution, row.laboratory))
            values = values_of(row, instrument, place, hours.hours, readings[key])
            marked += _put(change, row, instrument, present.get(key), values)
    return marked


async def _places(change: Change, rows: Sequence[Worked]) -> Places:
    """The laboratories that are named, locked as whoever records there locks them, who marks too.

    Otherwise the two could write the same mark at once, one of them by what was on file before.
    """
    names = {row.laboratory for row, _ in rows if row.worked_from}
    institutions = {row.institution for row, _ in rows if row.worked_from}
    if not names:
        return {}
    columns: Any = select(Laboratory, Institution.name).join(Institution)
    named = (
        columns.where(col(Laboratory.name).in_(names), col(Institution.name).in_(institutions))
        .order_by(col(Laboratory.laboratory_id))
        .with_for_update(of=Laboratory)
        .execution_options(populate_existing=True)
    )
    found = (await change.session.exec(named)).all()
    return {(institution, one.name): one for one, institution in found}


async def _present(change: Change, ids: Sequence[str]) -> dict[str, EnvironmentMark]:
    own = select(EnvironmentMark).where(col(EnvironmentMark.verification_id).in_(ids))
    found = await change.session.exec(own.with_for_update())
    return {one.verification_id: one for one in found}


def _is_final(change: Change, row: Verification, present: Mapping[str, EnvironmentMark]) -> bool:
    """Whether a verification has a mark and its records are not kept any more."""
    first = f"{kept_from(change.today)}T00:00"
    return row.verification_id in present and row.worked_from < first


def _wanted(row: Verification, places: Places) -> Hours:
    place = places.get((row.institution, row.laboratory))
    laboratory_id = place.laboratory_id if place else ""
    hours = hours_of(row.worked_from, row.worked_until)
    return Hours(row.verification_id, laboratory_id, hours)


def _put(
    change: Change,
    row: Verification,
    instrument: Instrument,
    present: EnvironmentMark | None,
    values: dict[str, Any],
) -> list[Marked]:
    """Writes a mark if it became another one; returns it then."""
    if present and all(getattr(present, name) == value for name, value in values.items()):
        return []
    before = present.model_dump(mode="json") if present else None
    mark_ = present or EnvironmentMark(
        verification_id=row.verification_id, marked_at=change.at, **values
    )
    blank = {"note": "", "noted_by": "", "noted_at": None}
    mark_.sqlmodel_update({**values, **blank, "marked_at": change.at})
    mark_.version += 1
    change.session.add(mark_)
    _audit(change, row, instrument, before, mark_.model_dump(mode="json"))
    return [Marked(row, instrument, mark_, before)]


async def _unmark(
    change: Change, row: Verification, instrument: Instrument, present: EnvironmentMark | None
) -> list[Marked]:
    if present is None:
        return []
    before = present.model_dump(mode="json")
    await change.session.delete(present)
    _audit(change, row, instrument, before, None)
    return [Marked(row, instrument, None, before)]


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
