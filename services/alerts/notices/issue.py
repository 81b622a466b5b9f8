"""Notices: made in the transaction of what they tell of, once each, and announced."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
from protos.alerts.v1 import alerts_pb2, events_pb2
from services.alerts import wire
from services.alerts.notices import texts
from services.alerts.notices.texts import Contact, Line, Text
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

NOTICES_PER_EVENT = 500
_KEYS_IN_QUERY = 1000
T = TypeVar("T", bound=Base)
# An alert tells something only while the instrument still stands as it did.
APPLIES = (
    col(Instrument.watched)
    & (col(Instrument.spell) == col(Alert.spell))
    & (col(Instrument.governing_id) == col(Alert.governing_id))
    & (col(Instrument.standing) == col(Alert.standing))
    & col(Instrument.valid_until).is_not_distinct_from(col(Alert.valid_until))
)

_ALERT: sa.Table = Alert.__table__  # type: ignore[attr-defined]
_TOLD = (
    "alert_id", "subject_id", "instrument_id", "type_code", "serial_no", "colour", "standing",
    "valid_until",
)  # fmt: skip
_UNTOLD = (
    sa.select(*(_ALERT.c[name] for name in _TOLD))
    .join(Instrument, col(Instrument.instrument_id) == _ALERT.c.instrument_id)
    .where(_ALERT.c.bureau == sa.bindparam("bureau"), _ALERT.c.notice_id.is_(None), APPLIES)
    .order_by(_ALERT.c.subject_id, _ALERT.c.instrument_id, _ALERT.c.alert_id)
)
_TELL = (
    sa.update(_ALERT)
    .where(_ALERT.c.alert_id == sa.bindparam("id"))
    .values(notice_id=sa.bindparam("notice"))
)


async def issue_digests(change: Change, bureau: str, on: date) -> list[Notice]:
    """One digest for each operator of a bureau with alerts of which nobody was told yet."""
    session, issued, told = change.session, list[Notice](), list[dict[str, Any]]()
    untold = await _untold(session, bureau)
    contact = await contact_of(session, bureau) if untold else None
    told_today = await _told_already(session, [_digest_key(owner, on) for owner, _ in untold])
    for subject, alerts in untold:
        if contact is None or (key := _digest_key(subject, on)) in told_today:
            continue
        text = texts.digest(subject.name, on, [_line(a) for a in _most_severe(alerts)], contact)
        notice = _notice(change, NoticeKind.DIGEST, key, subject, bureau, text)
        told += [{"id": alert.alert_id, "notice": notice.notice_id} for alert in alerts]
        issued.append(notice)
    session.add_all(issued)
    if told:
        await (await session.connection()).execute(_TELL, told)
    await announce(change, f"watch/{bureau}", issued)
    return issued


def _digest_key(subject: Subject, on: date) -> str:
    return f"digest/{subject.subject_id}/{on}"


async def _untold(
    session: AsyncSession, bureau: str
) -> list[tuple[Subject, Sequence[sa.Row[Any]]]]:
    """Alerts of which nobody was told, by owner; of an owner not known here, another day."""
    connection = await session.connection()
    rows = (await connection.execute(_UNTOLD, {"bureau": bureau})).all()
    by_owner = {owner: [*alerts] for owner, alerts in groupby(rows, lambda row: row.subject_id)}
    return [(s, by_owner[s.subject_id]) for s in await _subjects(session, [*by_owner])]


async def _subjects(session: AsyncSession, subject_ids: Sequence[str]) -> list[Subject]:
    found: list[Subject] = []
    for start in range(0, len(subject_ids), _KEYS_IN_QUERY):
        some = col(Subject.subject_id).in_(subject_ids[start : start + _KEYS_IN_QUERY])
        found += (await session.exec(select(Subject).where(some))).all()
    return found


def _most_severe(alerts: Iterable[sa.Row[Any]]) -> list[sa.Row[Any]]:
    by_instrument = groupby(alerts, key=lambda alert: alert.instrument_id)
    return [max(rungs, key=lambda alert: alert.colour.severity) for _, rungs in by_instrument]


async def issue_rejected(change: Change, alert: sa.Row[Any]) -> None:
    """Tells at once, outside the digest, that a rejection turned an instrument red."""
    subject = await known(change.session, Subject, alert.subject_id)
    contact = await contact_of(change.session, alert.bureau)
    text = texts.rejected(subject.name, change.today, _line(alert), contact)
    key = f"rejected/{alert.alert_id}"
    notice = await issue(change, NoticeKind.REJECTED, key, subject, alert.bureau, text)
    if notice is not None:
        told = {"id": alert.alert_id, "notice": notice.notice_id}
        await (await change.session.connection()).execute(_TELL, told)


def _line(alert: sa.Row[Any]) -> Line:
    return Line(alert.type_code, alert.serial_no, alert.colour, alert.standing, alert.valid_until)


async def issue(
    change: Change, kind: NoticeKind, key: str, to: Subject | Bureau, bureau: str, text: Text
) -> Notice | None:
    """Makes one notice, audits and announces it; None when that was told already."""
    if await _told_already(change.session, [key]):
        return None
    notice = _notice(change, kind, key, to, bureau, text)
    change.session.add(notice)
    object_, after = f"notice/{notice.notice_id}", {"kind": kind, "key": key, "state": notice.state}
    change.audit("issue_notice", object_, after=after)
    await announce(change, object_, [notice])
    return notice


def _notice(
    change: Change, kind: NoticeKind, key: str, to: Subject | Bureau, bureau: str, text: Text
) -> Notice:
    return Notice(
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


async def _told_already(session: AsyncSession, keys: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(keys), _KEYS_IN_QUERY):
        some = col(Notice.key).in_(keys[start : start + _KEYS_IN_QUERY])
        found |= set((await session.exec(select(Notice.key).where(some))).all())
    return found


async def announce(change: Change, aggregate: str, notices: Sequence[Notice]) -> None:
    """Says of notices of one bureau that they are to be delivered, up to 500 a message."""
    for start in range(0, len(notices), NOTICES_PER_EVENT):
        some = notices[start : start + NOTICES_PER_EVENT]
        event = events_pb2.NoticesIssued(notices=map(_without_body, some))
        await change.announce(event, aggregate=aggregate, bureau=some[0].bureau)


def _without_body(notice: Notice) -> alerts_pb2.Notice:
    said = wire.notice(notice)
    said.ClearField("body")
    return said


async def contact_of(session: AsyncSession, *bureaus: str) -> Contact:
    """How the first of these bureaus that is registered is reached; if none is, its code."""
    for code in bureaus:
        if row := await session.get(Bureau, code):
            return Contact(row.name, row.department, row.phone, row.email)
    return Contact(bureaus[0])


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
