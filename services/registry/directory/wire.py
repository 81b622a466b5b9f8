"""Converts what institutions release to messages."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from protos.registry.v1 import directory_pb2 as pb
from services.registry.directory.tables import InstitutionListing
from services.registry.institutions.tables import Authorisation, Institution, Site
from services.registry.laboratories.tables import Laboratory

# What the public sees of a listing, if it is released.
OPEN = frozenset({"institution_id", "sites", "division_code", "contact", "phone", "website"})


def listing(row: InstitutionListing) -> pb.InstitutionListing:
    """Converts what an institution has written to a message."""
    on = row.released_on.isoformat() if row.released_on else ""
    return pb.InstitutionListing(**row.model_dump(exclude={"released_on"}), released_on=on)


def entry(
    institution: Institution,
    row: InstitutionListing,
    authorised: Collection[Authorisation],
    laboratories: Iterable[Laboratory],
    places: Iterable[Site],
) -> pb.DirectoryEntry:
    """Converts an institution to an entry of the directory, with what it may verify today.

    `laboratories` are those that it released and that are authorised today, `places` the sites that
    it released; of a site only what it may verify today is shown, and nothing if that is nothing.
    """
    today = frozenset(one.type_code for one in authorised)
    return pb.DirectoryEntry(
        name=institution.name,
        **row.model_dump(include=set(OPEN)),
        authorised=[
            pb.AuthorisedType(
                type_code=one.type_code,
                valid_until=one.valid_until.isoformat(),
                document_no=one.document_no,
            )
            for one in authorised
        ],
        laboratories=[
            pb.DirectoryLaboratory(
                name=one.name,
                site=one.site,
                document_no=one.document_no,
                valid_until=one.valid_until.isoformat(),
            )
            for one in laboratories
        ],
        places=[
            pb.DirectorySite(
                name=one.name,
                address=one.address,
                type_codes=[code for code in one.type_codes if code in today],
                at_owner=one.at_owner,
            )
            for one in places
            if today.intersection(one.type_codes or today)
        ],
    )
