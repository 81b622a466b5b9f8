"""A second person confirms what a bureau shows the public of an institution: S1 20, D-16."""

from __future__ import annotations

from law.separation import Act
from plumbing.change import Change
from plumbing.identity import Role
from protos.registry.v1 import directory_pb2 as pb
from protos.registry.v1 import proposals_pb2 as proposals
from services.registry.commands.targets import require_version
from services.registry.directory.tables import InstitutionListing
from services.registry.institutions.access import find
from services.registry.institutions.tables import Institution
from services.registry.proposals.propose import Proposed, object_id, propose
from services.registry.tables import Proposal

SHOWN = ("sites", "division_code", "contact", "phone", "website")


def content_of(message: pb.InstitutionListing) -> dict[str, str]:
    """Returns what a message lets the public know."""
    return {name: getattr(message, name).strip() for name in SHOWN}


def becomes_public(change: Change, row: InstitutionListing, message: pb.InstitutionListing) -> bool:
    """Returns whether the public would see by another word than the institution's what it did not.

    That is the whole entry, or a new value of one that is shown.
    """
    if not message.released or change.caller.has(Role.VERIFICATION_INSTITUTION):
        return False
    return not row.released or row.model_dump(include=set(SHOWN)) != content_of(message)


async def propose_listing(
    change: Change,
    request: pb.PutListingRequest,
    row: InstitutionListing,
    institution: Institution,
) -> proposals.Proposal:
    """Proposes that an entry is shown, or shown otherwise, with how the institution consented.

    Raises WrongState if that waits already.
    """
    consent = request.listing.consent.strip()
    shown = row.model_dump(include={*SHOWN, "consent"}) if row.released else {}
    content = content_of(request.listing)
    if not shown:
        content = {name: value for name, value in content.items() if value}
    what = Proposed(
        act=Act.SHOW_INSTITUTION,
        object=f"institution/{institution.institution_id}",
        version=row.version,
        bureau=institution.bureau,
        ground=consent,
        before={"name": institution.name, **shown} if shown else {},
        after={"name": institution.name, **content, "consent": consent},
    )
    return await propose(change, request, what)


async def release_listing(
    change: Change, request: pb.PutListingRequest, proposal: Proposal
) -> None:
    """Shows the entry that a second person releases.

    Raises WrongState if the entry has changed since.
    """
    institution = await find(change, object_id(proposal), lock=True)
    key = institution.institution_id
    row = await change.session.get_one(InstitutionListing, key, with_for_update=True)
    require_version(row.version, proposal.base_version)
    before = row.model_dump(mode="json")
    row.sqlmodel_update(content_of(request.listing))
    row.consent = request.listing.consent.strip()
    row.released, row.released_on = True, row.released_on or change.today
    row.version += 1
    change.session.add(row)
    change.audit(
        *("put_listing", f"institution/{key}"),
        before=before,
        after=row.model_dump(mode="json"),
        ground=row.consent,
        bureau=institution.bureau,
    )
