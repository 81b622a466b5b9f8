"""Exposure lists: three people, two checks of every entry, and entries that come down alone."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from sqlmodel import select

from law.errors import InvalidInput, NotPermitted, WrongState
from plumbing.identity import Caller, Role
from plumbing.view import open_view
from protos.alerts.v1 import escalations_pb2 as escalations
from protos.alerts.v1 import exposure_lists_pb2 as pb
from protos.grading.v1 import events_pb2 as grading
from protos.grading.v1.grading_pb2 import Grade
from protos.objection.v1 import events_pb2 as objection
from protos.objection.v1 import objection_pb2
from services.alerts.checks import Checks
from services.alerts.exposure_lists import commands, queries
from services.alerts.exposure_lists.tables import ExposureEntry
from tests.integration.alerts.escalation_desk import (
    CASEWORKER,
    OPERATOR,
    OTHER_BUREAU,
    UNIT_HEAD,
    EscalationDesk,
    passed,
)
from tests.integration.alerts.running_alerts import BUREAU, RunningAlerts, subject
from tests.integration.alerts.test_cases_of_grades import contest, grade

COLLEAGUE = Caller("account/other", "同事", frozenset({Role.CASEWORKER}), BUREAU)
NATIONAL = "national-2017-566"
PUBLIC = Caller("", "", frozenset({Role.PUBLIC}))


class Lists:
    """The calls of people on exposure lists; `public` are the grades that the public is shown."""

    def __init__(self, alerts: RunningAlerts) -> None:
        self.alerts = alerts
        self.public: dict[str, Grade] = {}

    async def untrusted(self, number: int = 1, receipt: str = "receipt-1") -> None:
        """Announces that a subject is untrusted, which the public is shown as well."""
        if number > 1:
            await self.alerts.put(subject(number))
        await grade(self.alerts, NATIONAL, "untrusted", receipt, of=f"s{number}")
        self.public[f"s{number}"] = Grade(ruleset_id=NATIONAL, grade="untrusted")

    async def call(self, caller: Caller, command: Any, request: Any) -> pb.ExposureList:
        request.request_id = str(uuid4())
        checks = command in (commands.compile_list, commands.release_list)
        bound = partial(command, public=self.public) if checks else command
        response = type(request).__name__.replace("Request", "Response")
        answer = await self.alerts.changes.once(caller, request, bound, getattr(pb, response))
        await self.alerts.wait_until_idle()
        found: pb.ExposureList = answer.list
        return found

    async def compile(self, *ids: str, by: Caller = CASEWORKER) -> pb.ExposureList:
        request = pb.CompileExposureListRequest(subject_ids=ids, verified_how="已核对处罚决定书")
        return await self.call(by, commands.compile_list, request)

    async def review(self, one: pb.ExposureList, by: Caller = COLLEAGUE) -> pb.ExposureList:
        request = pb.ReviewExposureListRequest(list_id=one.list_id, findings="不含不得公开的内容")
        return await self.call(by, commands.review_list, request)

    async def release(
        self, one: pb.ExposureList, by: Caller = UNIT_HEAD, media: str = "本局网站"
    ) -> pb.ExposureList:
        request = pb.ReleaseExposureListRequest(list_id=one.list_id, media=[media])
        return await self.call(by, commands.release_list, request)

    async def released(self, *ids: str) -> pb.ExposureList:
        return await self.release(await self.review(await self.compile(*ids)))

    async def take_down(self, entry: pb.ExposureEntry, by: Caller = CASEWORKER) -> pb.ExposureList:
        request = pb.TakeDownExposureEntryRequest(entry_id=entry.entry_id, reasons="公开有误")
        return await self.call(by, commands.take_down, request)

    async def shown(self, **asked: Any) -> list[str]:
        request = pb.ListExposedSubjectsRequest(**asked)
        async with open_view(self.alerts.database, self.alerts.clock, PUBLIC) as view:
            answer = await queries.list_exposed_subjects(view, request)
        return [one.subject_id for one in answer.subjects]

    async def former_answer(self) -> list[str]:
        """The subjects as the former call tells them, which names them alone."""
        async with open_view(self.alerts.database, self.alerts.clock, PUBLIC) as view:
            answer = await queries.list_exposures(view, escalations.ListExposuresRequest())
        return [f"s{one.subject_name.removeprefix('测试单位')}" for one in answer.exposures]

    async def read(self, one: pb.ExposureList) -> pb.ExposureList:
        request = pb.GetExposureListRequest(list_id=one.list_id)
        async with open_view(self.alerts.database, self.alerts.clock, CASEWORKER) as view:
            return (await queries.get_exposure_list(view, request)).list

    async def candidates(self, **asked: Any) -> dict[str, list[str]]:
        request = pb.ListExposureCandidatesRequest(**asked)
        async with open_view(self.alerts.database, self.alerts.clock, CASEWORKER) as view:
            page, _ = await queries.candidates(view, request)
            found = await queries.listed(view, page, self.public)
        return {one.subject_id: [each.zh for each in one.obstacles] for one in found}

    async def problems(self) -> list[str]:
        checks = Checks(self.alerts.database, self.alerts.clock, self.alerts.timers)
        return [p.name for p in (await checks.check()).problems if p.name.startswith("exposure.")]


@pytest.fixture
async def lists(alerts: RunningAlerts) -> Lists:
    """An untrusted subject of a bureau."""
    alerts.timers.running.add(f"watch/{BUREAU}")
    lists = Lists(alerts)
    await lists.untrusted()
    return lists


def faults(error: pytest.ExceptionInfo[InvalidInput] | pytest.ExceptionInfo[WrongState]) -> str:
    return " ".join(f"{fault.field} {fault.message_zh}" for fault in error.value.faults)


async def test_three_people_make_a_list_public_and_the_subjects_hear_of_it(lists: Lists) -> None:
    await lists.untrusted(2)
    assert await lists.candidates() == {"s1": [], "s2": []}
    assert await lists.candidates(subject_id="s2") == {"s2": []}
    one = await lists.compile("s1", "s2")
    assert await lists.shown() == []
    with pytest.raises(NotPermitted, match="compiled"):
        await lists.review(one, CASEWORKER)
    with pytest.raises(WrongState):
        await lists.release(one)
    one = await lists.review(one)
    both = Caller(CASEWORKER.account_id, "", frozenset({Role.UNIT_HEAD}), BUREAU)
    with pytest.raises(NotPermitted, match="Three people"):
        await lists.release(one, both)
    with pytest.raises(InvalidInput) as refused:
        await lists.release(one, media="大字报")
    assert "公开方式应为政府网站" in faults(refused)
    one = await lists.release(one)
    assert (one.number, one.state) == (f"曝光名单〔2026〕{BUREAU}-0001号", "released")
    assert await lists.shown() == ["s2", "s1"]
    for order, found in (("subject_name", ["s1", "s2"]), ("published_at desc", ["s2", "s1"])):
        assert await lists.shown(order_by=order) == found
    assert await lists.shown(name_contains="单位2", bureau=BUREAU) == ["s2"]
    assert await lists.former_answer() == await lists.shown()
    told = [
        notice for notice in await lists.alerts.notices("escalation") if one.number in notice.body
    ]
    assert len(told) == 2
    assert "经核实，计量信用等级为" in told[0].body
    assert "异议" in told[0].body
    people = [one.compiled_by, one.reviewed_by, one.released_by]
    assert people == [CASEWORKER.account_id, COLLEAGUE.account_id, UNIT_HEAD.account_id]


async def test_an_objection_between_compiling_and_release_holds_the_list(lists: Lists) -> None:
    await lists.untrusted(2)
    one = await lists.review(await lists.compile("s1", "s2"))
    await contest(lists.alerts, "lodged", 1, "record/r1", of="s2")
    with pytest.raises(WrongState) as refused:
        await lists.release(one)
    assert faults(refused) == "entries[1] 测试单位2：异议、复核尚未办结（异议〔2026〕1号）"
    assert await lists.shown() == []
    [_, second] = one.entries
    struck = await lists.take_down(second, UNIT_HEAD)
    assert [entry.state for entry in struck.entries] == ["listed", "struck"]
    await lists.release(one)
    assert await lists.shown() == ["s1"]
    await contest(lists.alerts, "withdrawn", 2, "record/r1", of="s2")
    assert await lists.candidates() == {"s1": ["已在另一份名单中"], "s2": []}


async def test_a_grade_restored_takes_its_entry_down(lists: Lists) -> None:
    one = await lists.released("s1")
    await grade(lists.alerts, NATIONAL, "untrusted", "receipt-2")
    assert await lists.shown() == ["s1"]
    await grade(lists.alerts, NATIONAL, "trusted", "receipt-3")
    assert await lists.shown() == []
    [entry] = (await lists.read(one)).entries
    assert (entry.state, entry.ended_why, entry.ended_by) == ("taken_down", "ground", "")
    assert any("曝光撤下告知" in n.title for n in await lists.alerts.notices("escalation"))
    assert await lists.problems() == []
    await lists.untrusted(1, "receipt-4")
    await lists.released("s1")  # a new ground, a new list
    assert await lists.shown() == ["s1"]


async def test_a_grade_restored_before_the_release_strikes_its_entry(lists: Lists) -> None:
    one = await lists.review(await lists.compile("s1"))
    await grade(lists.alerts, NATIONAL, "trusted", "receipt-2")
    assert [entry.state for entry in (await lists.read(one)).entries] == ["struck"]
    with pytest.raises(WrongState, match="left"):
        await lists.release(one)


async def test_nobody_stands_twice(lists: Lists) -> None:
    with pytest.raises(InvalidInput) as refused:
        await lists.compile("s1", "s1")
    assert faults(refused) == "subject_ids[1] 测试单位1：一份名单中只列一次"
    one = await lists.compile("s1")
    with pytest.raises(WrongState) as listed:
        await lists.compile("s1")
    assert "已在另一份名单中" in faults(listed)
    request = pb.DiscardExposureListRequest(list_id=one.list_id, reasons="重新编制")
    await lists.call(CASEWORKER, commands.discard_list, request)
    await lists.compile("s1")
    with pytest.raises(InvalidInput) as refused:
        await lists.compile("nobody")
    assert "没有这个主体" in faults(refused)


async def test_what_the_public_is_not_shown_is_not_exposed(lists: Lists) -> None:
    lists.public["s1"] = Grade(ruleset_id=NATIONAL, grade="trusted")
    with pytest.raises(WrongState) as refused:
        await lists.compile("s1")
    assert "尚未经保密审查公开" in faults(refused)
    lists.public.clear()
    assert "尚未经保密审查公开" in (await lists.candidates())["s1"][0]


@pytest.mark.parametrize(
    "fields",
    [{"kind": "natural_person"}, {"removed": True}, {"in_review": True}],
)
async def test_a_subject_that_may_not_be_named_comes_down(
    lists: Lists, fields: dict[str, Any]
) -> None:
    one = await lists.released("s1")
    await lists.alerts.put(subject(1, 2, **fields))
    assert await lists.shown() == []
    [entry] = (await lists.read(one)).entries
    assert entry.ended_why == "subject"
    with pytest.raises(WrongState):
        await lists.compile("s1")


async def test_an_objection_that_changed_something_takes_the_entry_down(lists: Lists) -> None:
    await lists.released("s1")
    await contest(lists.alerts, "lodged", 1, "record/r1")
    assert await lists.shown() == ["s1"]  # it stands until somebody decides
    case = objection_pb2.Case(
        case_id="o1", number="异议〔2026〕1号", kind="objection", subject_id="s1", bureau=BUREAU,
        state="decided", version=2, outcome="uphold",
        items=[objection_pb2.ContestedItem(target="record", id="r1")],
    )  # fmt: skip
    await lists.alerts.announce(objection.ObjectionDecided(case=case), aggregate="objection/o1")
    assert await lists.shown() == ["s1"]
    case.version, case.outcome = 3, "delete"
    await lists.alerts.announce(objection.ObjectionClosed(case=case), aggregate="objection/o1")
    assert await lists.shown() == []
    [entry] = await lists.alerts.rows(ExposureEntry)
    assert entry.ended_why == "objection"


async def test_people_take_an_entry_down_with_reasons(lists: Lists) -> None:
    one = await lists.released("s1")
    [entry] = one.entries
    with pytest.raises(NotPermitted):
        await lists.take_down(entry, OTHER_BUREAU)
    with pytest.raises(NotPermitted):
        await lists.compile("s1", by=OTHER_BUREAU)
    await lists.take_down(entry)
    assert await lists.shown() == []
    with pytest.raises(WrongState):
        await lists.take_down(entry)
    [kept] = (await lists.read(one)).entries
    assert (kept.ended_by, kept.ended_reasons) == (CASEWORKER.account_id, "公开有误")


async def withheld(lists: Lists, shown: str, *, hours: int = 0) -> None:
    """Announces that the public is shown another grade of subject 1, since a record is withheld."""
    after = Grade(subject_id="s1", bureau=BUREAU, ruleset_id=NATIONAL, grade=shown)
    event = grading.PublicGradeDiffers(shown=after)
    event.at.FromDatetime(lists.alerts.clock.now() + timedelta(hours=hours))
    await lists.alerts.announce(event, aggregate="subject/s1")


async def test_a_record_withheld_after_the_release_takes_the_entry_down(lists: Lists) -> None:
    one = await lists.released("s1")
    await withheld(lists, "untrusted")
    assert await lists.shown() == ["s1"]
    await withheld(lists, "trusted")
    assert await lists.shown() == []
    [entry] = (await lists.read(one)).entries
    assert (entry.state, entry.ended_why) == ("taken_down", "not_shown")
    assert any("曝光撤下告知" in n.title for n in await lists.alerts.notices("escalation"))


async def test_only_what_is_withheld_after_the_compiling_strikes(lists: Lists) -> None:
    one = await lists.compile("s1")
    await withheld(lists, "trusted", hours=-1)  # heard of late; the compiling has asked since
    assert [entry.state for entry in (await lists.read(one)).entries] == ["listed"]
    await withheld(lists, "trusted")
    assert [entry.state for entry in (await lists.read(one)).entries] == ["struck"]


async def test_an_entry_that_ended_is_never_shown(lists: Lists) -> None:
    await lists.released("s1")
    async with lists.alerts.database.transaction() as session:
        [entry] = (await session.exec(select(ExposureEntry).with_for_update())).all()
        entry.ended_at = lists.alerts.clock.now()  # its state says that it is public
    assert await lists.shown() == []


async def test_a_list_carries_out_the_exposure_that_is_proposed(
    desk: EscalationDesk, alerts: RunningAlerts
) -> None:
    lists = Lists(alerts)
    await desk.take_steps("interview")
    assert await lists.candidates() == {}
    await desk.propose_next_step()
    assert await lists.candidates() == {"s1": []}
    one = await lists.released("s1")
    assert "处于红色警示状态" in one.entries[0].statement
    assert (await desk.steps())[-1] == ("exposure", "carried_out")
    [step] = [s for s in (await desk.read_case(OPERATOR)).steps if s.step == "exposure"]
    assert (step.number, step.notice_id) == (one.number, one.entries[0].notice_id)
    assert await lists.shown() == ["s1"]
    await alerts.put(passed(2, 1, alerts.today))
    assert await lists.shown() == []
    assert await desk.problems() == []
