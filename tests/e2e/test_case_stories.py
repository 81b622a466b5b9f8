"""Stories of cases on the whole platform, each under its name.

Those that people walk on pages are told in the browser as well (tests/browser): supplement and
recusal, withdrawal, an extension, a refused objection that is reconsidered, a form sent twice.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import pytest_asyncio

from law.terms.ledger import Reminder, start
from law.terms.workdays import edition
from plumbing.client import Refusal, ask, new_request_id
from protos.alerts.v1 import alerts_pb2 as alerts
from protos.objection.v1 import objection_pb2 as pb
from protos.registry.v1 import registry_pb2 as registry
from services.cli.client import Client
from services.cli.demo import cast
from services.cli.demo.cast import Part
from tests.e2e.running_platform import BUREAU, RunningPlatform, until

pytestmark = pytest.mark.asyncio(loop_scope="module")
CITY = "330100"
# How the reminders end: to the caseworker, then also to the head, then also to the city.
ADDRESSED = (
    "请及时核查并作出决定",
    "请及时核查并作出决定",
    "请单位负责人督促",
    "请单位负责人督办",
    "请单位负责人督办，并报告市级机关",
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stories(platform: RunningPlatform) -> RunningPlatform:
    """The platform with a second caseworker and a reviewer of the city."""
    city = registry.Bureau(code=CITY, name="测试市市场监督管理局", email="city@bureaus.example")
    put = registry.PutBureauRequest(request_id=new_request_id(), bureau=city)
    await ask(platform.administrator.registry.PutBureau(put))
    parts = {
        "colleague": Part("test.colleague", "测试同事", "caseworker", BUREAU),
        "reviewer": Part("test.reviewer", "测试复核人", "municipal_reviewer", CITY),
    }
    platform.clients |= await cast.engage_all(
        platform.machine.settings, platform.administrator, parts, platform.exits
    )
    return platform


def deciding(case: pb.Case, outcome: str, **fields: Any) -> pb.DecideObjectionRequest:
    return pb.DecideObjectionRequest(
        request_id=new_request_id(),
        case_id=case.case_id,
        outcome=outcome,
        reasons="经核实",
        **fields,
    )


def asking(case: pb.Case, days: int) -> pb.RequestExtensionRequest:
    return pb.RequestExtensionRequest(
        request_id=new_request_id(), case_id=case.case_id, days=days, ground="须委托技术鉴定"
    )


async def refused(call: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        await ask(call)
    return caught.value


async def extension(
    stories: RunningPlatform, case: pb.Case, days: int, *, approve: bool
) -> pb.Case:
    """The case once an extension was asked for and the head of the unit has decided on it."""
    await ask(stories.clients["caseworker"].objection.RequestExtension(asking(case, days)))
    decision = pb.DecideExtensionRequest(
        request_id=new_request_id(), case_id=case.case_id, approve=approve, note="案情已经清楚"
    )
    head = stories.clients["unit_head"].objection
    return (await ask(head.DecideExtension(decision))).case


async def told_to_the_subject(stories: RunningPlatform, *words: str) -> bool | None:
    """Whether a notice to the subject has all these words; None while there is none."""
    request = alerts.ListNoticesRequest(subject_id=stories.subject.subject_id, page_size=1000)
    answer = await ask(stories.clients["caseworker"].alerts.ListNotices(request))
    return (
        any(all(word in one.title + one.body for word in words) for one in answer.notices) or None
    )


async def test_extension_at_the_cap(stories: RunningPlatform) -> None:
    case = await stories.accepted_case(await stories.enter_penalty())
    caseworker = stories.clients["caseworker"].objection
    beyond = await refused(caseworker.RequestExtension(asking(case, 16)))
    assert (beyond.reason, beyond.facts["cite"]) == ("WRONG_STATE", "S3 28")
    extended = await extension(stories, case, 15, approve=True)
    assert extended.term.budget_days == extended.term.cap_days == 20
    one_more = await refused(caseworker.RequestExtension(asking(case, 1)))
    assert (one_more.reason, one_more.facts["cite"]) == ("WRONG_STATE", "S3 28")
    await until(lambda: told_to_the_subject(stories, case.number, "已批准延长"))
    await stories.grant(case)
    assert (await stories.closed(case.case_id)).case.term.target_on == extended.term.target_on


async def test_extension_refused(stories: RunningPlatform) -> None:
    case = await stories.accepted_case(await stories.enter_penalty())
    after = await extension(stories, case, 10, approve=False)
    assert (after.state, after.term.target_on) == ("accepted", case.term.target_on)
    await until(lambda: told_to_the_subject(stories, case.number, "未延长"))
    steps = (await stories.case(case.case_id)).steps
    [refusal] = [step for step in steps if step.step == "decline_extension"]
    assert (refusal.note, refusal.cite) == ("案情已经清楚", "S3 28")
    await ask(stories.clients["caseworker"].objection.DecideObjection(deciding(case, "uphold")))
    await stories.closed(case.case_id)


async def test_withdrawal(stories: RunningPlatform) -> None:
    record = await stories.enter_penalty()
    case = await stories.accepted_case(record)
    withdraw = pb.WithdrawObjectionRequest(request_id=new_request_id(), case_id=case.case_id)
    await ask(stories.clients["operator"].objection.WithdrawObjection(withdraw))

    async def free() -> bool | None:
        return not (await stories.record(record.record_id)).contested or None

    await until(free)
    late = await refused(
        stories.clients["caseworker"].objection.DecideObjection(deciding(case, "delete"))
    )
    assert late.message_zh.startswith("案件“已撤回”，不能作出决定")


async def test_two_deciding_at_once(stories: RunningPlatform) -> None:
    case = await stories.accepted_case(await stories.enter_penalty())
    calls = {
        "delete": stories.clients["caseworker"].objection.DecideObjection(deciding(case, "delete")),
        "uphold": stories.clients["colleague"].objection.DecideObjection(deciding(case, "uphold")),
    }
    answers = await asyncio.gather(*map(ask, calls.values()), return_exceptions=True)
    [won] = [one.case for one in answers if not isinstance(one, BaseException)]
    [lost] = [one for one in answers if isinstance(one, Refusal)]
    assert (lost.reason, lost.facts["outcome"]) == ("WRONG_STATE", won.outcome)
    assert lost.facts["decided_by"] == won.decided_by
    assert lost.message_zh.startswith(f"{case.number}已于")
    assert "您的办理没有生效" in lost.message_zh
    closed = await stories.closed(case.case_id)
    assert (closed.case.outcome, len(closed.letters)) == (won.outcome, 1)


async def test_the_same_request_repeated(stories: RunningPlatform) -> None:
    record = await stories.enter_penalty()
    lodge = pb.LodgeObjectionRequest(
        request_id=new_request_id(),
        subject_id=stories.subject.subject_id,
        record_ids=[record.record_id],
        grounds="记录有误",
    )
    operator, caseworker = stories.clients["operator"], stories.clients["caseworker"]
    twice = [operator.objection.LodgeObjection(lodge) for _ in range(2)]
    first, second = [answer.case for answer in await asyncio.gather(*map(ask, twice))]
    assert first == second
    accept = pb.AcceptObjectionRequest(request_id=new_request_id(), case_id=first.case_id)
    accepted = [(await ask(caseworker.objection.AcceptObjection(accept))).case for _ in range(2)]
    decide = deciding(first, "delete")
    decided = [(await ask(caseworker.objection.DecideObjection(decide))).case for _ in range(2)]
    assert accepted[0] == accepted[1]
    assert decided[0] == decided[1]
    closed = await stories.closed(first.case_id)
    again = (await ask(caseworker.objection.DecideObjection(decide))).case
    assert again == decided[0]  # the answer of then, not the state of now
    steps = [step.step for step in closed.steps]
    assert steps == ["lodge", "accept", "decide", "close"]


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        pytest.param("uphold", "active", id="upheld"),
        pytest.param("correct", "active", id="changed"),
        pytest.param("delete", "withdrawn", id="revoked"),
        pytest.param("send_back", "withdrawn", id="sent back"),
    ],
)
async def test_refused_and_reconsidered(
    stories: RunningPlatform, outcome: str, status: str
) -> None:
    record = await stories.enter_penalty()
    first = await stories.accepted_case(record)
    caseworker, reviewer = stories.clients["caseworker"], stories.clients["reviewer"]
    await ask(caseworker.objection.DecideObjection(deciding(first, "uphold")))
    await stories.closed(first.case_id)
    case = await reconsideration(stories, first)
    accept = pb.AcceptObjectionRequest(request_id=new_request_id(), case_id=case.case_id)
    await ask(reviewer.objection.AcceptObjection(accept))
    fields: dict[str, Any] = {}
    if outcome == "correct":
        fields["corrections"] = [pb.Correction(record_id=record.record_id, points=3)]
    await ask(reviewer.objection.DecideObjection(deciding(case, outcome, **fields)))
    closed = await stories.closed(case.case_id)
    assert (closed.case.bureau, closed.case.outcome) == (CITY, outcome)
    if outcome == "send_back":
        [anew] = [one for one in closed.related if one.state == "accepted"]
        who_took_part = caseworker.objection.DecideObjection(
            deciding(pb.Case(case_id=anew.case_id), "delete")
        )
        assert (await refused(who_took_part)).reason == "NOT_PERMITTED"
        colleague = stories.clients["colleague"].objection
        await ask(colleague.DecideObjection(deciding(pb.Case(case_id=anew.case_id), "delete")))
        await stories.closed(anew.case_id)
    present = await stories.record(record.record_id)
    assert (present.status, present.contested) == (status, False)
    assert (present.points == 3) is (outcome == "correct")


async def reconsideration(stories: RunningPlatform, first: pb.Case) -> pb.Case:
    """The reconsideration of an objection, lodged once its result is carried out."""
    lodge = pb.LodgeReconsiderationRequest(
        request_id=new_request_id(), case_id=first.case_id, grounds="原决定未采信检定证书"
    )

    async def lodged() -> pb.Case | None:
        try:
            operator: Client = stories.clients["operator"]
            return (await ask(operator.objection.LodgeReconsideration(lodge))).case
        except Refusal as refusal:
            if refusal.reason != "WRONG_STATE":
                raise
            return None

    return await until(lodged)


async def test_overdue_through_every_rung(stories: RunningPlatform) -> None:
    case = await stories.accepted_case(await stories.enter_penalty())
    term = start("objection_first", await stories.today(), edition())
    reminders = term.reminders(edition())
    assert len(reminders) == 5
    for number, reminder in enumerate(reminders, start=1):
        await reminded(stories, case, reminder, number)
    read = await stories.case(case.case_id)
    assert (read.case.state, read.case.term.overdue) == ("accepted", True)
    notes = [step.note for step in read.steps if step.step == "rung"]
    assert len(notes) == 5
    for note, addressed in zip(notes, ADDRESSED, strict=True):
        assert note.endswith(addressed)
    late = await refused(stories.clients["caseworker"].objection.RequestExtension(asking(case, 1)))
    assert late.reason == "WRONG_STATE"
    await stories.grant(case)  # late, and still decided by a person alone
    closed = await stories.closed(case.case_id)
    figures = await ask(
        stories.clients["unit_head"].objection.SummariseCases(pb.SummariseCasesRequest())
    )
    assert closed.case.outcome == "delete"
    assert figures.decided == figures.decided_in_time + 1


async def reminded(
    stories: RunningPlatform, case: pb.Case, reminder: Reminder, number: int
) -> None:
    """Moves the clock to a reminder, and waits until it is announced, as the so-manieth."""
    move = registry.AdvanceClockRequest(request_id=new_request_id())
    move.to.FromDatetime(reminder.at)
    await ask(stories.administrator.clock.AdvanceClock(move))

    async def announced() -> bool | None:
        steps = (await stories.case(case.case_id)).steps
        return sum(step.step == "rung" for step in steps) == number or None

    await until(announced)
