"""A second person confirms that a bureau shows an institution to the public: S1 20, D-16."""

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


def becomes_public(change: Change, row: InstitutionListing, message: pb.InstitutionListing) -> bool:
    """Returns whether somebody else than the institution shows it to the public."""
    own = change.caller.has(Role.VERIFICATION_INSTITUTION)
    return message.released and not row.released and not own


async def propose_listing(
    change: Change,
    request: pb.PutListingRequest,
    row: InstitutionListing,
    institution: Institution,
) -> proposals.Proposal:
    """Proposes that a saved entry is shown, with how the institution consented.

    Raises WrongState if that waits already.
    """
    consent = request.listing.consent.strip()
    content = {name: value for name in SHOWN if (value := getattr(row, name))}
    what = Proposed(
        act=Act.SHOW_INSTITUTION,
        object=f"institution/{institution.institution_id}",
        version=row.version,
        bureau=institution.bureau,
        ground=consent,
        before={},
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
    row.consent = request.listing.consent.strip()
    row.released, row.released_on = True, change.today
    row.version += 1
    change.session.add(row)
    change.audit(
        *("put_listing", f"institution/{key}"),
        before=before,
        after=row.model_dump(mode="json"),
        ground=row.consent,
        bureau=institution.bureau,
    )
