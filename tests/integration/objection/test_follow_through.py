"""What follows from a decision, on real processes: refused, tried again, not undone by hand."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from plumbing.client import ask, new_request_id
from protos.identity.v1 import identity_pb2
from protos.objection.v1 import desk_pb2 as desk
from protos.objection.v1 import objection_pb2 as pb
from tests.integration.objection.processes import BUREAU, ROLES, Cast, Person, engaged, refused
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def stuck_of(person: Person, case: pb.Case) -> list[desk.StuckStep]:
    request = desk.ListStuckCasesRequest(case_id=case.case_id)
    answer = await ask(person.desk.ListStuckCases(request))
    return [step for one in answer.cases for step in one.steps]


async def until_stuck(cast: Cast, case: pb.Case) -> list[desk.StuckStep]:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not (found := await stuck_of(cast.caseworker, case)):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return found


def retrying(case: pb.Case) -> desk.RetryCaseRequest:
    return desk.RetryCaseRequest(request_id=new_request_id(), case_id=case.case_id)


async def decided_without_its_role(cast: Cast, name: str) -> tuple[pb.Case, Person]:
    """A case whose decider has lost the role to decide before anything was carried out."""
    processes, office = cast.processes, (cast.administrator, name, [ROLES.ROLE_CASEWORKER], BUREAU)
    leaver = await engaged(processes, *office)
    case = await cast.accept(await cast.lodge(await cast.penalty()))
    processes.kill("grading")  # without the grade before, nothing is carried out
    await ask(leaver.objection.DecideObjection(cast.decision(case, "delete")))
    await roles(cast, leaver, ROLES.ROLE_INSPECTOR)
    await processes.start("grading")
    return case, leaver


async def roles(cast: Cast, person: Person, role: Any) -> None:
    request = identity_pb2.ChangeAccountRequest(
        request_id=new_request_id(), account_id=person.account_id, roles=[role], bureau=BUREAU
    )
    await ask(cast.administrator.identity.ChangeAccount(request))


async def test_a_refused_step_is_shown_with_its_cause_and_tried_again(cast: Cast) -> None:
    case, leaver = await decided_without_its_role(cast, "moved-on")
    [step] = await until_stuck(cast, case)
    assert "NOT_PERMITTED" in step.why
    waiting = await ask(cast.unit_head.desk.ListStuckCases(desk.ListStuckCasesRequest()))
    assert case.case_id in {one.case.case_id for one in waiting.cases}
    assert "case.stuck" in {problem.name for problem in (await cast.check()).problems}
    outside = await refused(cast.elsewhere.desk.RetryCase(retrying(case)))
    assert outside.reason == "NOT_PERMITTED"
    # Tried again with its cause still there, it is stuck anew.
    await ask(cast.caseworker.desk.RetryCase(retrying(case)))
    await until_stuck(cast, case)
    await roles(cast, leaver, ROLES.ROLE_CASEWORKER)
    await ask(cast.unit_head.desk.RetryCase(retrying(case)))
    read = await cast.closed(case)
    assert [one.step for one in read.steps].count("retry") == 2
    assert (await cast.record(case.record_ids[0])).status == "withdrawn"
    nothing = await refused(cast.caseworker.desk.RetryCase(retrying(case)))
    assert nothing.reason == "WRONG_STATE"


async def test_a_stuck_case_is_carried_out_for_whoever_gets_it(cast: Cast) -> None:
    case, leaver = await decided_without_its_role(cast, "gone-away")
    await until_stuck(cast, case)
    request = desk.AssignCaseRequest(
        request_id=new_request_id(),
        case_id=case.case_id,
        account_id=cast.both.account_id,
        from_account=cast.caseworker.account_id,
        reasons="原决定人已调离",
    )
    given = (await ask(cast.unit_head.desk.AssignCase(request))).case
    assert (given.carried_by, given.decided_by) == (cast.both.account_id, leaver.account_id)
    read = await cast.closed(case)
    assert (await cast.record(case.record_ids[0])).status == "withdrawn"
    assert read.case.decided_by == leaver.account_id  # who decided is not rewritten


async def test_a_decision_carried_out_is_undone_only_by_a_new_decision(cast: Cast) -> None:
    record = await cast.penalty()
    case = await cast.accept(await cast.lodge(record))
    await cast.decide(case, "uphold")
    done = (await cast.closed(case)).case
    assert done.receipt_before
    assert done.receipt_after
    # Nobody decides it again, takes it back, or carries it out once more.
    again = cast.decision(case, "delete")
    for call in (
        cast.caseworker.objection.DecideObjection(again),
        cast.operator.objection.WithdrawObjection(
            pb.WithdrawObjectionRequest(request_id=new_request_id(), case_id=case.case_id)
        ),
        cast.caseworker.desk.RetryCase(retrying(case)),
        cast.unit_head.desk.AssignCase(
            desk.AssignCaseRequest(
                request_id=new_request_id(),
                case_id=case.case_id,
                account_id=cast.both.account_id,
                from_account=done.caseworker,
            )
        ),
    ):
        assert (await refused(call)).reason == "WRONG_STATE"
    second = await refused(
        cast.operator.objection.LodgeObjection(
            pb.LodgeObjectionRequest(
                request_id=new_request_id(),
                subject_id=cast.subject_id,
                record_ids=[record.record_id],
                grounds="仍然不服",
            )
        )
    )
    assert second.reason == "WRONG_STATE"
    assert (await cast.read(case)).case == done
    # Only the decision on its reconsideration changes what was done; the first stays as it was.
    review = await cast.reconsidered(done, "delete")
    await cast.closed(review)
    assert (await cast.record(record.record_id)).status == "withdrawn"
    first = (await cast.read(case)).case
    assert (first.state, first.outcome, first.receipt_after) == (
        "closed",
        "uphold",
        done.receipt_after,
    )
