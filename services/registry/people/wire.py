"""Converts qualifications to messages, and tells their state on a day."""

from __future__ import annotations

from datetime import date

from protos.registry.v1 import people_pb2 as pb
from services.registry.people.tables import Qualification

IN_FORCE, TO_COME, EXPIRED, ENDED = "in_force", "to_come", "expired", "ended"
_DAYS = {"valid_from", "valid_until"}


def qualification(row: Qualification, today: date) -> pb.Qualification:
    """Converts a qualification to a message, with its state on a day."""
    until = row.valid_until.isoformat() if row.valid_until else ""
    return pb.Qualification(
        **row.model_dump(exclude={*_DAYS, "number_key"}),
        valid_from=row.valid_from.isoformat(),
        valid_until=until,
        state=_state(row, today),
    )


def calibrator(row: Qualification) -> pb.Calibrator:
    """Converts a calibration institution to what anybody may see of it."""
    until = row.valid_until.isoformat() if row.valid_until else ""
    return pb.Calibrator(name=row.name, number=row.number, scope=row.scope, valid_until=until)


def expert(row: Qualification) -> pb.Expert:
    """Converts an expert to what whoever is signed in may see of them."""
    until = row.valid_until.isoformat() if row.valid_until else ""
    return pb.Expert(
        name=row.name,
        scope=row.scope,
        institution=row.institution,
        contact=row.contact,
        valid_until=until,
    )


def _state(row: Qualification, today: date) -> str:
    if row.ended_ground:
        return ENDED
    if row.valid_until and row.valid_until < today:
        return EXPIRED
    return TO_COME if row.valid_from > today else IN_FORCE
