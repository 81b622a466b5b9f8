"""Converts rows to protobuf messages, and days to text and back."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from law.colours.basis import colour_on, reached_on
from protos.alerts.v1 import alerts_pb2 as pb
from services.alerts.tables import Alert, Instrument, Notice, Watch


def day(text: str) -> date | None:
    """Converts a text such as 2026-09-21 to a day; returns None for an empty text."""
    return date.fromisoformat(text) if text else None


def text(value: date | None) -> str:
    """Converts a day to a text such as 2026-09-21; returns an empty text for None."""
    return value.isoformat() if value else ""


def alert(row: Alert | sa.Row[Any], raised_at: datetime) -> pb.Alert:
    """Returns the protobuf message of an alert.

    It contains the reason, the article, and the first day of the present colour.
    """
    due_on = reached_on(row.standing, row.valid_until, row.since, row.colour)
    answer = colour_on(row.standing, row.valid_until, due_on)
    message = pb.Alert(
        alert_id=str(row.alert_id),
        instrument_id=row.instrument_id,
        subject_id=row.subject_id,
        bureau=row.bureau,
        colour=row.colour.value,
        due_on=due_on.isoformat(),
        baseline=row.baseline,
        serial_no=row.serial_no,
        type_code=row.type_code,
        reason_zh=answer.reason,
        cite=answer.cite,
    )
    message.raised_at.FromDatetime(raised_at)
    return message


def colour(row: Instrument, on: date) -> pb.InstrumentColour:
    """Returns the protobuf message of an instrument with its colour on a day."""
    answer = colour_on(row.standing, row.valid_until, on)
    return pb.InstrumentColour(
        instrument_id=row.instrument_id,
        subject_id=row.subject_id,
        bureau=row.bureau,
        type_code=row.type_code,
        serial_no=row.serial_no,
        colour=answer.colour.value,
        reason_zh=answer.reason,
        cite=answer.cite,
        valid_until=text(row.valid_until),
        reason_en=answer.reason_en,
        state=row.state.value,
    )


def notice(row: Notice) -> pb.Notice:
    """Returns the protobuf message of a notice and of the state of its delivery."""
    message = pb.Notice(
        notice_id=row.notice_id,
        kind=row.kind.value,
        subject_id=row.subject_id,
        bureau=row.bureau,
        address=row.address,
        title=row.title,
        body=row.body,
        title_en=row.title_en,
        body_en=row.body_en,
        state=row.state.value,
        attempts=row.attempts,
        error=row.error,
        failure=row.failure.value,
        about=row.about,
        letter_id=row.letter_id,
        number=row.number,
    )
    message.created_at.FromDatetime(row.created_at)
    if row.delivered_at is not None:
        message.delivered_at.FromDatetime(row.delivered_at)
    if row.read_at is not None:
        message.read_at.FromDatetime(row.read_at)
    if row.acknowledged_at is not None:
        message.acknowledged_at.FromDatetime(row.acknowledged_at)
    return message


def watch(row: Watch) -> pb.Watch:
    """Returns the protobuf message of a bureau and the last day that its watch handled."""
    return pb.Watch(bureau=row.bureau, watched_through=text(row.watched_through))
