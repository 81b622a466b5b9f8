"""Rows as messages, and days as the wire writes them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from law.colours.basis import colour_on, reached_on
from protos.alerts.v1 import alerts_pb2 as pb
from services.alerts.tables import Alert, Instrument, Notice, Watch


def day(text: str) -> date | None:
    """A local day; an absent one is an empty string."""
    return date.fromisoformat(text) if text else None


def text(value: date | None) -> str:
    """A local day as the wire writes it."""
    return value.isoformat() if value else ""


def alert(row: Alert | sa.Row[Any], raised_at: datetime) -> pb.Alert:
    """An alert, with the day on which the law reached its colour, the reason and the article."""
    due_on = reached_on(row.standing, row.valid_until, row.since, row.colour)
    why = colour_on(row.standing, row.valid_until, due_on)
    said = pb.Alert(
        alert_id=str(row.alert_id),
        instrument_id=row.instrument_id,
        subject_id=row.subject_id,
        bureau=row.bureau,
        colour=row.colour.value,
        due_on=due_on.isoformat(),
        baseline=row.baseline,
        serial_no=row.serial_no,
        type_code=row.type_code,
        reason_zh=why.reason,
        cite=why.cite,
    )
    said.raised_at.FromDatetime(raised_at)
    return said


def colour(row: Instrument, on: date) -> pb.InstrumentColour:
    """An instrument and its colour on a day."""
    why = colour_on(row.standing, row.valid_until, on)
    return pb.InstrumentColour(
        instrument_id=row.instrument_id,
        subject_id=row.subject_id,
        bureau=row.bureau,
        type_code=row.type_code,
        serial_no=row.serial_no,
        colour=why.colour.value,
        reason_zh=why.reason,
        cite=why.cite,
        valid_until=text(row.valid_until),
    )


def notice(row: Notice) -> pb.Notice:
    """A notice and how its delivery stands."""
    said = pb.Notice(
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
    said.created_at.FromDatetime(row.created_at)
    if row.delivered_at is not None:
        said.delivered_at.FromDatetime(row.delivered_at)
    return said


def watch(row: Watch) -> pb.Watch:
    """How far a bureau's watch has come."""
    return pb.Watch(bureau=row.bureau, watched_through=text(row.watched_through))
