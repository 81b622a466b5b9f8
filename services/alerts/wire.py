"""Converts rows to protobuf messages, and days to text and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from law.colours.basis import Basis, colour_on, reached_on
from law.colours.rule import Colour
from protos.alerts.v1 import alerts_pb2 as pb
from protos.alerts.v1 import events_pb2
from services.alerts.certificates import NO_CERTIFICATE, Certificate
from services.alerts.notice_kinds import OUTSIDE
from services.alerts.tables import Alert, Instrument, Notice, Watch

# The columns of an alert that follow-ups name, in the order in which `alerts_raised` takes them.
RAISED_COLUMNS = (
    *("alert_id", "instrument_id", "subject_id", "type_code", "serial_no"),
    *("colour", "standing", "valid_until", "since", "bureau", "baseline"),
)
_BUREAU = RAISED_COLUMNS.index("bureau")


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
    message = _for_a_reason(raised_at, row.colour, row.standing, row.valid_until, row.since)
    message.alert_id = str(row.alert_id)
    message.instrument_id = row.instrument_id
    message.subject_id = row.subject_id
    message.bureau = row.bureau
    message.baseline = row.baseline
    message.serial_no = row.serial_no
    message.type_code = row.type_code
    return message


def stored_alert(row: Alert, certificates: Mapping[int | None, Certificate]) -> pb.Alert:
    """Returns the protobuf message of a stored alert, with the certificate it follows from."""
    message = alert(row, row.raised_at)
    certificate = certificates.get(row.alert_id, NO_CERTIFICATE)
    message.certificate_no, message.institution = certificate.number, certificate.institution
    return message


def alerts_raised(
    rows: Sequence[Sequence[Any]], bureau: str, raised_at: datetime
) -> events_pb2.AlertsRaised:
    """Returns the event that these alerts of a bureau were raised, all at `raised_at`.

    Each row has RAISED_COLUMNS; none is of a baseline. Each message equals that of `alert`. On one
    day thousands of alerts reach a colour for the same reason, so what they have in common is
    worked out once and copied.
    """
    event, common = events_pb2.AlertsRaised(), dict[tuple[Any, ...], pb.Alert]()
    for row in rows:
        alert_id, instrument_id, subject_id, type_code, serial_no, *reason = row[:_BUREAU]
        message = common.get(key := tuple(reason))
        if message is None:
            message = common[key] = _for_a_reason(raised_at, *key)
            message.bureau = bureau
        message.alert_id = str(alert_id)
        message.instrument_id = instrument_id
        message.subject_id = subject_id
        message.serial_no = serial_no
        message.type_code = type_code
        event.alerts.append(message)  # a copy
    return event


def _for_a_reason(
    at: datetime, colour: Colour, standing: Basis, valid_until: date | None, since: date | None
) -> pb.Alert:
    """What an alert has in common with all alerts of its colour and basis that are raised `at`."""
    due_on = reached_on(standing, valid_until, since, colour)
    answer = colour_on(standing, valid_until, due_on)
    message = pb.Alert(
        colour=colour.value, due_on=due_on.isoformat(), reason_zh=answer.reason, cite=answer.cite
    )
    message.raised_at.FromDatetime(at)
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
        owner_no=row.owner_no,
        non_compulsory=row.non_compulsory,
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
        language=row.language.value,
        # Earlier releases kept no name of those outside.
        recipient=row.recipient or (row.address if row.key.startswith(OUTSIDE) else ""),
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
