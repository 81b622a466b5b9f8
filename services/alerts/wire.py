"""Rows as messages, and days as text."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from law.colours.basis import colour_on, reached_on
from protos.alerts.v1 import alerts_pb2 as pb
from services.alerts.tables import Alert, Instrument, Notice, Watch


def day(text: str) -> date | None:
    """A local day from its text; None for an empty text."""
    return date.fromisoformat(text) if text else None


def text(value: date | None) -> str:
    """A local day as text; empty for None."""
    return value.isoformat() if value else ""


def alert(row: Alert | sa.Row[Any], raised_at: datetime) -> pb.Alert:
    """An alert, with the first day of its colour, the reason and the article."""
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
    """An instrument and its colour on a day."""
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
    )


def notice(row: Notice) -> pb.Notice:
    """A notice and the state of its delivery."""
    message = pb.Notice(
        notice_id=row.notice_id,
        kind=row.kind.value,
        subject_id=row.subject_id,
        bureau=row.bureau,
        address=row.address,
        title=row.title,
        body=row.body,
        state=row.state.value,
        attempts=row.attempts,
        error=row.error,
    )
    message.created_at.FromDatetime(row.created_at)
    if row.delivered_at is not None:
        message.delivered_at.FromDatetime(row.delivered_at)
    return message


def watch(row: Watch) -> pb.Watch:
    """A bureau and the last day that its watch handled."""
    return pb.Watch(bureau=row.bureau, watched_through=text(row.watched_through))
