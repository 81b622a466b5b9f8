"""The list of grade E is pushed to the platforms that S4 四(五)E3 names, and what becomes of it."""

from __future__ import annotations

from typing import Any

import pytest

from law.errors import InvalidInput, NotFound, NotPermitted, WrongState
from protos.alerts.v1 import circulars_pb2 as pb
from protos.alerts.v1 import events_pb2 as events
from services.alerts.circulars import commands, of_grades
from services.alerts.tables import Notice
from tests.integration.alerts.escalation_desk import CASEWORKER, OTHER_BUREAU, UNIT_HEAD
from tests.integration.alerts.running_alerts import subject
from tests.integration.alerts.test_cases_of_grades import contest, grade
from tests.integration.alerts.test_circulars import SYSTEM, Desk
from tests.integration.alerts.test_exposure_lists import Lists, faults, lists

__all__ = ["lists"]

TEXT = "hangzhou-2021-120"
PLATFORM: dict[str, Any] = {
    "name": "样例市企业信用联动监管平台（合成）",
    "email": "platform@credit.test.example",
    "uses": ["joint_supervision"],
    "feed_account": SYSTEM.account_id,
}


class Pushing(Desk):
    """Two subjects at grade E under the text that has its list pushed."""

    async def at_e(self, *numbers: int) -> None:
        for number in numbers:
            await self.alerts.put(subject(number))
            await grade(self.alerts, TEXT, "E", of=f"s{number}")

    async def push(self, *ids: str, to: pb.Authority, by: Any = CASEWORKER) -> pb.Circular:
        request = pb.DraftCircularRequest(authority_ids=[to.authority_id], subject_ids=ids)
        found: pb.Circular = (await self.call(by, commands.draft, request)).circular
        return found

    async def candidates(self, by: Any = CASEWORKER) -> dict[str, pb.CircularCandidate]:
        request = pb.ListCircularCandidatesRequest()
        answer = await self.ask(of_grades.candidates, request, by)
        return {one.subject_id: one for one in answer.candidates}


@pytest.fixture
async def desk(lists: Lists) -> Pushing:
    pushing = Pushing(lists)
    await pushing.at_e(1, 2)
    return pushing


async def test_the_list_of_grade_e_is_pushed_by_two_people_and_ends_with_the_grade(
    desk: Pushing,
) -> None:
    platform = await desk.put(**PLATFORM)
    drafted = await desk.push("s1", "s2", to=platform)
    assert (drafted.cite, drafted.list_id, drafted.number) == ("S4 四(五)E3", "", "")
    assert "E级（失信）" in drafted.body
    issued = await desk.issue(drafted)
    assert issued.number.startswith("信用名单推送函〔2026〕")
    for part in ("测试单位1：E级（失信）", "用于企业信用联动监管", "不是行政处罚"):
        assert part in issued.body
    [mail] = [one for one in await desk.alerts.rows(Notice) if one.number == issued.number]
    assert mail.address == PLATFORM["email"]
    [told] = await desk.announced(events.CircularIssued)
    assert told.cite == "S4 四(五)E3"
    assert [one.subject_id for one in told.entries] == ["s1", "s2"]
    assert len({one.entry_id for one in issued.entries}) == 2
    assert sorted(await desk.feed()) == [("s1", ""), ("s2", "")]
    assert (await desk.candidates())["s1"].told == [PLATFORM["name"]]
    with pytest.raises(WrongState) as again:
        await desk.push("s1", to=platform)
    assert "得知测试单位1" in again.value.faults[0].message_zh
    await grade(desk.alerts, TEXT, "D", "receipt-2")
    [ended] = await desk.announced(events.CircularEntryEnded)
    assert (ended.entry.subject_id, ended.of_grade) == ("s1", True)
    assert ended.entry.entry_id in {one.entry_id for one in issued.entries}
    assert "等级已经变动" in ended.reasons
    assert sorted(await desk.feed()) == [("s1", "2026-09-14"), ("s2", "")]
    assert [*await desk.candidates()] == ["s2"]


async def test_who_is_at_another_grade_objects_or_is_a_person_is_not_pushed(desk: Pushing) -> None:
    platform = await desk.put(**PLATFORM)
    await contest(desk.alerts, "accepted", 1, "grade", of="s2")
    await desk.alerts.put(subject(3, kind="natural_person"), subject(4))
    await grade(desk.alerts, TEXT, "E", of="s3")
    await grade(desk.alerts, TEXT, "D", of="s4")
    for one, said in (
        ("s2", "an objection runs"),
        ("s3", "is not shared"),
        ("s4", "is at no grade"),
    ):
        with pytest.raises(WrongState) as refused:
            await desk.push("s1", one, to=platform)
        [fault] = refused.value.faults
        assert fault.field == "subject_ids[1]"
        assert said in fault.message_en
    found = await desk.candidates()
    assert {one for one, of in found.items() if not of.obstacles_en} == {"s1"}
    assert set(found) == {"s1", "s2", "s3"}
    with pytest.raises(NotFound):
        await desk.push("nobody", to=platform)
    with pytest.raises(InvalidInput) as refused_whole:
        await desk.push(to=platform)
    assert [fault.field for fault in refused_whole.value.faults] == ["subject_ids"]
    with pytest.raises(NotPermitted):
        await desk.push("s1", to=platform, by=OTHER_BUREAU)
    assert not await desk.candidates(OTHER_BUREAU)


async def test_each_text_has_its_own_receivers_and_a_draft_is_compared_again(
    desk: Pushing,
) -> None:
    council = await desk.put(name="样例区人民政府（合成）", address="样例路1号")
    with pytest.raises(InvalidInput) as refused:
        await desk.push("s1", to=council)
    assert "企业信用联动监管" in refused.value.faults[0].message_zh
    platform = await desk.put(**{**PLATFORM, "uses": ["joint_supervision", "tender"]})
    drafted = await desk.push("s1", to=platform)
    assert list(drafted.receivers[0].uses) == ["joint_supervision"]
    with pytest.raises(NotPermitted):
        await desk.issue(drafted, CASEWORKER)
    await desk.alerts.put(subject(1, version=2, name="更名后的单位"))
    with pytest.raises(WrongState) as changed:
        await desk.issue(drafted)
    assert faults(changed).startswith("entries[0] ")
    own = await desk.push("s2", to=platform, by=UNIT_HEAD)
    with pytest.raises(NotPermitted, match="you drafted"):
        await desk.issue(own)
