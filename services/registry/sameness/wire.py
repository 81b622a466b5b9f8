"""Converts likenesses to messages."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from protos.registry.v1 import sameness_pb2 as pb
from services.registry.identity.tables import Account
from services.registry.sameness.tables import LikeKind, Likeness
from services.registry.tables import Subject

_PLAIN = {
    "likeness_id", "bureau", "subject_id", "type_code", "record_kind", "state", "decided_by",
    "ground",
}  # fmt: skip


async def likenesses(session: AsyncSession, rows: Sequence[Likeness]) -> list[pb.Likeness]:
    """Converts likenesses to messages, with the names of subjects and of people."""
    owners = {row.subject_id for row in rows}
    subjects = await session.exec(select(Subject).where(col(Subject.subject_id).in_(owners)))
    people = {row.decided_by for row in rows}
    accounts = await session.exec(select(Account).where(col(Account.account_id).in_(people)))
    names = {one.subject_id: one.name for one in subjects}
    names |= {one.account_id: one.display_name for one in accounts}
    return [_message(row, names) for row in rows]


async def likeness(session: AsyncSession, row: Likeness) -> pb.Likeness:
    """Converts one likeness to a message."""
    [message] = await likenesses(session, [row])
    return message


def _message(row: Likeness, names: dict[str, str]) -> pb.Likeness:
    of_subjects = row.kind is LikeKind.SUBJECT
    message = pb.Likeness(
        **row.model_dump(include=_PLAIN),
        kind=row.kind.value,
        subject_name=row.label if of_subjects else names.get(row.subject_id, ""),
        serial_no="" if of_subjects else row.label,
        day=row.day.isoformat() if row.day else "",
        decided_by_name=names.get(row.decided_by, ""),
    )
    message.opened_at.FromDatetime(row.opened_at)
    if row.decided_at is not None:
        message.decided_at.FromDatetime(row.decided_at)
    return message
