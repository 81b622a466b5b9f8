"""Saves rows of the register and announces them; nothing in the register changes in another way.

Each `save_…` function raises the versions of new or changed rows by one, writes them, and announces
their whole states, up to 500 items a message (D-03). The command that calls it writes the audit
entry. A single change is announced on the aggregate of its subject, so that the events of a subject
arrive in order; a batch is announced on an aggregate of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import sqlalchemy as sa
from google.protobuf.message import Message
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.disclosure.publication import PublicationState
from law.identity import document_key
from plumbing.change import Change
from plumbing.chunks import chunks, weighed_chunks
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import registry_pb2 as pb
from services.registry import former_names, serials, wire
from services.registry.initials import initials
from services.registry.publication.standing import reopen
from services.registry.publication.told import forget_changed
from services.registry.tables import (
    Bureau,
    Instrument,
    Permit,
    Publication,
    Record,
    RecordVersion,
    Subject,
    Verification,
)
from services.registry.validation import needed_ground

ITEMS_IN_MESSAGE = 500
# An event above 900 KiB is refused; 500 records with long summaries would come to more.
BYTES_IN_MESSAGE = 700 * 1024
IDS_IN_QUERY = 1000


@dataclass(frozen=True)
class Cause:
    """The reason for a change, as its event reports it; a `batch_id` marks a change in bulk."""

    cause: events.Cause.ValueType = events.CAUSE_ENTERED
    ground: str = ""
    batch_id: str = ""
    baseline: bool = False


ENTERED = Cause()
_Row = Bureau | Subject | Instrument | Verification | Record | Permit


@dataclass(frozen=True)
class _Item:
    """One thing to announce, on its aggregate and for its bureau."""

    aggregate: str
    bureau: str
    message: Message


async def save_bureaus(change: Change, rows: Sequence[Bureau], cause: Cause = ENTERED) -> None:
    """Saves new or changed bureaus and announces them in events."""
    await _write(change, rows)
    items = [_Item(f"bureau/{row.code}", row.code, wire.bureau(row)) for row in rows]
    await _announce(change, events.BureausChanged, "bureaus", items, cause)


async def save_subjects(change: Change, rows: Sequence[Subject], cause: Cause = ENTERED) -> None:
    """Saves new or changed subjects and announces them in events.

    Their instruments are not updated; `follow_owner` does it.
    """
    for row in rows:
        complete_subject(row)
    await _write(change, rows)
    items = [_Item(_aggregate(row.subject_id), row.bureau, wire.subject(row)) for row in rows]
    await _announce(change, events.SubjectsChanged, "subjects", items, cause)


def complete_subject(row: Subject) -> None:
    """Sets the columns of a subject that follow from its others."""
    row.code_ground = needed_ground(row.credit_code, row.code_ground)
    row.initials = initials(row.name)
    former_names.set_keys(row)


async def save_instruments(
    change: Change,
    rows: Sequence[Instrument],
    cause: Cause = ENTERED,
    *,
    left: Iterable[serials.Serial] = (),
    unverified: Collection[str] = (),
) -> list[Instrument]:
    """Saves new or changed instruments and announces them in events.

    `left` are types and serial numbers that these instruments had before and no longer have;
    `unverified` are the ids of those that come into use although they were never verified.
    Returns the other instruments whose mark of a repeated serial number changed; they are saved and
    announced too.
    """
    for row in rows:
        serials.set_key(row)
    await _write(change, rows)
    marked = await serials.update_marks(change.session, {*left, *map(serials.serial_of, rows)})
    own = {row.instrument_id for row in rows}
    others = [row for row in marked if row.instrument_id not in own]
    await _write(change, others)
    items = [
        _Item(_aggregate(row.subject_id), row.bureau, wire.instrument(row))
        for row in (*rows, *others)
    ]
    event = partial(_instruments_changed, unverified)
    await _announce(change, event, "instruments", items, cause)
    return others


def _instruments_changed(
    unverified: Collection[str], change: events.Change, instruments: Sequence[pb.Instrument]
) -> events.InstrumentsChanged:
    used = [one.instrument_id for one in instruments if one.instrument_id in unverified]
    return events.InstrumentsChanged(change=change, instruments=instruments, unverified_in_use=used)


async def save_verifications(
    change: Change, rows: Sequence[Verification], cause: Cause = ENTERED
) -> None:
    """Saves verifications and announces them in events; their instruments must be saved already."""
    for row in rows:
        row.certificate_key = document_key(row.certificate_no)
    await _write(change, rows)
    owners = await owners_of_instruments(change.session, {row.instrument_id for row in rows})
    items = []
    for row in rows:
        subject, bureau = owners[row.instrument_id]
        items.append(_Item(_aggregate(subject), bureau, wire.verification(row)))
    await _announce(change, events.VerificationsRecorded, "verifications", items, cause)


async def owners_of_instruments(
    session: AsyncSession, instrument_ids: Iterable[str]
) -> dict[str, tuple[str, str]]:
    """Returns the subject and the bureau of each of these instruments, by its id."""
    owners: dict[str, tuple[str, str]] = {}
    for ids in chunks(sorted(instrument_ids), IDS_IN_QUERY):
        instruments = await session.exec(
            select(Instrument.instrument_id, Instrument.subject_id, Instrument.bureau).where(
                col(Instrument.instrument_id).in_(ids)
            )
        )
        owners |= {instrument: (subject, bureau) for instrument, subject, bureau in instruments}
    return owners


async def save_records(change: Change, rows: Sequence[Record], cause: Cause = ENTERED) -> None:
    """Saves credit records, stores each new version, and announces the records in events.

    A record whose content is no longer what was reviewed waits for its review again, and its
    subject is told again.
    """
    _raise_versions(rows)
    change.session.add_all([*rows, *(_version(change, row) for row in rows)])
    await change.session.flush()
    await announce_publications(change, await reopen(change.session, rows), cause)
    await forget_changed(change.session, rows)
    bureaus = await bureaus_of_subjects(change.session, {row.subject_id for row in rows})
    items = [
        _Item(_aggregate(row.subject_id), bureaus[row.subject_id], wire.record(row)) for row in rows
    ]
    await _announce(change, events.RecordsChanged, "records", items, cause)


async def save_permits(change: Change, rows: Sequence[Permit], cause: Cause = ENTERED) -> None:
    """Saves permits and announces them in events."""
    for row in rows:
        row.set_keys()
    await _write(change, rows)
    bureaus = await bureaus_of_subjects(change.session, {row.subject_id for row in rows})
    items = [
        _Item(_aggregate(row.subject_id), bureaus[row.subject_id], wire.permit(row)) for row in rows
    ]
    await _announce(change, events.PermitsChanged, "permits", items, cause)


async def announce_publications(
    change: Change, rows: Sequence[tuple[Record, Publication]], cause: Cause = ENTERED
) -> None:
    """Announces where the publication of records stands, after each change of it."""
    bureaus = await bureaus_of_subjects(change.session, {record.subject_id for record, _ in rows})
    items = []
    for record, row in rows:
        row.revision += 1
        message = events.RecordPublication(
            record_id=record.record_id,
            subject_id=record.subject_id,
            revision=row.revision,
            released=row.state is PublicationState.RELEASED and not row.awaits_telling,
            public_from=row.public_from.isoformat() if row.public_from else "",
        )
        items.append(_Item(_aggregate(record.subject_id), bureaus[record.subject_id], message))
    await change.session.flush()
    await _announce(change, events.PublicationsChanged, "publications", items, cause)


async def follow_owner(change: Change, owner: Subject, cause: Cause = ENTERED) -> int:
    """Copies a subject's bureau and review mark to its instruments; returns how many changed."""
    differing = select(Instrument).where(
        Instrument.subject_id == owner.subject_id,
        sa.not_(col(Instrument.removed)),
        sa.or_(
            col(Instrument.bureau) != owner.bureau, col(Instrument.in_review) != owner.in_review
        ),
    )
    rows = (await change.session.exec(differing.with_for_update())).all()
    for row in rows:
        row.bureau, row.in_review = owner.bureau, owner.in_review
    await save_instruments(change, rows, cause)
    return len(rows)


