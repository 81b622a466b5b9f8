"""Converts authorities, circulars and their parts to protobuf messages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from law.periods import local_day
from plumbing.papers.letter_text import digest
from protos.alerts.v1 import circulars_pb2 as pb
from protos.alerts.v1 import events_pb2 as events
from services.alerts.circulars.tables import (
    Authority,
    Circular,
    CircularEntry,
    CircularReceiver,
    CircularState,
)
from services.alerts.escalation.wire import stamp
from services.alerts.notices.texts import Contact
from services.alerts.tables import Notice, NoticeState

__all__ = ["authority", "circular", "entry", "office", "receiver", "stamp", "told"]

_MOMENTS = ("drafted_at", "issued_at", "discarded_at")
_OF_MAIL = {
    NoticeState.PENDING: "mailed",
    NoticeState.DELIVERED: "delivered",
    NoticeState.FAILED: "not_delivered",
    NoticeState.NO_ADDRESS: "to_send",
}


def authority(row: Authority) -> pb.Authority:
    """Returns the message of an authority in a bureau's list."""
    told = row.model_dump(exclude={"changed_at"})
    return pb.Authority(**told, changed_at=stamp(row.changed_at))


def circular(row: Circular) -> pb.Circular:
    """Returns the message of a circular, without its text and its parts."""
    left_out = {"year", "serial", "template", "body", "state", "check_code", *_MOMENTS}
    return pb.Circular(
        **row.model_dump(exclude=left_out),
        state=row.state.value,
        drafted_at=stamp(row.drafted_at),
        issued_at=stamp(row.issued_at),
        discarded_at=stamp(row.discarded_at),
    )


def with_text(message: pb.Circular, row: Circular, title: str, body: str) -> None:
    """Adds the letter to the message of a circular; of a draft as it would be issued."""
    message.title, message.body = title, body
    if row.state is CircularState.ISSUED:
        message.check_code, message.sha256 = row.check_code, digest(row.body)


def entry(row: CircularEntry, ended: Mapping[int, datetime | None]) -> pb.CircularEntry:
    """Returns the message of a subject of which a circular tells; `ended` is by entry."""
    return pb.CircularEntry(
        entry_id=row.key,
        subject_id=row.subject_id,
        subject_name=row.subject_name,
        statement=row.statement,
        ended_at=stamp(row.ended_at or ended.get(row.entry_id)),
    )


def receiver(row: CircularReceiver, of: Circular, mail: Notice | None) -> pb.CircularReceiver:
    """Returns the message of an authority that a circular tells; `mail` brings the circular."""
    return pb.CircularReceiver(
        authority_id=row.authority_id,
        name=row.name,
        address=row.address,
        contact=row.contact,
        email=row.email,
        uses=row.uses,
        state=_state(row, of, mail),
        delivered_at=stamp(mail.delivered_at if mail else None),
        failure=mail.failure if mail and mail.state is NoticeState.FAILED else "",
        sent_on=row.sent_on.isoformat() if row.sent_on else "",
        means=row.means,
        remark=row.remark,
        recorded_by=row.recorded_by,
    )


def _state(row: CircularReceiver, of: Circular, mail: Notice | None) -> str:
    if of.state is not CircularState.ISSUED:
        return "drafted"
    if row.sent_on is not None:
        return "sent"
    return _OF_MAIL[mail.state] if mail else "to_send"


def told(
    row: CircularEntry, of: Circular, uses: list[str], ended: datetime | None
) -> pb.ToldSubject:
    """Returns what the system of an authority reads of a subject it was told of."""
    return pb.ToldSubject(
        entry_id=row.key,
        subject_id=row.subject_id,
        subject_name=row.subject_name,
        statement=row.statement,
        number=of.number,
        issued_on=local_day(of.issued_at).isoformat() if of.issued_at else "",
        bureau=of.bureau,
        cite=of.cite,
        uses=uses,
        ended_on=local_day(ended).isoformat() if ended else "",
    )


def office(bureau: str, contact: Contact) -> events.CircularOffice:
    """Returns a bureau as the events of its circulars name it."""
    ways = {"department": contact.department, "phone": contact.phone, "email": contact.email}
    return events.CircularOffice(bureau=bureau, name=contact.name, **ways)
