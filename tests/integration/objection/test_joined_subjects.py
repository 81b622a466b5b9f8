"""The cases of a subject follow it when it is joined, split or deregistered meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from plumbing.client import Refusal, ask, new_request_id
from protos.objection.v1 import objection_pb2 as pb
from protos.objection.v1 import sharings_pb2 as sharings
from protos.registry.v1 import lives_pb2 as lives
from protos.registry.v1 import lives_pb2_grpc, registry_pb2_grpc, sameness_pb2_grpc
from protos.registry.v1 import proposals_pb2 as proposals
from protos.registry.v1 import registry_pb2 as registry
from protos.registry.v1 import sameness_pb2 as sameness
from tests.integration.objection.processes import (
    BUREAU,
    PASSWORD,
    ROLES,
    Cast,
    Person,
    engaged,
    refused,
)
from tests.integration.objection.test_sharings import shared
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
    # One penalty on file with both: that of the twin was shared.
    stays, goes = [
        await cast.penalty(one, source_ref="杭罚〔2026〕9001号") for one in (kept, joined)
    ]
    await shared(cast, goes)
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
    proposal = (await ask(desk.JoinLikeness(join))).proposal
    assert await repeated(operator, lodge) == case.case_id
    await released(cast, proposal.proposal_id)
    request = pb.GetCaseRequest(case_id=case.case_id)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (await ask(cast.caseworker.objection.GetCase(request))).case.subject_id != kept:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    listed = sharings.ListSharingsRequest(record_id=stays.record_id)
    [followed] = (await ask(cast.caseworker.sharings.ListSharings(listed))).sharings
    assert (followed.subject_id, list(followed.record_ids)) == (kept, [stays.record_id])
    # Who has not signed in since is told to, once word of the move has come to the service.
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await repeated(operator, lodge) != "UNAUTHENTICATED":  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    # Whoever speaks for the twin speaks for the one that stays, from the next sign-in on.
    again = await cast.processes.log_in("twin", PASSWORD)
    own = await ask(again.objection.GetCase(request))
    assert own.case.case_id == case.case_id


async def repeated(operator: Person, lodge: pb.LodgeObjectionRequest) -> str:
    """The id of the case that a request made, or the reason for which it is refused now."""
    try:
        return (await ask(operator.objection.LodgeObjection(lodge))).case.case_id
    except Refusal as refusal:
        return refusal.reason


async def fresh(cast: Cast, name: str) -> tuple[registry.Subject, Person]:
    """A subject of its own, and its operator."""
    content = registry.Subject(
        kind="individual_business", name=f"测试摊位{name}", bureau=BUREAU, sector="market"
    )
    request = registry.PutSubjectRequest(request_id=new_request_id(), subject=content)
    subject = (await ask(cast.caseworker.registry.PutSubject(request))).subject
    roles = [ROLES.ROLE_OPERATOR]
    of_subject = (cast.processes, cast.administrator, name, roles, "")
    return subject, await engaged(*of_subject, subject.subject_id)


async def lodged(
    operator: Person, subject_id: str, record: registry.Record, *against: str
) -> pb.Case:
    request = pb.LodgeObjectionRequest(
        request_id=new_request_id(),
        subject_id=subject_id,
        record_ids=[record.record_id],
        against=against,
        grounds="记录有误",
    )
    return (await ask(operator.objection.LodgeObjection(request))).case


def withdrawing(case: pb.Case) -> pb.WithdrawObjectionRequest:
    return pb.WithdrawObjectionRequest(request_id=new_request_id(), case_id=case.case_id)


async def seen(cast: Cast, case: pb.Case, holds: Callable[[pb.Case], bool]) -> None:
    """Waits until something holds of a case as its caseworker sees it."""
    request = pb.GetCaseRequest(case_id=case.case_id)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not holds((await ask(cast.caseworker.objection.GetCase(request))).case):  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def owner_becomes(cast: Cast, case: pb.Case, subject_id: str) -> None:
    """Waits until a case is of a subject."""
    await seen(cast, case, lambda now: now.subject_id == subject_id)


async def contested(cast: Cast, record_id: str, *, whether: bool) -> None:
    """Waits until a record is marked as contested, or no longer is."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (await cast.record(record_id)).contested is not whether:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