def _aggregate(subject_id: str) -> str:
    return f"subject/{subject_id}"


async def _write(change: Change, rows: Sequence[_Row]) -> None:
    _raise_versions(rows)
    change.session.add_all(rows)
    await change.session.flush()


def _raise_versions(rows: Sequence[_Row]) -> None:
    for row in rows:
        row.version += 1


def _version(change: Change, row: Record) -> RecordVersion:
    return RecordVersion(
        record_id=row.record_id,
        version=row.version,
        state=row.model_dump(mode="json"),
        at=change.at,
    )


async def bureaus_of_subjects(session: AsyncSession, subject_ids: set[str]) -> dict[str, str]:
    """Returns the bureau of each of these subjects, by its id."""
    bureaus: dict[str, str] = {}
    for ids in chunks(sorted(subject_ids), IDS_IN_QUERY):
        rows = select(Subject.subject_id, Subject.bureau).where(col(Subject.subject_id).in_(ids))
        bureaus |= dict((await session.exec(rows)).all())
    return bureaus


async def announce_batch(
    change: Change,
    event: Callable[..., Message],
    field: str,
    told: Iterable[tuple[str, Message]],
    cause: Cause,
) -> None:
    """Announces rows of a batch that are written already, each as its bureau and its message."""
    items = [_Item("", bureau, message) for bureau, message in told]
    await _announce(change, event, field, items, cause)


async def _announce(
    change: Change, event: Callable[..., Message], field: str, items: Sequence[_Item], cause: Cause
) -> None:
    grouped: dict[tuple[str, str], list[Message]] = defaultdict(list)
    for item in items:
        aggregate = f"batch/{cause.batch_id}" if cause.batch_id else item.aggregate
        grouped[aggregate, item.bureau].append(item.message)
    message = _change_message(change, cause)
    for (aggregate, bureau), messages in grouped.items():
        for chunk in weighed_chunks(
            messages, ITEMS_IN_MESSAGE, lambda message: message.ByteSize(), BYTES_IN_MESSAGE
        ):
            await change.announce(
                event(change=message, **{field: chunk}), aggregate=aggregate, bureau=bureau
            )


def _change_message(change: Change, cause: Cause) -> events.Change:
    message = events.Change(
        cause=cause.cause, batch_id=cause.batch_id, baseline=cause.baseline, ground=cause.ground
    )
    message.at.FromDatetime(change.at)
    return message
