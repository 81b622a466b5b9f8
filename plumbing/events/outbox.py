"""The outbox: events that are committed together with the change that they announce."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid4

import sqlalchemy as sa
from google.protobuf.message import Message
from sqlalchemy import RowMapping
from sqlmodel import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing.database import JsonColumn, PlumbingTable, SerialColumn, connection_of
from plumbing.events.envelope import Attributes
from plumbing.events.subjects import subject_of
from plumbing.tracing import Cause

# NATS takes 1 MiB, headers included. An event that it would always refuse must not be committed.
MAX_BODY_BYTES = 900 * 1024
# Set on a connection that wrote an event, so that the relay notices when it is returned.
RECORDED = "quanheng_event_recorded"

_NEXT_SEQUENCE = sa.text(
    "INSERT INTO aggregate_sequence (aggregate, last_seq) VALUES (:aggregate, 1)"
    " ON CONFLICT (aggregate) DO UPDATE SET last_seq = aggregate_sequence.last_seq + 1"
    " RETURNING last_seq"
)


class Outbox(PlumbingTable, table=True):
    """A database row with an event to publish; rows of published events are kept for a time."""

    __tablename__ = "outbox"
    __table_args__ = (
        sa.UniqueConstraint("aggregate", "aggregate_seq"),
        sa.Index(
            "ix_outbox_pending",
            "seq",
            sqlite_where=sa.text("published_at IS NULL"),
            postgresql_where=sa.text("published_at IS NULL"),
        ),
    )

    seq: int | None = Field(default=None, primary_key=True, sa_type=SerialColumn)
    event_id: UUID = Field(unique=True)
    aggregate: str
    aggregate_seq: int = Field(sa_type=sa.BigInteger)
    subject: str
    headers: dict[str, str] = Field(sa_type=JsonColumn)
    payload: bytes
    created_at: datetime
    published_at: datetime | None = None


class AggregateSequence(PlumbingTable, table=True):
    """A database row with the number of the last event of an aggregate.

    Transactions that write events of the same aggregate wait for each other on this row.
    """

    __tablename__ = "aggregate_sequence"

    aggregate: str = Field(primary_key=True)
    last_seq: int = Field(sa_type=sa.BigInteger)


_INSERT = sa.insert(Outbox)


async def record(
    session: AsyncSession,
    event: Message,
    *,
    aggregate: str,
    bureau: str,
    at: datetime,
    on_behalf_of: str,
    cause: Cause | None = None,
) -> UUID:
    """Writes an event to the outbox in the open transaction of `session`; returns the event's id.

    `aggregate` names the object that the event is about, such as `case/7`. `at` is timezone-aware.
    `on_behalf_of` is the account that caused the event; `cause` contains the trace and the request.
    Raises ValueError for an event type that no stream accepts and for a body above MAX_BODY_BYTES,
    and InvalidInput for a malformed bureau code.
    """
    subject = subject_of(type(event), bureau)
    payload = event.SerializeToString(deterministic=True)
    if len(payload) > MAX_BODY_BYTES:
        raise ValueError(f"An event of {len(payload)} bytes; at most {MAX_BODY_BYTES} travel")
    attributes = Attributes(
        id=uuid4(),
        type=event.DESCRIPTOR.full_name,
        aggregate=aggregate,
        sequence=await _next_sequence(session, aggregate),
        bureau=bureau,
        time=at,
        on_behalf_of=on_behalf_of,
        traceparent=cause.traceparent if cause else None,
        request_id=cause.request_id if cause else None,
    )
    await _insert(session, attributes, subject, payload)
    return attributes.id


async def record_staged(session: AsyncSession, event: RowMapping) -> None:
    """Writes an event to the outbox that was written to another one before, with a new sequence.

    `event` is the row of the other outbox, in a database that no relay reads.
    """
    attributes = Attributes.read(event["headers"])
    sequence = await _next_sequence(session, attributes.aggregate)
    attributes = replace(attributes, sequence=sequence)
    await _insert(session, attributes, event["subject"], event["payload"])


async def _next_sequence(session: AsyncSession, aggregate: str) -> int:
    connection = await connection_of(session)
    row = await connection.execute(_NEXT_SEQUENCE, {"aggregate": aggregate})
    return int(row.scalar_one())


async def _insert(
    session: AsyncSession, attributes: Attributes, subject: str, payload: bytes
) -> None:
    # Inserted at once, not with a later flush. On PostgreSQL the row of the sequence was locked
    # just before, so within an aggregate `seq` grows in the order of commits.
    connection = await connection_of(session)
    row = {
        "event_id": attributes.id,
        "aggregate": attributes.aggregate,
        "aggregate_seq": attributes.sequence,
        "subject": subject,
        "headers": attributes.headers(),
        "payload": payload,
        "created_at": attributes.time,
    }
    await connection.execute(_INSERT, row)
    connection.info[RECORDED] = True
