"""A later mandate of an agent: sent before and after the last day, checked, and reminded of."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from plumbing.client import ask, new_request_id
from plumbing.clock import SHANGHAI
from protos.objection.v1 import objection_pb2 as pb
from tests.integration.objection.processes import Cast, Person, refused
from tests.integration.objection.test_contested_items import against
from tests.integration.objection.test_evidence import pdf, send

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def mandate(cast: Cast, until: str, *scope: str) -> pb.Mandate:
    """A mandate whose file the agent has sent."""
    file = await send(cast.rival, pdf(), file_name="委托书.pdf", subject_id=cast.rival_id)
    return pb.Mandate(
        agent_name="测试代理人",
        mandate_id=file.evidence_id,
        scope=scope or ["objection"],
        until=until,
    )


async def lodged(cast: Cast, until: str) -> pb.Case:
    record = await cast.penalty()
    given: dict[str, Any] = {"record_ids": [record.record_id]}
    return await against(cast, by=cast.rival, mandate=await mandate(cast, until), **given)


def renewing(case: pb.Case, later: pb.Mandate) -> pb.RenewMandateRequest:
    return pb.RenewMandateRequest(request_id=new_request_id(), case_id=case.case_id, mandate=later)


async def renew(cast: Cast, case: pb.Case, until: str) -> pb.Case:
    request = renewing(case, await mandate(cast, until))
    return (await ask(cast.rival.objection.RenewMandate(request))).case


def checking(case: pb.Case, mandate_id: str, **fields: Any) -> pb.CheckMandateRequest:
    given: dict[str, Any] = {"approve": True, **fields}
    return pb.CheckMandateRequest(
        request_id=new_request_id(), case_id=case.case_id, mandate_id=mandate_id, **given
    )


async def seen(person: Person, case: pb.Case) -> pb.Case:
    request = pb.GetCaseRequest(case_id=case.case_id)
    return (await ask(person.objection.GetCase(request))).case


async def to_check(cast: Cast) -> list[str]:
    request = pb.ListCasesRequest(mandate_to_check=True)
    return [one.case_id for one in (await ask(cast.caseworker.objection.ListCases(request))).cases]


async def test_before_acceptance_a_later_mandate_takes_the_place_of_the_first(cast: Cast) -> None:
    case = await lodged(cast, "2026-10-30")
    changed = await renew(cast, case, "2026-12-31")
    assert changed.agent.until == "2026-12-31"
    assert not changed.agent.HasField("renewal")
    assert await to_check(cast) == []  # whoever accepts the case checks it
    accepted = await cast.accept(case)
    assert (accepted.agent.checked_by, accepted.agent.until) == (
        cast.caseworker.account_id,
        "2026-12-31",
    )


async def test_in_an_accepted_case_it_holds_once_it_was_checked(cast: Cast) -> None:
    case = await cast.accept(await lodged(cast, "2026-10-30"))
    first = await renew(cast, case, "2026-11-30")
    assert (first.agent.until, first.agent.renewal.until) == ("2026-10-30", "2026-11-30")
    assert await to_check(cast) == [case.case_id]
    refusing = checking(case, first.agent.renewal.mandate_id, approve=False)
    assert [
        one[0] for one in (await refused(cast.caseworker.objection.CheckMandate(refusing))).faults
    ] == ["reasons"]
    refusing.reasons = "没有委托单位的签章"
    gone = (await ask(cast.caseworker.objection.CheckMandate(refusing))).case
    assert (gone.agent.until, gone.agent.HasField("renewal")) == ("2026-10-30", False)
    assert await to_check(cast) == []

    second = (await renew(cast, case, "2026-12-31")).agent.renewal
    stale = checking(case, first.agent.renewal.mandate_id)
    assert (await refused(cast.caseworker.objection.CheckMandate(stale))).reason == "WRONG_STATE"
    away = checking(case, second.mandate_id)
    assert (await refused(cast.elsewhere.objection.CheckMandate(away))).reason == "NOT_PERMITTED"
    held = (await ask(cast.caseworker.objection.CheckMandate(away))).case.agent
    assert (held.until, held.mandate_id) == ("2026-12-31", second.mandate_id)
    assert not held.HasField("renewal")
    notes = {one.step: one.note for one in (await cast.read(case)).steps}
    assert notes["renew_mandate"] == "代理人测试代理人，委托书（异议，有效至2026年12月31日）"
    assert notes["check_mandate"].startswith("已核对：")


async def test_only_the_agent_sends_a_later_mandate_and_only_a_longer_one(cast: Cast) -> None:
    case = await lodged(cast, "2026-10-30")
    later = await mandate(cast, "2026-12-31")
    by_the_firm = await refused(cast.operator.objection.RenewMandate(renewing(case, later)))
    assert by_the_firm.reason == "NOT_PERMITTED"
    own = await cast.lodge(await cast.penalty())
    none = await refused(cast.operator.objection.RenewMandate(renewing(own, later)))
    assert none.reason == "WRONG_STATE"
    for until, scope, field in (
        ("2026-10-30", "objection", "mandate.until"),
        ("2026-09-13", "objection", "mandate.until"),
        ("2026-12-31", "reconsideration", "mandate.scope"),
    ):
        wrong = renewing(case, await mandate(cast, until, scope))
        faults = (await refused(cast.rival.objection.RenewMandate(wrong))).faults
        assert [fault[0] for fault in faults] == [field]
    later.mandate_id = "none"
    unsent = await refused(cast.rival.objection.RenewMandate(renewing(case, later)))
    assert [fault[0] for fault in unsent.faults] == ["evidence_ids"]
    await cast.accept(case)
    await cast.decide(case, "uphold")
    over = await refused(
        cast.rival.objection.RenewMandate(renewing(case, await mandate(cast, "2026-12-31")))
    )
    assert over.reason == "WRONG_STATE"


async def test_who_acts_with_a_mandate_that_ran_out_is_told_and_sends_another(cast: Cast) -> None:
    case = await cast.accept(await lodged(cast, "2026-09-16"))
    assert (await seen(cast.rival, case)).state == "accepted"

    def reminded(*words: str) -> Any:
        def holds(read: pb.GetCaseResponse) -> bool:
            notes = [one.note for one in read.steps if "委托书" in one.note and one.step == "rung"]
            return len(notes) == len(words) and all(map(str.__contains__, notes, words))

        return holds

    await cast.processes.advance_to(datetime(2026, 9, 15, 10, tzinfo=SHANGHAI))
    await cast.until(case, reminded("有效至2026年9月16日"))
    await cast.processes.advance_to(datetime(2026, 9, 17, 10, tzinfo=SHANGHAI))
    await cast.until(case, reminded("有效至2026年9月16日", "已于2026年9月16日到期"))
    left = await seen(cast.rival, case)
    assert {field.name for field, _ in left.ListFields()} == {
        *("case_id", "number", "bureau", "kind", "agent")
    }
    sent = await renew(cast, case, "2026-12-31")
    assert (sent.state, sent.agent.renewal.until) == ("", "2026-12-31")
    check = checking(case, sent.agent.renewal.mandate_id)
    await ask(cast.caseworker.objection.CheckMandate(check))
    assert (await seen(cast.rival, case)).state == "accepted"
