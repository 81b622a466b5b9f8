"""Stories of cases whose subject is merged or deregistered meanwhile, on the whole platform."""

from __future__ import annotations

from typing import Any

import pytest

from plumbing.client import Refusal, ask, new_request_id
from protos.grading.v1 import grading_pb2 as grading
from protos.objection.v1 import objection_pb2 as cases
from protos.registry.v1 import lives_pb2 as lives
from protos.registry.v1 import proposals_pb2 as proposals
from tests.e2e.running_platform import RunningPlatform, until

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def released(platform: RunningPlatform, proposed: Any) -> None:
    """Has the head of the unit release what the caseworker proposes."""
    proposal = (await ask(proposed)).proposal
    release = proposals.ReleaseProposalRequest(
        request_id=new_request_id(), proposal_id=proposal.proposal_id, reasons="经核实"
    )
    await ask(platform.clients["unit_head"].proposals.ReleaseProposal(release))


async def test_subject_deregistered_meanwhile(platform: RunningPlatform) -> None:
    subject_id, operator = await platform.another_subject()
    record = await platform.enter_penalty(subject_id)
    case = await platform.accepted_case(record, operator)
    deregister = lives.DeregisterSubjectRequest(
        request_id=new_request_id(), subject_id=subject_id, ground="登记机关证明（合成）",
        on=(await platform.today()).isoformat(),
    )  # fmt: skip
    await released(platform, platform.clients["caseworker"].lives.DeregisterSubject(deregister))
    await platform.grant(case)
    closed = await platform.closed(case.case_id)
    assert (closed.case.outcome, len(closed.letters)) == ("delete", 1)
    assert (await platform.record(record.record_id)).status == "withdrawn"
    own = await ask(operator.objection.GetCase(cases.GetCaseRequest(case_id=case.case_id)))
    assert own.letters == closed.letters


async def test_subject_merged_meanwhile(platform: RunningPlatform) -> None:
    kept_id, operator = await platform.another_subject()
    joined_id, of_joined = await platform.another_subject()
    record = await platform.enter_penalty(joined_id)
    case = await platform.accepted_case(record, of_joined)
    join = lives.JoinSubjectsRequest(
        request_id=new_request_id(), kept_id=kept_id, joined_id=joined_id, ground="同一家（合成）"
    )
    await released(platform, platform.clients["caseworker"].lives.JoinSubjects(join))

    async def followed() -> bool | None:
        return (await platform.case(case.case_id)).case.subject_id == kept_id or None

    async def lowered() -> bool | None:
        return await grade_of(platform, kept_id) == "E" or None

    await until(followed)
    await until(lowered)  # the penalty counts for the one that stays
    await platform.grant(case)
    closed = await platform.closed(case.case_id)
    assert (closed.case.subject_id, closed.case.term.started_on) == (kept_id, case.term.started_on)
    assert (closed.case.grade_before, closed.case.grade_after) == (
        "E",
        await grade_of(platform, kept_id),
    )
    own = await ask(operator.objection.GetCase(cases.GetCaseRequest(case_id=case.case_id)))
    assert own.letters == closed.letters

    async def ended() -> bool | None:
        with pytest.raises(Refusal) as former:
            await ask(of_joined.objection.GetCase(cases.GetCaseRequest(case_id=case.case_id)))
        return former.value.reason == "UNAUTHENTICATED" or None

    await until(ended)  # who spoke for the one that went signs in anew


async def grade_of(platform: RunningPlatform, subject_id: str) -> str:
    request = grading.GetGradeRequest(subject_id=subject_id)
    answer = await ask(platform.clients["caseworker"].grading.GetGrade(request))
    return str(answer.grade.grade)
