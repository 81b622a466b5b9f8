"""Notices: made in the transaction of what they tell of, once each, and announced."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import groupby
from typing import Any, TypeVar
from uuid import uuid4

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import NotFound
from plumbing.change import Change
from plumbing.events.inbox import TryLater
from protos.alerts.v1 import events_pb2
from services.alerts import texts, wire
from services.alerts.tables import (
    Alert,
    Base,
    Bureau,
    Instrument,
    Notice,
    NoticeKind,
    NoticeState,
    Subject,
)
from services.alerts.texts import Contact, Line, Text

T = TypeVar("T", bound=Base)
# An alert tells something only while the instrument still stands as it did.
_APPLIES = (
    col(Instrument.watched)
    & (col(Instrument.spell) == col(Alert.spell))
    & (col(Instrument.governing_id) == col(Alert.governing_id))
    & (col(Instrument.standing) == col(Alert.standing))
    & col(Instrument.valid_until).is_not_distinct_from(col(Alert.valid_until))
)


async def issue_digests(change: Change, bureau: str, on: date) -> list[Notice]:
    """One digest for each operator of a bureau with alerts of which nobody was told yet."""
    untold, issued = await _untold(change.session, bureau), []
    for subject, alerts in untold:
        contact = await contact_of(change.session, bureau)
        lines = [_line(alert) for alert in _most_severe(alerts)]
        text = texts.digest(subject.name, on, lines, contact)
        key = f"digest/{subject.subject_id}/{on}"
        notice = await _put(change, NoticeKind.DIGEST, key, subject, bureau, text)
        if notice is not None:
            await _mark_told(change.session, alerts, notice)
            issued.append(notice)
    return issued


async def _untold(session: AsyncSession, bureau: str) -> list[tuple[Subject, list[Alert]]]:
    rows = await session.exec(
        select(Alert, Subject)
        .join(Instrument, col(Instrument.instrument_id) == col(Alert.instrument_id))
        .join(Subject, col(Subject.subject_id) == col(Alert.subject_id))
        .where(col(Alert.bureau) == bureau, col(Alert.notice_id).is_(None), _APPLIES)
        .order_by(col(Alert.subject_id), col(Alert.instrument_id), col(Alert.alert_id))
    )
    told = groupby(rows.all(), key=lambda pair: pair[1])
    return [(subject, [alert for alert, _ in pairs]) for subject, pairs in told]


def _most_severe(alerts: Iterable[Alert]) -> list[Alert]:
    by_instrument = groupby(alerts, key=lambda alert: alert.instrument_id)
    return [max(rungs, key=lambda alert: alert.colour.severity) for _, rungs in by_instrument]


async def _mark_told(session: AsyncSession, alerts: Iterable[Alert], notice: Notice) -> None:
    for alert in alerts:
        alert.notice_id = notice.notice_id
        session.add(alert)


async def issue_rejected(change: Change, alert: sa.Row[Any]) -> None:
    """Tells at once, outside the digest, that a rejection turned an instrument red."""
    subject = await known(change.session, Subject, alert.subject_id)
    contact = await contact_of(change.session, alert.bureau)
    text = texts.rejected(subject.name, change.today, _line(alert), contact)
    key = f"rejected/{alert.alert_id}"
    notice = await issue(change, NoticeKind.REJECTED, key, subject, alert.bureau, text)
    if notice is not None:
        told = sa.update(Alert).where(col(Alert.alert_id) == alert.alert_id)
        await change.session.exec(told.values(notice_id=notice.notice_id))


def _line(alert: Alert | sa.Row[Any]) -> Line:
    return Line(alert.type_code, alert.serial_no, alert.colour, alert.standing, alert.valid_until)


async def issue(
    change: Change, kind: NoticeKind, key: str, to: Subject | Bureau, bureau: str, text: Text
) -> Notice | None:
    """Makes one notice, audits and announces it; None when that was told already."""
    notice = await _put(change, kind, key, to, bureau, text)
    if notice is not None:
        after = {"kind": kind.value, "key": key, "state": notice.state.value}
        change.audit("issue_notice", f"notice/{notice.notice_id}", after=after)
    return notice


async def _put(
    change: Change, kind: NoticeKind, key: str, to: Subject | Bureau, bureau: str, text: Text
) -> Notice | None:
    if (await change.session.exec(select(Notice.key).where(Notice.key == key))).first():
        return None
    notice = Notice(
        notice_id=str(uuid4()),
        key=key,
        kind=kind,
        subject_id=to.subject_id if isinstance(to, Subject) else "",
        bureau=bureau,
        address=to.email,
        title=text.title,
        body=text.body,
        state=NoticeState.PENDING if to.email else NoticeState.NO_ADDRESS,
        created_at=change.at,
    )
    change.session.add(notice)
    await announce(change, events_pb2.NoticeIssued(notice=wire.notice(notice)))
    return notice


async def announce(
    change: Change, event: events_pb2.NoticeIssued | events_pb2.DeliveryEnded
) -> None:
    """Says that a notice was made, or how its delivery ended."""
    about = event.notice
    await change.announce(event, aggregate=f"notice/{about.notice_id}", bureau=about.bureau)


async def contact_of(session: AsyncSession, bureau: str) -> Contact:
    """How a bureau is reached. Raises TryLater while it is not known here."""
    row = await known(session, Bureau, bureau)
    return Contact(row.name, row.department, row.phone, row.email)


async def known(session: AsyncSession, table: type[T], identity: str) -> T:
    """A row of a projection. Raises TryLater while its event is still on its way."""
    row = await session.get(table, identity)
    if row is None:
        raise TryLater(f"{table.__name__} {identity} is not known here yet")
    return row


async def load(session: AsyncSession, notice_id: str, *, lock: bool) -> Notice:
    """A notice; locked, for a change. Raises NotFound."""
    row = await session.get(Notice, notice_id, with_for_update=lock)
    if row is None:
        raise NotFound("没有这份通知", "There is no such notice", notice=notice_id)
    return row