def lives_of(cast: Cast) -> lives_pb2_grpc.SubjectLifeServiceStub:
    return lives_pb2_grpc.SubjectLifeServiceStub(cast.caseworker.channels["registry"])


async def test_the_case_of_a_subject_deregistered_meanwhile_goes_on_to_its_end(cast: Cast) -> None:
    subject, operator = await fresh(cast, "gone")
    record = await cast.penalty(subject.subject_id)
    case = await lodged(operator, subject.subject_id, record)
    request = lives.DeregisterSubjectRequest(
        request_id=new_request_id(),
        subject_id=subject.subject_id,
        on="2026-09-14",
        ground="登记机关证明（合成）",
    )
    proposal = (await ask(lives_of(cast).DeregisterSubject(request))).proposal
    await released(cast, proposal.proposal_id)
    case = await cast.accept(case)
    await cast.decide(case, "delete")
    await seen(cast, case, lambda now: now.state == "closed")
    own = await ask(operator.objection.GetCase(pb.GetCaseRequest(case_id=case.case_id)))
    assert own.case.state == "closed"
    assert (await cast.record(record.record_id)).status == "withdrawn"


async def test_a_case_goes_with_the_part_that_has_its_records_and_comes_back_with_a_parting(
    cast: Cast,
) -> None:
    desk = lives_of(cast)
    subject, operator = await fresh(cast, "whole")
    goes, stays, goes_too = [await cast.penalty(subject.subject_id) for _ in range(3)]
    of_part, of_whole = [
        await lodged(operator, subject.subject_id, record) for record in (goes, stays)
    ]
    entry = f"subject/{subject.subject_id}"
    of_both = await lodged(operator, subject.subject_id, goes_too, entry)
    part = registry.Subject(
        kind="individual_business", name="测试分摊", bureau=BUREAU, sector="market"
    )
    split = lives.SplitSubjectRequest(
        request_id=new_request_id(),
        subject_id=subject.subject_id,
        part=part,
        record_ids=[goes.record_id, goes_too.record_id],
        ground="另领执照（合成）",
    )
    await released(cast, (await ask(desk.SplitSubject(split))).proposal.proposal_id)
    acts = lives.ListSubjectActsRequest(subject_id=subject.subject_id)
    [act] = (await ask(desk.ListSubjectActs(acts))).acts
    await owner_becomes(cast, of_part, act.other_id)
    for case in (of_whole, of_both):  # one about an entry stays with the firm of the entry
        await owner_becomes(cast, case, subject.subject_id)
    await ask(operator.objection.WithdrawObjection(withdrawing(of_both)))
    # The part is joined again, and parted: an open case about its records keeps them together.
    join = lives.JoinSubjectsRequest(
        request_id=new_request_id(),
        kept_id=subject.subject_id,
        joined_id=act.other_id,
        ground="仍为一家（合成）",
    )
    await released(cast, (await ask(desk.JoinSubjects(join))).proposal.proposal_id)
    await owner_becomes(cast, of_part, subject.subject_id)
    [joined, _] = (await ask(desk.ListSubjectActs(acts))).acts
    undo = lives.PartSubjectsRequest(
        request_id=new_request_id(), act_id=joined.act_id, ground="确为两家（合成）"
    )
    await contested(cast, goes.record_id, whether=True)
    refusal = await refused(desk.PartSubjects(undo))
    assert of_part.case_id in refusal.message_zh
    await ask(operator.objection.WithdrawObjection(withdrawing(of_part)))
    await contested(cast, goes.record_id, whether=False)
    undo.request_id = new_request_id()
    await released(cast, (await ask(desk.PartSubjects(undo))).proposal.proposal_id)
    await owner_becomes(cast, of_part, act.other_id)
    await owner_becomes(cast, of_whole, subject.subject_id)
