"""Converts laboratories, their records and marks to messages."""

from __future__ import annotations

from datetime import date

from protos.registry.v1 import laboratories_pb2 as pb
from services.registry.laboratories.hours import decimal, text_of
from services.registry.laboratories.tables import EnvironmentMark, EnvironmentRecord, Laboratory

_DAYS = {"valid_from", "valid_until"}
VALUES = (
    *("least_temperature", "most_temperature", "least_humidity", "most_humidity"),
    *("lowest_temperature", "highest_temperature", "lowest_humidity", "highest_humidity"),
)


def laboratory(row: Laboratory, institution: str, today: date) -> pb.Laboratory:
    """Converts a laboratory to a message, with the name of its institution."""
    return pb.Laboratory(
        **row.model_dump(exclude=_DAYS),
        valid_from=row.valid_from.isoformat(),
        valid_until=row.valid_until.isoformat(),
        institution=institution,
        authorised=row.valid_from <= today <= row.valid_until,
    )


def record(row: EnvironmentRecord) -> pb.EnvironmentRecord:
    """Converts a record to a message."""
    return pb.EnvironmentRecord(
        sensor=row.sensor,
        hour=text_of(row.hour),
        temperature=decimal(row.temperature),
        humidity=decimal(row.humidity),
    )


def mark(row: EnvironmentMark) -> pb.EnvironmentMark:
    """Converts a mark to a message."""
    message = pb.EnvironmentMark(**row.model_dump(exclude={*VALUES, "marked_at", "noted_at"}))
    for name in VALUES:
        setattr(message, name, decimal(getattr(row, name)))
    message.marked_at.FromDatetime(row.marked_at)
    if row.noted_at:
        message.noted_at.FromDatetime(row.noted_at)
    return message
