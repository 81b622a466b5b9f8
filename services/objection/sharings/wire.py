"""Converts sharings and the notices to their receivers to protobuf messages."""

from __future__ import annotations

from protos.objection.v1 import sharings_pb2 as pb
from services.objection.sharings.tables import ReceiverNotice, Sharing
from services.objection.wire import stamp


def sharing_message(row: Sharing) -> pb.Sharing:
    """Returns the protobuf message of a sharing."""
    told = row.model_dump(exclude={"shared_on", "entered_at", "ended_at", "ended_by", "source"})
    return pb.Sharing(
        **told,
        shared_on=row.shared_on.isoformat(),
        entered_at=stamp(row.entered_at),
        ended_at=stamp(row.ended_at),
    )


def notice_message(row: ReceiverNotice, number: str) -> pb.ReceiverNotice:
    """Returns the protobuf message of a notice; `number` is that of its case or circular."""
    days, recorded = {"due_on", "undelivered_on", "sent_on"}, {"recorded_by", "recorded_at"}
    return pb.ReceiverNotice(
        **row.model_dump(exclude={"issued_at", *days, *recorded}),
        case_number=number,
        issued_at=stamp(row.issued_at),
        due_on=row.due_on.isoformat(),
        undelivered_on=row.undelivered_on.isoformat() if row.undelivered_on else "",
        sent_on=row.sent_on.isoformat() if row.sent_on else "",
        state=_state(row),
    )


def _state(row: ReceiverNotice) -> str:
    if row.sent_on:
        return "sent"
    if row.undelivered_on:
        return "not_delivered"
    return "mailed" if row.email else "to_send"
