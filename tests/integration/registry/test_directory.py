"""The service directory: what an institution releases and what anybody finds."""

from __future__ import annotations

from typing import Any

from plumbing.client import new_request_id
from plumbing.identity import Role
from protos.registry.v1 import directory_pb2 as pb
from protos.registry.v1 import institutions_pb2 as institutions
from protos.registry.v1 import proposals_pb2 as proposals
from tests.integration.registry.running_registry import FOREIGN, Client, RunningRegistry, refused

ENTRY = {
    "sites": "样例市样例路18号\n样例市港口路2号",
    "division_code": "330106",
    "contact": "业务受理室",
    "phone": "0571-00000000",
    "website": "https://www.example.com/jl",
}


async def put(client: Client, name: str, **values: Any) -> pb.InstitutionListing:
    """Writes the entry of an institution, by default released."""
    given: dict[str, Any] = {"institution_id": name, "released": True}
    listing = pb.InstitutionListing(**(given | ENTRY | values))
    request = pb.PutListingRequest(request_id=new_request_id(), listing=listing)
    return (await client.directory.PutListing(request)).listing


async def proposed(client: Client, name: str, **values: Any) -> proposals.Proposal:
    """Writes the entry of an institution in its place; returns what waits for a second person."""
    given: dict[str, Any] = {"institution_id": name, "released": True}
    listing = pb.InstitutionListing(**(given | ENTRY | values))
    request = pb.PutListingRequest(request_id=new_request_id(), listing=listing)
    return (await client.directory.PutListing(request)).proposal


async def found(registry: RunningRegistry, **asked: str) -> dict[str, pb.DirectoryEntry]:
    """What anybody finds in the directory, by name."""
    request = pb.ListDirectoryRequest(page_size=1000, **asked)
    answer = await registry.client(Role.PUBLIC).directory.ListDirectory(request)
    return {one.name: one for one in answer.institutions}


async def test_an_institution_is_found_once_it_released_its_entry(
    registry: RunningRegistry,
) -> None:
    name = "合成名录所甲"
    own = await registry.speaker(name, "FUEL", "TAXI")
    assert name not in await found(registry)
    draft = await put(own, name, released=False, sites="")
    assert (draft.version, draft.released_on) == (1, "")
    assert name not in await found(registry)
    released = await put(own, name, version=1)
    assert released.released_on
    entry = (await found(registry, name_contains="名录所甲"))[name]
    assert {one.type_code for one in entry.authorised} == {"FUEL", "TAXI"}
    assert (entry.sites, entry.phone) == (ENTRY["sites"], ENTRY["phone"])
    assert name in await found(registry, type_code="燃油加油机", division_code="33")
    assert name not in await found(registry, type_code="FUEL", division_code="3302")
    assert name not in await found(registry, type_code="CNG")
    await put(own, name, version=2, released=False)
    assert name not in await found(registry)


async def test_only_what_is_authorised_today_is_shown(registry: RunningRegistry) -> None:
    name = "合成名录所乙"
    own = await registry.speaker(name, "FUEL")
    await put(own, name)
    head = registry.client(Role.UNIT_HEAD, name="unit-head")
    past = institutions.Authorisation(
        institution_id=name,
        type_code="TAXI",
        valid_from="2020-01-01",
        valid_until="2020-12-31",
        document_no="（合成）法计字第002号",
    )
    request = institutions.PutAuthorisationRequest(request_id=new_request_id(), authorisation=past)
    await head.institutions.PutAuthorisation(request)
    [one] = (await found(registry))[name].authorised
    assert (one.type_code, one.valid_until) == ("FUEL", "2029-12-31")
    assert name not in await found(registry, type_code="TAXI")


async def test_what_is_shown_changes_by_the_institution_or_by_two(
    registry: RunningRegistry,
) -> None:
    name, consent = "合成名录所戊", "（合成）2026年9月1日书面同意"
    own = await registry.speaker(name, "FUEL")
    await put(own, name)
    head = registry.client(Role.UNIT_HEAD, name="listing-head")

    async def shown() -> str:
        return (await found(registry))[name].phone

    waits = await proposed(head, name, version=1, phone="0571-11111111", consent=consent)
    assert {one.field for one in waits.changes} == {"phone", "consent"}
    assert (await shown(), (await read(own, name)).version) == (ENTRY["phone"], 1)
    with refused("NOT_PERMITTED"):  # nobody releases what they proposed
        await release(head, waits)
    await registry.release(waits)
    assert await shown() == "0571-11111111"
    corrected = await put(own, name, version=2, phone="0571-22222222")
    assert (corrected.version, await shown()) == (3, "0571-22222222")
    overtaken = await proposed(head, name, version=3, phone="0571-11111111", consent=consent)
    await put(own, name, version=3, released=False)
    with refused("WRONG_STATE"):
        await registry.release(overtaken)
    assert name not in await found(registry)


async def read(client: Client, name: str) -> pb.InstitutionListing:
    request = pb.GetListingRequest(institution_id=name)
    return (await client.directory.GetListing(request)).listing


async def release(client: Client, proposal: proposals.Proposal) -> None:
    request = proposals.ReleaseProposalRequest(
        request_id=new_request_id(), proposal_id=proposal.proposal_id, reasons="经核实"
    )
    await client.proposals.ReleaseProposal(request)


async def test_a_bureau_releases_with_consent_only(registry: RunningRegistry) -> None:
    name = "合成名录所丙"
    await registry.bureau()
    await registry.institution(name)
    head = registry.client(Role.UNIT_HEAD, name="unit-head")
    with refused("INVALID_INPUT", "listing.consent"):
        await put(head, name)
    with refused("INVALID_INPUT", "listing.sites", "listing.division_code", "listing.website"):
        await put(head, name, sites=" ", division_code="", website="主页", consent="书面同意")
    waits = await proposed(head, name, consent="（合成）2026年9月1日书面同意")
    assert waits.act == "show_institution"
    assert name not in await found(registry)
    with refused("NOT_PERMITTED"):  # nobody releases what they proposed
        await registry.release(waits)
    with refused("WRONG_STATE"):  # it waits already
        await put(head, name, version=1, consent="同意")
    second = registry.client(Role.UNIT_HEAD, name="second-head")
    await release(second, waits)
    assert name in await found(registry)
    shown = await put(head, name, consent="（合成）2026年9月1日书面同意", version=2)
    assert shown.released  # nothing that is public changes
    stranger = registry.client(Role.UNIT_HEAD, bureau=FOREIGN)
    with refused("NOT_FOUND"):
        await put(stranger, name, consent="同意", version=3)
    with refused("WRONG_STATE"):
        await put(head, name, consent="同意")
    other = await registry.speaker("合成名录所丁")
    with refused("NOT_FOUND"):
        await put(other, name, version=1)
    with refused("NOT_PERMITTED"):
        await put(registry.client(Role.OPERATOR, subject_id="x"), name)
