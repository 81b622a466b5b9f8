"""The command by which an institution releases what the public may know of it, or takes it back."""

from __future__ import annotations

import re

from law.errors import Fault
from plumbing.change import Change
from plumbing.identity import Role
from protos.registry.v1 import directory_pb2 as pb
from services.registry.commands.targets import refuse_any, require_version
from services.registry.directory import wire
from services.registry.directory.consenting import becomes_public, content_of, propose_listing
from services.registry.directory.tables import InstitutionListing
from services.registry.institutions.access import find

_WEBSITE = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]+)?(/\S*)?")


async def put_listing(change: Change, request: pb.PutListingRequest) -> pb.PutListingResponse:
    """Writes what an institution releases for the public, or takes it back.

    What a unit head releases, or changes of what is released, is only proposed: a second person
    shows it to the public (S1 20), who see until then what they saw.

    Raises InvalidInput for an entry without a site that is to be released, one that a unit head
    releases without the institution's consent, or a faulty web site; NotFound for an institution
    outside the caller's scope, and WrongState if the request's version is not the present one.
    """
    message = request.listing
    institution = await find(change, message.institution_id, lock=True)
    key = institution.institution_id
    row = await change.session.get(InstitutionListing, key, with_for_update=True)
    row = row or InstitutionListing(institution_id=key)
    require_version(row.version, message.version)
    refuse_any(_faults(change, message))
    by_two = becomes_public(change, row, message)
    if not (by_two and row.released):
        _write(change, row, message, institution.bureau, shown=message.released and not by_two)
    proposal = await propose_listing(change, request, row, institution) if by_two else None
    return pb.PutListingResponse(listing=wire.listing(row), proposal=proposal)


def _write(
    change: Change,
    row: InstitutionListing,
    message: pb.InstitutionListing,
    bureau: str,
    *,
    shown: bool,
) -> None:
    before = row.model_dump(mode="json") if row.version else None
    row.sqlmodel_update(content_of(message))
    row.consent = message.consent.strip() if shown else ""
    row.released_on = (row.released_on or change.today) if shown else None
    row.released = shown
    row.version += 1
    change.session.add(row)
    after = row.model_dump(mode="json")
    object_ = f"institution/{row.institution_id}"
    change.audit("put_listing", object_, before=before, after=after, bureau=bureau)


def _faults(change: Change, message: pb.InstitutionListing) -> list[Fault]:
    faults = []
    website = message.website.strip()
    if website and not _WEBSITE.fullmatch(website):
        zh, en = "应为网址，如 https://www.example.com", "must be an address such as https://…"
        faults.append(Fault("listing.website", zh, en))
    if not message.released:
        return faults
    if not message.sites.strip():
        zh, en = "公开的名录须写明至少一处地址", "a released entry names at least one site"
        faults.append(Fault("listing.sites", zh, en))
    if not message.division_code:
        zh, en = "请填写所在地的行政区划代码，如 330106", "needs the division, such as 330106"
        faults.append(Fault("listing.division_code", zh, en))
    own = change.caller.has(Role.VERIFICATION_INSTITUTION)
    if not own and not message.consent.strip():
        zh, en = "由机关代为公开的，须写明机构怎样同意", "say how the institution consented"
        faults.append(Fault("listing.consent", zh, en))
    return faults
