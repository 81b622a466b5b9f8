"""Notices: each is made in the transaction of what it is about, once, and announced."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar
from uuid import uuid4

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import NotFound
from plumbing.change import Change
from plumbing.chunks import chunks
from plumbing.events.inbox import TryLater
from plumbing.short_ids import find_by_id
from protos.alerts.v1 import alerts_pb2, events_pb2
from services.alerts import wire
from services.alerts.notices.texts import Contact, Text
from services.alerts.tables import Base, Bureau, Notice, NoticeKind, NoticeState, Subject

NOTICES_PER_EVENT = 500
KEYS_PER_QUERY = 1000
Row = TypeVar("Row", bound=Base)


async def issue(
    change: Change,
    kind: NoticeKind,
    key: str,
    recipient: Subject | Bureau,
    bureau: str,
    text: Text,
) -> Notice | None:
    """Makes one notice, audits and announces it; returns None if the key has a notice already."""
    if await existing_keys(change.session, [key]):
        return None
    notice = new_notice(change, kind, key, recipient, bureau, text)
    change.session.add(notice)
    audited = f"notice/{notice.notice_id}"
    after = {"kind": kind, "key": key, "state": notice.state}
    change.audit("issue_notice", audited, after=after)
    await announce(change, audited, [notice])
    return notice


def new_notice(
    change: Change,
    kind: NoticeKind,
    key: str,
    recipient: Subject | Bureau,
    bureau: str,
    text: Text,
) -> Notice:
    """A notice that is not yet stored; without an address it waits for one."""
    return Notice(
        notice_id=str(uuid4()),
        key=key,
        kind=kind,
        subject_id=recipient.subject_id if isinstance(recipient, Subject) else "",
        bureau=bureau,
        address=recipient.email,
        title=text.title,
        body=text.body,
        state=NoticeState.PENDING if recipient.email else NoticeState.NO_ADDRESS,
        created_at=change.at,
    )


async def existing_keys(session: AsyncSession, keys: Sequence[str]) -> set[str]:
    """Those of the keys that have a notice already."""
    existing: set[str] = set()
    for chunk in chunks(keys, KEYS_PER_QUERY):
        query = select(Notice.key).where(col(Notice.key).in_(chunk))
        existing |= set((await session.exec(query)).all())
    return existing


async def announce(change: Change, aggregate: str, notices: Sequence[Notice]) -> None:
    """Announces notices of one bureau for delivery, at most 500 in a message."""
    for chunk in chunks(notices, NOTICES_PER_EVENT):
        event = events_pb2.NoticesIssued(notices=map(_without_body, chunk))
        await change.announce(event, aggregate=aggregate, bureau=chunk[0].bureau)


def _without_body(notice: Notice) -> alerts_pb2.Notice:
    message = wire.notice(notice)
    message.ClearField("body")
    return message


async def contact_of(session: AsyncSession, *bureaus: str) -> Contact:
    """The contact details of the first of these bureaus that is known here.

    If none is known, only the code of the first.
    """
    for code in bureaus:
        if row := await session.get(Bureau, code):
            return Contact(row.name, row.department, row.phone, row.email)
    return Contact(bureaus[0])


async def known(session: AsyncSession, table: type[Row], identity: str) -> Row:
    """A row of the projection. Raises TryLater while the event that brings it has not arrived."""
    row = await session.get(table, identity)
    if row is None:
        raise TryLater(f"{table.__name__} {identity} is not known here yet")
    return row


async def load(session: AsyncSession, notice_id: str, *, lock: bool) -> Notice:
    """A notice; `lock` is for a change of it. Raises NotFound."""
    row = await find_by_id(session, Notice, notice_id, lock=lock)
    if row is None:
        raise NotFound("没有这份通知", "There is no such notice", notice=notice_id)
    return row
