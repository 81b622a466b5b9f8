"""The outbox: events committed together with the change they announce."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

import sqlalchemy as sa
from google.protobuf.message import Message
from sqlmodel import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing.database import JsonColumn, PlumbingTable, SerialColumn
from plumbing.events.envelope import Attributes
from plumbing.events.subjects import subject_of
from plumbing.tracing import Cause

# NATS takes 1 MiB, headers included. An event it would refuse for ever must not be committed.
MAX_BODY_BYTES = 900 * 1024
# Set on a connection that wrote an event; tells the relay when it goes back to the pool.
RECORDED = "quanheng_event_recorded"

_NEXT_SEQUENCE = sa.text(
    "INSERT INTO aggregate_sequence (aggregate, last_seq) VALUES (:aggregate, 1)"
    " ON CONFLICT (aggregate) DO UPDATE SET last_seq = aggregate_sequence.last_seq + 1"
    " RETURNING last_seq"
)


class Outbox(PlumbingTable, table=True):
    """An event to be published, or published already (kept as the proof of what was said)."""

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
    """How many events an aggregate has had. Its row serialises the aggregate's writers."""

    __tablename__ = "aggregate_sequence"

    aggregate: str = Field(primary_key=True)
    last_seq: int = Field(sa_type=sa.BigInteger)


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
    """Announces an event in the caller's transaction; returns its id.

    `at` is aware; `on_behalf_of` says who caused it, `cause` to which trace and request it belongs.
    Raises ValueError for a type no stream takes or a body above MAX_BODY_BYTES, InvalidInput for a
    bureau code that is no word.
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


async def _next_sequence(session: AsyncSession, aggregate: str) -> int:
    connection = await session.connection()
    row = await connection.execute(_NEXT_SEQUENCE, {"aggregate": aggregate})
    return int(row.scalar_one())


async def _insert(
    session: AsyncSession, attributes: Attributes, subject: str, payload: bytes
) -> None:
    # At once and not with a later flush: on PostgreSQL the row lock of the sequence, taken just
    # before, is what makes `seq` grow in the order of commits within an aggregate.
    await session.exec(
        sa.insert(Outbox).values(
            event_id=attributes.id,
            aggregate=attributes.aggregate,
            aggregate_seq=attributes.sequence,
            subject=subject,
            headers=attributes.headers(),
            payload=payload,
            created_at=attributes.time,
        )
    )
    connection = await session.connection()
    connection.info[RECORDED] = True
