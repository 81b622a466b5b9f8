"""The cases of a subject follow it when the register joins it to another one."""

from __future__ import annotations

import asyncio

import pytest

from plumbing.client import ask, new_request_id
from protos.objection.v1 import objection_pb2 as pb
from protos.registry.v1 import proposals_pb2 as proposals
from protos.registry.v1 import registry_pb2 as registry
from protos.registry.v1 import registry_pb2_grpc, sameness_pb2_grpc
from protos.registry.v1 import sameness_pb2 as sameness
from tests.integration.objection.processes import BUREAU, PASSWORD, ROLES, Cast, engaged
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.asyncio(loop_scope="module")
ROW = "individual_business,同名摊位,market,样例路{n}号\n"
CONTENT = "kind,name,sector,address\n" + ROW.format(n=1) + ROW.format(n=2)


async def taken_in(imports: registry_pb2_grpc.ImportServiceStub) -> str:
    """The batch of two stalls of one name at two addresses."""
    header = registry.ImportHeader(
        request_id=new_request_id(),
        family="subjects",
        file_name="同名.csv",
        bureau=BUREAU,
        mode="all_or_nothing",
    )
    parts = [
        registry.ImportFileRequest(header=header),
        registry.ImportFileRequest(content=CONTENT.encode()),
    ]
    return (await ask(imports.ImportFile(iter(parts)))).batch.batch_id


async def released(cast: Cast, proposal_id: str) -> None:
    request = proposals.ReleaseProposalRequest(
        request_id=new_request_id(), proposal_id=proposal_id, reasons="经核实"
    )
    await ask(cast.unit_head.proposals.ReleaseProposal(request))


async def test_cases_follow_a_joined_subject(cast: Cast) -> None:
    channel = cast.caseworker.channels["registry"]
    desk = sameness_pb2_grpc.SamenessServiceStub(channel)
    batch_id = await taken_in(registry_pb2_grpc.ImportServiceStub(channel))
    found = await ask(desk.ListLikenesses(sameness.ListLikenessesRequest(batch_id=batch_id)))
    [one] = found.likenesses
    shown = await ask(desk.GetLikeness(sameness.GetLikenessRequest(likeness_id=one.likeness_id)))
    kept, joined = (side.subject.subject_id for side in shown.sides)
    penalty = await cast.penalty(joined)
    operator = await engaged(
        *(cast.processes, cast.administrator, "twin", [ROLES.ROLE_OPERATOR], ""), joined
    )
    lodge = pb.LodgeObjectionRequest(
        request_id=new_request_id(),
        subject_id=joined,
        record_ids=[penalty.record_id],
        grounds="记录有误",
    )
    case = (await ask(operator.objection.LodgeObjection(lodge))).case
    join = sameness.JoinLikenessRequest(
        request_id=new_request_id(),
        likeness_id=one.likeness_id,
        kept_id=kept,
        joined_ids=[joined],
        ground="同一摊位（合成）",
        seen=shown.seen,
    )
    await released(cast, (await ask(desk.JoinLikeness(join))).proposal.proposal_id)
    request = pb.GetCaseRequest(case_id=case.case_id)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (await ask(cast.caseworker.objection.GetCase(request))).case.subject_id != kept:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    # Whoever speaks for the twin speaks for the one that stays, from the next sign-in on.
    again = await cast.processes.log_in("twin", PASSWORD)
    own = await ask(again.objection.GetCase(request))
    assert own.case.case_id == case.case_id
