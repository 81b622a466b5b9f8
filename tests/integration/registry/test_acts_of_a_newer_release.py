"""What a newer release beside this one proposes is left to that release, and nothing fails."""

from __future__ import annotations

from plumbing.identity import Role
from protos.registry.v1 import proposals_pb2 as pb
from services.registry.tables import Proposal
from tests.integration.registry.running_registry import RunningRegistry, refused
from tests.integration.registry.test_people import entries, shown


async def test_a_proposal_of_an_act_that_only_a_newer_release_knows_is_left_out(
    registry: RunningRegistry,
) -> None:
    await registry.bureau()
    caseworker = registry.client(Role.CASEWORKER)
    of = {"number": "校-新", "name": "合成校准所新", "consent": "书面同意"}
    waits = await shown(caseworker, **of)
    async with registry.database.transaction() as session:
        row = await session.get_one(Proposal, waits.proposal_id)
        row.act = "of_a_newer_release"
    head = registry.client(Role.UNIT_HEAD, name="unit-head")
    for client in (caseworker, head):
        listed = await client.proposals.ListProposals(pb.ListProposalsRequest(page_size=1000))
        assert waits.proposal_id not in [one.proposal_id for one in listed.proposals]
        with refused("NOT_FOUND"):
            await client.proposals.GetProposal(pb.GetProposalRequest(proposal_id=waits.proposal_id))
    [filed] = await entries(caseworker, "校-新")
    present = {"qualification_id": filed.qualification_id, "version": filed.version}
    with refused("WRONG_STATE"):  # it waits all the same
        await shown(caseworker, **of, **present)
