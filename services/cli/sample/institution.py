"""Puts the institutions of the sample register on file: what each may verify, where, how much.

The institution of the cast is authorised for all types of the sample. The second one, which shares
its scales, has no account; it states no capacity, so nobody is told when it would be ready.
"""

from __future__ import annotations

from plumbing.client import new_request_id
from protos.registry.v1 import directory_pb2 as directory
from protos.registry.v1 import institutions_pb2 as pb
from protos.registry.v1 import proposals_pb2 as proposals
from services.cli.client import Client
from services.cli.sample.instruments import INSTITUTION, SCALES, SECOND_INSTITUTION, TYPES

DOCUMENT = "（样例）法计字第001号"
_SECOND_DOCUMENT = "（样例）法计字第002号"
FROM, UNTIL = "2020-01-01", "2039-12-31"  # the sandbox's clock may move by years
_CONSENT = "样例：书面同意公开"
# What the institution of the cast says that it completes a day; nothing of the other types.
_CAPACITIES = ((SCALES, 30), (("BP-A", "ECG", "MULTI-MON", "THERM-E"), 20))  # example: true
_SITES = (
    pb.Site(name="样例路检定站", address="样例路 8 号", type_codes=SCALES, released=True),
    pb.Site(name="流动检定车", at_owner=True, released=True),
)


async def authorise(head: Client, bureau: str) -> None:
    """Registers the institution of the cast and its authorisations as a unit head."""
    every = sorted({code for codes in TYPES.values() for code in codes})
    await _register(head, pb.Institution(name=INSTITUTION, bureau=bureau), every, DOCUMENT)


async def authorise_second(head: Client, other_head: Client, bureau: str) -> None:
    """Registers the second institution, and shows it in the directory with the other head."""
    second = pb.Institution(name=SECOND_INSTITUTION, bureau=bureau)
    await _register(head, second, SCALES, _SECOND_DOCUMENT)
    listing = _listing(SECOND_INSTITUTION, "样例大道 20 号", bureau)
    listing.consent = _CONSENT
    request = directory.PutListingRequest(request_id=new_request_id(), listing=listing)
    proposal = (await head.directory.PutListing(request)).proposal
    release = proposals.ReleaseProposalRequest(
        request_id=new_request_id(), proposal_id=proposal.proposal_id, reasons="同意书已核对"
    )
    await other_head.proposals.ReleaseProposal(release)


async def state_own(institution: Client, bureau: str) -> None:
    """States, as the institution of the cast, where it verifies and how much, for the public."""
    for site in _SITES:
        own = pb.Site(institution_id=INSTITUTION)
        own.MergeFrom(site)
        put = pb.PutSiteRequest(request_id=new_request_id(), site=own)
        await institution.institutions.PutSite(put)
    for types, per_day in _CAPACITIES:
        capacity = pb.Capacity(
            institution_id=INSTITUTION, type_codes=types, per_day=per_day, from_on=FROM
        )
        await institution.institutions.PutCapacity(
            pb.PutCapacityRequest(request_id=new_request_id(), capacity=capacity)
        )
    listing = _listing(INSTITUTION, "样例路 8 号", bureau)
    await institution.directory.PutListing(
        directory.PutListingRequest(request_id=new_request_id(), listing=listing)
    )


def _listing(name: str, address: str, division: str) -> directory.InstitutionListing:
    return directory.InstitutionListing(
        institution_id=name,
        sites=address,
        division_code=division,
        contact="样例业务受理室",
        phone="000-00000000",
        website="https://institution.example",
        released=True,
    )


async def _register(
    head: Client, institution: pb.Institution, types: tuple[str, ...] | list[str], document_no: str
) -> None:
    request = pb.PutInstitutionRequest(request_id=new_request_id(), institution=institution)
    filed = (await head.institutions.PutInstitution(request)).institution
    for type_code in types:
        authorisation = pb.Authorisation(
            institution_id=filed.institution_id,
            type_code=type_code,
            valid_from=FROM,
            valid_until=UNTIL,
            document_no=document_no,
        )
        await head.institutions.PutAuthorisation(
            pb.PutAuthorisationRequest(request_id=new_request_id(), authorisation=authorisation)
        )
