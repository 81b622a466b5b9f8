"""Converts institutions and authorisations to messages."""

from __future__ import annotations

from protos.registry.v1 import institutions_pb2 as pb
from services.registry.institutions.tables import Authorisation, Institution

_DAYS = {"valid_from", "valid_until"}


def institution(row: Institution) -> pb.Institution:
    """Converts an institution to a message."""
    return pb.Institution(**row.model_dump(exclude={"told_on"}))


def authorisation(row: Authorisation) -> pb.Authorisation:
    """Converts an authorisation to a message."""
    return pb.Authorisation(
        **row.model_dump(exclude=_DAYS),
        valid_from=row.valid_from.isoformat(),
        valid_until=row.valid_until.isoformat(),
    )
