"""Tells the authorities of a circular, by mail or by hand, and of what became of its subjects.

Objection enters each subject that an authority was told of in its register of sharings, by the
events of this module, and from there tells it of takings down and of repairs (ADR 0042).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlmodel import col, select

from law.errors import Fault, InvalidInput, NotFound, WrongState
from law.periods import local_day
from plumbing import validation
from plumbing.change import Change
from plumbing.short_ids import find_by_id
from protos.alerts.v1 import circulars_pb2 as pb
from protos.alerts.v1 import events_pb2 as events
from services.alerts.circulars import queries, wire
from services.alerts.circulars.letter import use_names
from services.alerts.circulars.tables import (
    Circular,
    CircularEntry,
    CircularReceiver,
    CircularState,
)
from services.alerts.exposure_lists.tables import Ended, ExposureEntry
from services.alerts.notice_kinds import RECEIVER
from services.alerts.notices.issue import Matter, contact_of, issue
from services.alerts.notices.texts import Contact, Text
from services.alerts.notices.texts import body as joined
from services.alerts.tables import Bureau, NoticeKind


async def tell(
    change: Change,
    row: Circular,
    told: Sequence[CircularEntry],
    receivers: Sequence[CircularReceiver],
    contact: Contact,
) -> None:
    """Mails a circular to those with an address, and announces whom it tells of whom."""
    matter = Matter(f"circular/{row.circular_id}", "", row.number, row.check_code)
    text = Text(f"{row.title}：{row.number}", joined(row.body))
    for one in receivers:
        if not one.email:
            continue
        to = Bureau(code=row.bureau, name="", department="", phone="", email=one.email, version=0)
        key = f"{RECEIVER}circular/{row.circular_id}/{one.authority_id}"
        notice = await issue(change, NoticeKind.CASE, key, to, row.bureau, text, matter)
        one.notice_id = notice.notice_id if notice else ""
        change.session.add(one)
    event = events.CircularIssued(
        circular_id=row.circular_id,
        number=row.number,
        office=wire.office(row.bureau, contact),
        at=wire.stamp(change.at),
        receivers=[_receiver(one, change.today) for one in receivers],
        entries=[_entry(one) for one in told],
        cite=row.cite,
    )
    await change.announce(event, aggregate=f"circular/{row.circular_id}", bureau=row.bureau)


async def entry_ended(change: Change, entry: ExposureEntry, why: Ended, reasons: str) -> None:
    """Announces that a public entry came down, for each issued circular that tells of it.

    What a person wrote as reasons is for the subject, and goes to nobody else.
    """
    rows = (
        select(Circular, CircularEntry)
        .join(CircularEntry, col(CircularEntry.circular_id) == col(Circular.circular_id))
        .where(
            col(CircularEntry.entry_id) == entry.entry_id,
            col(Circular.state) == CircularState.ISSUED,
        )
    )
    for row, told in await change.session.exec(rows):
        await announce_ending(
            change, row, told, "我局决定撤下。" if why is Ended.PERSON else reasons
        )


async def announce_ending(change: Change, row: Circular, told: CircularEntry, reasons: str) -> None:
    """Announces that a circular is no ground any more as far as it tells of one subject."""
    contact = await contact_of(change.session, row.bureau)
    event = events.CircularEntryEnded(
        circular_id=row.circular_id,
        number=row.number,
        office=wire.office(row.bureau, contact),
        entry=_entry(told),
        reasons=reasons,
        of_grade=bool(told.grade),
        cite=row.cite,
    )
    event.entry.ended_at.FromDatetime(change.at)
    await change.announce(event, aggregate=f"circular/{row.circular_id}", bureau=row.bureau)


def _entry(one: CircularEntry) -> pb.CircularEntry:
    return pb.CircularEntry(
        entry_id=one.key, subject_id=one.subject_id, subject_name=one.subject_name
    )


def _receiver(one: CircularReceiver, on: date) -> pb.CircularReceiver:
    """A receiver as the event tells it, with its uses in Chinese."""
    of = one.model_dump(include={"authority_id", "name", "address", "contact", "email"})
    return pb.CircularReceiver(**of, uses=use_names(one.uses, on))


async def record_sent(
    change: Change, request: pb.RecordCircularSentRequest
) -> pb.RecordCircularSentResponse:
    """Records that a circular was sent to one authority by hand, also where its mail failed.

    Raises NotFound, NotPermitted outside the caller's scope, WrongState for one that is not issued
    or was recorded, and InvalidInput for a day before the circular or after today and for a missing
    proof.
    """
    row = await find_by_id(change.session, Circular, request.circular_id, lock=True)
    if row is None:
        zh, en = "没有这份通报", "There is no such circular"
        raise NotFound(zh, en, circular=request.circular_id)
    change.caller.require_bureau(row.bureau)
    if row.issued_at is None:
        raise WrongState("通报尚未签发", "The circular is not issued", circular=row.circular_id)
    key = (row.circular_id, request.authority_id)
    one = await change.session.get(CircularReceiver, key, with_for_update=True)
    if one is None:
        zh, en = "通报没有发给这个单位", "The circular does not tell this authority"
        raise NotFound(zh, en, authority=request.authority_id)
    if one.sent_on is not None:
        raise WrongState("已经记录", "This was recorded", authority=one.authority_id)
    one.sent_on = _sent_on(change, request, local_day(row.issued_at))
    one.means, one.remark = request.means, request.remark.strip()
    one.recorded_by, one.recorded_at = change.on_behalf_of, change.at
    change.session.add(one)
    change.audit(
        "send_circular",
        f"circular/{row.circular_id}",
        after={"authority": one.authority_id, "means": one.means, "sent_on": str(one.sent_on)},
        ground=row.cite,
        bureau=row.bureau,
    )
    found = await queries.whole(change.session, row, change.today)
    return pb.RecordCircularSentResponse(circular=found)


def _sent_on(change: Change, request: pb.RecordCircularSentRequest, issued: date) -> date:
    day, faults = validation.day(request.sent_on, "sent_on"), list[Fault]()
    if day is None or not issued <= day <= change.today:
        zh, en = "送达日期应在签发之日和今天之间", "must be from the day of the circular to today"
        faults.append(Fault("sent_on", zh, en))
    if not request.remark.strip():
        zh, en = "请写明凭据，例如送达回证编号", "name the proof, such as the receipt of service"
        faults.append(Fault("remark", zh, en))
    if faults or day is None:
        raise InvalidInput(faults=faults)
    return day
