"""Converts institutions, their authorisations, sites and capacities to messages."""

from __future__ import annotations

from protos.registry.v1 import institutions_pb2 as pb
from services.registry.institutions.tables import Authorisation, Capacity, Institution, Site

_DAYS = {"valid_from", "valid_until"}


def institution(row: Institution) -> pb.Institution:
    """Converts an institution to a message."""
    return pb.Institution(**row.model_dump(exclude={"told_on", "since"}))


def authorisation(row: Authorisation) -> pb.Authorisation:
    """Converts an authorisation to a message."""
    return pb.Authorisation(
        **row.model_dump(exclude=_DAYS),
        valid_from=row.valid_from.isoformat(),
        valid_until=row.valid_until.isoformat(),
    )


def site(row: Site) -> pb.Site:
    """Converts a site to a message."""
    return pb.Site(**row.model_dump())


def capacity(row: Capacity) -> pb.Capacity:
    """Converts a capacity to a message."""
    return pb.Capacity(**row.model_dump(exclude={"from_on"}), from_on=row.from_on.isoformat())
