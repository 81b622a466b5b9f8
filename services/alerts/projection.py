"""The projection of the register: whole states, of which the highest version wins.

Order between aggregates is never relied on: a verification may come before its instrument and an
instrument before its owner. Whichever comes last makes the instrument stand as it should.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date
from typing import Any, TypeVar

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.colours.basis import Basis, colour_basis
from law.colours.rule import InstrumentState, VerificationFact, VerificationResult
from plumbing.change import Change
from protos.registry.v1 import events_pb2, registry_pb2
from services.alerts import wire
from services.alerts.tables import Base, Bureau, Instrument, Subject, Verification, Watch

T = TypeVar("T", bound=Base)
Projected = Bureau | Subject | Instrument | Verification
_OF_SUBJECT = (
    "subject_id", "bureau", "name", "kind", "email", "in_review", "removed", "version",
)  # fmt: skip
_OF_INSTRUMENT = (
    "instrument_id", "subject_id", "bureau", "type_code", "serial_no", "spell", "in_review",
    "removed", "version",
)  # fmt: skip
_OF_VERIFICATION = ("verification_id", "instrument_id", "removed", "version")


async def put_bureaus(change: Change, bureaus: Iterable[registry_pb2.Bureau]) -> None:
    """Takes in bureaus; each has a watch from then on."""
    session, said = change.session, {bureau.code: bureau for bureau in bureaus}
    known = await _by_id(session, Bureau, said)
    watches = await _by_id(session, Watch, said)
    session.add_all(Watch(bureau=code) for code in said if code not in watches)
    for code, bureau in said.items():
        if _is_newer(bureau.version, known.get(code)):
            names = ("code", "name", "department", "phone", "email", "version")
            fields = {name: getattr(bureau, name) for name in names}
            session.add(_filled(Bureau, known.get(code), fields))


async def put_subjects(
    change: Change, subjects: Iterable[registry_pb2.Subject], *, silent: bool
) -> list[Instrument]:
    """Takes in subjects; returns their instruments that now stand otherwise."""
    session, said = change.session, {subject.subject_id: subject for subject in subjects}
    known = await _by_id(session, Subject, said)
    turned = set()
    for subject_id, subject in said.items():
        before = known.get(subject_id)
        if not _is_newer(subject.version, before):
            continue
        was_placeholder = before is not None and before.placeholder
        row = _filled(Subject, before, {name: getattr(subject, name) for name in _OF_SUBJECT})
        session.add(row)
        if row.placeholder != was_placeholder:
            turned.add(subject_id)
    owned = select(Instrument).where(col(Instrument.subject_id).in_(turned))
    instruments = (await session.exec(owned)).all() if turned else ()
    return await _settle(change, instruments, _standings(instruments), silent=silent)


async def put_instruments(
    change: Change, instruments: Iterable[registry_pb2.Instrument], *, silent: bool
) -> list[Instrument]:
    """Takes in instruments; returns those that now stand otherwise."""
    session, said = change.session, {i.instrument_id: i for i in instruments}
    known = await _by_id(session, Instrument, said)
    before = _standings(known.values())
    rows = [
        _filled(Instrument, known.get(key), _instrument(instrument))
        for key, instrument in said.items()
        if _is_newer(instrument.version, known.get(key))
    ]
    turned = await _settle(change, rows, before, silent=silent)
    session.add_all(rows)
    return turned


async def owners_left(
    session: AsyncSession, instruments: Iterable[registry_pb2.Instrument]
) -> dict[str, str]:
    """Of the instruments that come to another owner, whom they leave."""
    said = {i.instrument_id: i.subject_id for i in instruments}
    known = await _by_id(session, Instrument, said)
    return {key: row.subject_id for key, row in known.items() if row.subject_id != said[key]}


def _instrument(said: registry_pb2.Instrument) -> dict[str, Any]:
    fields = {name: getattr(said, name) for name in _OF_INSTRUMENT}
    state, rotate_on = InstrumentState(said.state), wire.day(said.rotate_on)
    return {**fields, "state": state, "rotate_on": rotate_on}


async def put_verifications(
    change: Change, event: events_pb2.VerificationsRecorded, *, silent: bool
) -> list[Instrument]:
    """Takes in verifications; returns the instruments that now stand otherwise."""
    session, said = change.session, {v.verification_id: v for v in event.verifications}
    known = await _by_id(session, Verification, said)
    touched = set()
    for place, (key, verification) in enumerate(said.items()):
        before = known.get(key)
        if not _is_newer(verification.version, before):
            continue
        fields = _verification(verification)
        if before is None:  # a later version keeps the place in the order of recording
            fields |= {"recorded_at": event.change.at.ToDatetime(UTC), "place": place}
        session.add(_filled(Verification, before, fields))
        touched.add(verification.instrument_id)
    found = [*(await _by_id(session, Instrument, touched)).values()]
    return await _settle(change, found, _standings(found), silent=silent)


def _verification(said: registry_pb2.Verification) -> dict[str, Any]:
    fields = {name: getattr(said, name) for name in _OF_VERIFICATION}
    days = {"verified_on": wire.day(said.verified_on), "valid_until": wire.day(said.valid_until)}
    return {**fields, **days, "result": VerificationResult(said.result)}


async def _settle(
    change: Change,
    instruments: Sequence[Instrument],
    before: Mapping[str, tuple[Any, ...]],
    *,
    silent: bool,
) -> list[Instrument]:
    """Makes instruments stand by what is known of them; returns those that stand otherwise now.

    One that came to stand so by a first load, or that was not watched until now because its owner
    was in review, did so silently: what is due already alarms nobody.
    """
    owners = await _by_id(change.session, Subject, {row.subject_id for row in instruments})
    facts = await facts_of(change.session, [row.instrument_id for row in instruments])
    turned = []
    for row in instruments:
        _stand(row, facts.get(row.instrument_id, ()), owners.get(row.subject_id), change.today)
        was = before.get(row.instrument_id)
        if _standing_of(row) == was:
            continue
        review_ended = was is not None and row.watched and not was[0]
        row.quiet_on = change.today if silent or review_ended else None
        turned.append(row)
    return turned


def _stand(
    row: Instrument, facts: Sequence[VerificationFact], owner: Subject | None, today: date
) -> None:
    found, was = colour_basis(row.type_code, row.state, row.rotate_on, facts), row.standing
    row.governing_id, row.last_result = found.governing_id, found.last_result
    row.valid_until = found.valid_until
    row.standing = Basis.REMOVED if row.removed else found.basis
    row.watched = not (row.removed or row.in_review or (owner is not None and owner.placeholder))
    if found.since or row.since is None or row.standing is not was:
        row.since = found.since or today


def _standings(rows: Iterable[Instrument]) -> dict[str, tuple[Any, ...]]:
    return {row.instrument_id: _standing_of(row) for row in rows}


def _standing_of(row: Instrument) -> tuple[Any, ...]:
    return (row.watched, row.standing, row.spell, row.governing_id, row.valid_until)


async def facts_of(
    session: AsyncSession, instrument_ids: Collection[str]
) -> Mapping[str, Sequence[VerificationFact]]:
    """The verifications of instruments as the law reads them, in the order of recording."""
    rows = await session.exec(
        select(Verification)
        .where(col(Verification.instrument_id).in_(instrument_ids), ~col(Verification.removed))
        .order_by(col(Verification.recorded_at), col(Verification.place))
    )
    facts: dict[str, list[VerificationFact]] = defaultdict(list)
    for row in rows:
        fact = VerificationFact(row.verification_id, row.result, row.verified_on, row.valid_until)
        facts[row.instrument_id].append(fact)
    return facts


async def _by_id(session: AsyncSession, table: type[T], ids: Collection[str]) -> dict[str, T]:
    key = table.__table__.primary_key.columns[0]  # type: ignore[attr-defined]
    rows = (await session.exec(select(table).where(key.in_(ids)))).all()
    return {getattr(row, key.name): row for row in rows}


def _is_newer(version: int, known: Projected | None) -> bool:
    return known is None or version > known.version


def _filled(table: type[T], known: T | None, fields: Mapping[str, Any]) -> T:
    """The row known, or a new one, with these fields."""
    if known is None:
        return table(**fields)
    for name, value in fields.items():
        setattr(known, name, value)
    return known
