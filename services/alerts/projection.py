"""The projection of the register: copies of its rows, each in the highest version received.

Events of different rows arrive in any order: a verification may come before its instrument, and an
instrument before its owner. Each event derives the basis of the instrument's colour again, so the
basis is right once the last event has arrived.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.colours.basis import Basis, colour_basis
from law.colours.rule import InstrumentState, VerificationFact, VerificationResult
from law.instruments import not_periodic
from law.reminders import Due
from plumbing.change import Change
from plumbing.events.leadership import exclusively
from protos.registry.v1 import events_pb2, institutions_pb2, permits_pb2, registry_pb2
from services.alerts import wire
from services.alerts.due_dates import Ending
from services.alerts.tables import (
    NEW_WATCHES,
    Base,
    Bureau,
    CalibrationDue,
    Institution,
    Instrument,
    Subject,
    Verification,
    Watch,
)

T = TypeVar("T", bound=Base)
Projected = Bureau | Subject | Institution | Instrument | Verification
_OF_SUBJECT = (
    "subject_id", "bureau", "name", "kind", "email", "sector", "address", "in_review", "removed",
    "version",
)  # fmt: skip
_OF_INSTRUMENT = (
    "instrument_id", "subject_id", "bureau", "type_code", "serial_no", "owner_no", "spell",
    "in_review", "removed", "version",
)  # fmt: skip
_OF_ENDING = ("ending_id", "bureau", "institution", "what", "number", "version")
_OF_VERIFICATION = (
    "verification_id", "instrument_id", "certificate_no", "institution", "part", "set_aside",
    "precedes", "removed", "version",
)  # fmt: skip


async def put_bureaus(change: Change, bureaus: Iterable[registry_pb2.Bureau]) -> None:
    """Stores the bureaus that are newer than the stored ones; a new bureau gets a daily watch."""
    session, incoming = change.session, {bureau.code: bureau for bureau in bureaus}
    watches = await _by_id(session, Watch, incoming)
    stored = await _by_id(session, Bureau, incoming)
    if missing := [code for code in incoming if not (code in watches and code in stored)]:
        # The daily run makes watches too, and either may be another replica's.
        await exclusively(session, NEW_WATCHES)
        made = await _by_id(session, Watch, missing)
        modes = not_periodic(change.today)
        session.add_all(Watch(bureau=code, modes=modes) for code in missing if code not in made)
        stored = await _by_id(session, Bureau, incoming)
    for code, bureau in incoming.items():
        if _is_newer(bureau.version, stored.get(code)):
            names = ("code", "name", "department", "phone", "email", "version")
            fields = {name: getattr(bureau, name) for name in names}
            session.add(_filled(Bureau, stored.get(code), fields))


async def put_subjects(
    change: Change, subjects: Iterable[registry_pb2.Subject], *, silent: bool
) -> list[Instrument]:
    """Stores subjects; returns their instruments whose colour basis or `watched` flag changed.

    `silent` marks a first load: alerts due by today are then recorded without a notice.
    """
    session, incoming = change.session, {subject.subject_id: subject for subject in subjects}
    stored = await _by_id(session, Subject, incoming)
    changed = set()
    for subject_id, subject in incoming.items():
        before = stored.get(subject_id)
        if not _is_newer(subject.version, before):
            continue
        was_unwatched = before is not None and before.unwatched
        fields = {name: getattr(subject, name) for name in _OF_SUBJECT}
        fields["deregistered"] = bool(subject.deregistered_on)
        row = _filled(Subject, before, fields)
        session.add(row)
        if row.unwatched != was_unwatched:
            changed.add(subject_id)
    owned = select(Instrument).where(col(Instrument.subject_id).in_(changed))
    instruments = (await session.exec(owned)).all() if changed else ()
    return await _derive_again(change, instruments, _bases(instruments), silent=silent)


async def put_instruments(
    change: Change, instruments: Iterable[registry_pb2.Instrument], *, silent: bool
) -> list[Instrument]:
    """Stores instruments; returns those whose colour basis or `watched` flag changed.

    `silent` marks a first load: alerts due by today are then recorded without a notice.
    """
    session, incoming = change.session, {i.instrument_id: i for i in instruments}
    stored = await _by_id(session, Instrument, incoming)
    before = _bases(stored.values())
    rows = [
        _filled(Instrument, stored.get(key), _instrument(instrument))
        for key, instrument in incoming.items()
        if _is_newer(instrument.version, stored.get(key))
    ]
    altered = await _derive_again(change, rows, before, silent=silent)
    session.add_all(rows)
    return altered


async def put_institutions(
    change: Change, institutions: Iterable[institutions_pb2.Institution]
) -> None:
    """Stores the verification institutions that are newer than the stored ones."""
    session, incoming = change.session, {one.institution_id: one for one in institutions}
    stored = await _by_id(session, Institution, incoming)
    for key, institution in incoming.items():
        if _is_newer(institution.version, stored.get(key)):
            names = ("institution_id", "name", "bureau", "email", "version")
            fields = {name: getattr(institution, name) for name in names}
            session.add(_filled(Institution, stored.get(key), fields))


async def put_calibration_due(change: Change, due: events_pb2.CalibrationDueChanged) -> None:
    """Stores when an instrument is calibrated next, whether it is known here yet or not."""
    present = await change.session.get(CalibrationDue, due.instrument_id)
    if present is None or due.due_version > present.due_version:
        fields = {"due_on": wire.day(due.due_on), "due_version": due.due_version}
        identity = {"instrument_id": due.instrument_id}
        change.session.add(_filled(CalibrationDue, present, identity | fields))


async def put_endings(change: Change, endings: Iterable[events_pb2.Ending]) -> None:
    """Stores on which day each thing ends, unless a newer version is stored.

    Nobody is reminded of what had ended before it came to be known here.
    """
    for ending in endings:
        fields = {name: getattr(ending, name) for name in _OF_ENDING}
        last_day = wire.day(ending.last_day)
        await _put_ending(change, Due(ending.kind), {**fields, "last_day": last_day})


async def put_permits(change: Change, permits: Iterable[permits_pb2.Permit]) -> None:
    """Stores on which day each permit ends, as `put_endings` does."""
    for permit in permits:
        lasts = not (permit.removed or permit.ended)
        fields = {
            "ending_id": permit.permit_id,
            "bureau": "",  # that of its subject
            "subject_id": permit.subject_id,
            "what": permit.certificate_name or permit.document_name,
            "number": permit.permit_no or permit.document_no,
            "last_day": wire.day(permit.valid_until) if lasts else None,
            "version": permit.version,
        }
        await _put_ending(change, Due.PERMIT, fields)


async def _put_ending(change: Change, kind: Due, fields: Mapping[str, Any]) -> None:
    key = (kind, fields["ending_id"])
    stored = await change.session.get(Ending, key, with_for_update=True)
    if stored is not None and stored.version >= fields["version"]:
        return
    row = _filled(Ending, stored, {**fields, "kind": kind})
    if row.last_day is not None and row.last_day < change.today:
        row.note_told(kind, row.last_day, change.today)
    change.session.add(row)


async def former_owners(
    session: AsyncSession, instruments: Iterable[registry_pb2.Instrument]
) -> dict[str, str]:
    """Returns the stored owner of each instrument whose owner or bureau changes, by its id.

    What comes later than a newer version changes nothing.
    """
    incoming = {i.instrument_id: i for i in instruments}
    stored = await _by_id(session, Instrument, incoming)
    return {
        key: row.subject_id
        for key, row in stored.items()
        if _is_newer(incoming[key].version, row)
        and (row.subject_id, row.bureau) != (incoming[key].subject_id, incoming[key].bureau)
    }


def _instrument(message: registry_pb2.Instrument) -> dict[str, Any]:
    fields = {name: getattr(message, name) for name in _OF_INSTRUMENT}
    state, rotate_on = InstrumentState(message.state), wire.day(message.rotate_on)
    parts = [{"name": one.name, "state": one.state} for one in message.parts]
    free = {"non_compulsory": bool(message.non_compulsory_ground)}
    return {**fields, **free, "state": state, "rotate_on": rotate_on, "parts": parts or None}


async def put_verifications(
    change: Change, event: events_pb2.VerificationsRecorded, *, silent: bool
) -> list[Instrument]:
    """Stores verifications; returns the instruments whose colour basis or `watched` flag changed.

    `silent` marks a first load: alerts due by today are then recorded without a notice.
    """
    session, incoming = change.session, {v.verification_id: v for v in event.verifications}
    stored = await _by_id(session, Verification, incoming)
    touched = set()
    for place, (key, verification) in enumerate(incoming.items()):
        before = stored.get(key)
        if not _is_newer(verification.version, before):
            continue
        fields = _verification(verification)
        if before is None:  # a later version keeps its place in the order of recording
            fields |= {"recorded_at": event.change.at.ToDatetime(UTC), "place": place}
        else:
            touched.add(before.instrument_id)  # it may have had another instrument
        session.add(_filled(Verification, before, fields))
        touched.add(verification.instrument_id)
    instruments = [*(await _by_id(session, Instrument, touched)).values()]
    return await _derive_again(change, instruments, _bases(instruments), silent=silent)


def _verification(message: registry_pb2.Verification) -> dict[str, Any]:
    fields = {name: getattr(message, name) for name in _OF_VERIFICATION}
    due = "" if message.certificate_on or message.removed else message.report_by
    days = {
        "verified_on": wire.day(message.verified_on),
        "valid_until": wire.day(message.valid_until),
        "report_by": wire.day(due),
    }
    return {**fields, **days, "result": VerificationResult(message.result)}


async def derive_again(change: Change, rows: Sequence[Instrument]) -> list[Instrument]:
    """Derives the bases of stored instruments again; returns those whose basis changed."""
    return await _derive_again(change, rows, _bases(rows), silent=False)


async def _derive_again(
    change: Change,
    instruments: Sequence[Instrument],
    before: Mapping[str, tuple[Any, ...]],
    *,
    silent: bool,
) -> list[Instrument]:
    """Derives the basis of instruments again; returns those whose basis or watching changed.

    A change is silent when it comes with a first load, with the end of a review of the instrument
    or its owner, or with the end of the owner's deregistration: nobody is alarmed of what is due by
    that day.
    """
    owners = await _by_id(change.session, Subject, {row.subject_id for row in instruments})
    facts = await facts_of(change.session, [row.instrument_id for row in instruments])
    altered = []
    for row in instruments:
        _derive(row, facts.get(row.instrument_id, ()), owners.get(row.subject_id), change.today)
        earlier = before.get(row.instrument_id)
        if _basis_of(row) == earlier:
            continue
        review_ended = earlier is not None and row.watched and not earlier[0]
        quiet = silent or review_ended
        row.quiet_on = change.today if quiet else None
        row.quiet_by = change.on_behalf_of if quiet else ""
        altered.append(row)
    return altered


def _derive(
    row: Instrument, facts: Sequence[VerificationFact], owner: Subject | None, today: date
) -> None:
    before = row.standing
    derived = colour_basis(
        *(row.type_code, row.state, row.rotate_on, facts, row.parts),
        on=today,
        compulsory=not row.non_compulsory,
    )
    row.governing_id, row.last_result = derived.governing_id, derived.last_result
    row.valid_until = derived.valid_until
    row.standing = Basis.REMOVED if row.removed else derived.basis
    row.watched = not (row.removed or row.in_review or (owner is not None and owner.unwatched))
    if derived.since or row.since is None or row.standing is not before:
        row.since = derived.since or today


def _bases(rows: Iterable[Instrument]) -> dict[str, tuple[Any, ...]]:
    return {row.instrument_id: _basis_of(row) for row in rows}


def _basis_of(row: Instrument) -> tuple[Any, ...]:
    return (row.watched, row.standing, row.spell, row.governing_id, row.valid_until)


async def facts_of(
    session: AsyncSession, instrument_ids: Collection[str]
) -> Mapping[str, Sequence[VerificationFact]]:
    """Returns the verifications of instruments as facts for the law, by instrument id.

    The verifications of an instrument are in the order in which they were recorded; removed ones
    are left out, and those set aside because another result of their day stands.
    """
    of_fact = ("verification_id", "result", "verified_on", "valid_until", "part", "precedes")
    columns = ("instrument_id", *of_fact)
    query = (
        sa.select(*(getattr(Verification, name) for name in columns))
        .where(
            col(Verification.instrument_id).in_(instrument_ids),
            ~col(Verification.removed),
            ~col(Verification.set_aside),
        )
        .order_by(col(Verification.recorded_at), col(Verification.place))
    )
    connection = await session.connection()
    facts: dict[str, list[VerificationFact]] = defaultdict(list)
    for instrument_id, *fact in await connection.execute(query):
        facts[instrument_id].append(VerificationFact(*fact))
    return facts


async def _by_id(session: AsyncSession, table: type[T], ids: Collection[str]) -> dict[str, T]:
    key = table.__table__.primary_key.columns[0]  # type: ignore[attr-defined]
    rows = (await session.exec(select(table).where(key.in_(ids)))).all()
    return {getattr(row, key.name): row for row in rows}


def _is_newer(version: int, stored: Projected | None) -> bool:
    return stored is None or version > stored.version


def _filled(table: type[T], stored: T | None, fields: Mapping[str, Any]) -> T:
    """The stored row, or a new one, with these fields."""
    if stored is None:
        return table(**fields)
    for name, value in fields.items():
        setattr(stored, name, value)
    return stored
