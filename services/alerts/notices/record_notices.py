"""Tells subjects of adverse records, and tells the registry which subject has been told (S1 19)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import partial

from sqlmodel import col, select

from law.evidence import RecordKind
from plumbing.change import Change
from plumbing.events.envelope import Received
from protos.alerts.v1.events_pb2 import SubjectTold
from protos.registry.v1 import events_pb2 as registry
from protos.registry.v1 import registry_pb2
from services.alerts.notices import english, texts
from services.alerts.notices.issue import announce, contact_of, issue, known
from services.alerts.notices.natural_repairs import tell_of_natural_repairs
from services.alerts.notices.record_keys import adverse_record_key
from services.alerts.notices.texts import RecordFact
from services.alerts.tables import Failure, Notice, NoticeKind, NoticeState, Record, Subject

BY_MAIL, IN_PORTAL = "mail", "portal"
_ALTERED = (registry.CAUSE_CORRECTED, registry.CAUSE_RESTORED)


async def records_changed(change: Change, received: Received[registry.RecordsChanged]) -> None:
    """Stores credit records and issues a notice for each new or altered adverse record.

    A subject also hears that such a record left the archive. No notice is issued for records of a
    first load, or to a subject that is in review or removed.
    """
    event = received.message
    stored = await _stored(change, [record.record_id for record in event.records])
    if event.change.cause == registry.CAUSE_NATURAL_REPAIR:
        await tell_of_natural_repairs(change, event, stored)
    for record in event.records:
        row = stored.get(record.record_id)
        if row is not None and record.version <= row.version:
            continue
        if not event.change.baseline and _is_adverse(record) and _is_news(record, row, event):
            await _notify(change, record)
        await change.session.merge(_row(record))


async def telling_asked(change: Change, received: Received[registry.TellingAsked]) -> None:
    """Issues the notice of an adverse record that somebody asked for, if there is none yet.

    A notice that could not be delivered is sent to the address now on file; one that was delivered
    is reported to the registry again. Nothing is issued to a subject in review or removed.
    """
    record = received.message.record
    notice = await _notice(change, _key(record))
    if notice is None:
        await _notify(change, record)
    elif told := _told(notice):
        change.audit("report_telling", f"notice/{notice.notice_id}")
        await report_told(change, notice, *told)
    else:
        await _send_again(change, notice)


async def report_told(change: Change, notice: Notice, how: str, at: datetime) -> None:
    """Tells the registry that a notice has told its subject of an adverse record.

    Does nothing for other notices. `how` is BY_MAIL or IN_PORTAL.
    """
    if notice.kind is not NoticeKind.ADVERSE_RECORD:
        return
    _, record_id, *version = notice.key.split("/")
    event = SubjectTold(
        subject_id=notice.subject_id,
        record_id=record_id,
        version=int(version[0]) if version else 1,
        notice_id=notice.notice_id,
        how=how,
    )
    event.at.FromDatetime(at)
    await change.announce(event, aggregate=f"notice/{notice.notice_id}", bureau=notice.bureau)


def fact_of(row: Record) -> RecordFact:
    """Returns the facts of a record that notices name."""
    return RecordFact(row.kind, row.summary, row.source_ref, row.determined_on)


async def _stored(change: Change, ids: list[str]) -> Mapping[str, Record]:
    rows = await change.session.exec(select(Record).where(col(Record.record_id).in_(ids)))
    return {row.record_id: row for row in rows}


def _is_adverse(record: registry_pb2.Record) -> bool:
    in_force = record.status == "active" and not record.removed
    return in_force and not RecordKind(record.kind).positive


def _is_news(
    record: registry_pb2.Record, row: Record | None, event: registry.RecordsChanged
) -> bool:
    """Whether the subject has not been told of this content: it is new, or was altered."""
    if row is None or event.change.cause in _ALTERED:
        return True
    return fact_of(row) != fact_of(_row(record))


async def _notify(change: Change, record: registry_pb2.Record) -> None:
    subject = await known(change.session, Subject, record.subject_id)
    if subject.placeholder:
        return
    # The bureau that entered the record answers objections; the subject's bureau sees the notice.
    contact = await contact_of(change.session, record.bureau, subject.bureau)
    facts = (subject.name, change.today, fact_of(_row(record)), contact)
    text, in_english = texts.adverse_record(*facts), partial(english.adverse_record, *facts)
    kind, bureau = NoticeKind.ADVERSE_RECORD, subject.bureau
    await issue(change, kind, _key(record), subject, bureau, text, in_english=in_english)


def _key(record: registry_pb2.Record) -> str:
    return adverse_record_key(record.record_id, record.version)


async def _notice(change: Change, key: str) -> Notice | None:
    return (await change.session.exec(select(Notice).where(Notice.key == key))).first()


def _told(notice: Notice) -> tuple[str, datetime] | None:
    if notice.delivered_at is not None:
        return BY_MAIL, notice.delivered_at
    return (IN_PORTAL, notice.read_at) if notice.read_at is not None else None


async def _send_again(change: Change, notice: Notice) -> None:
    subject = await known(change.session, Subject, notice.subject_id)
    if notice.state is NoticeState.PENDING or not subject.email:
        return
    before, notice.state = notice.state, NoticeState.PENDING
    notice.address, notice.error, notice.failure = subject.email, "", Failure.NONE
    audited = f"notice/{notice.notice_id}"
    after = {"state": notice.state.value}
    change.audit("retry_delivery", audited, before={"state": before.value}, after=after)
    await announce(change, audited, [notice])


def _row(record: registry_pb2.Record) -> Record:
    return Record(
        record_id=record.record_id,
        subject_id=record.subject_id,
        kind=record.kind,
        summary=record.summary,
        source_ref=record.source_ref,
        determined_on=date.fromisoformat(record.determined_on),
        version=record.version,
    )
