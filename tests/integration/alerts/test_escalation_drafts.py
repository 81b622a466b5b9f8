"""The document of a proposed step is altered by a person, and exactly the version seen is sent."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, cast
from uuid import uuid4

import pytest

from law.errors import InvalidInput, NotPermitted, WrongState
from plumbing.audit import AuditEntry
from plumbing.identity import Caller
from plumbing.papers.letter_text import digest
from protos.alerts.v1 import escalations_pb2 as pb
from services.alerts.escalation import commands
from tests.integration.alerts.escalation_desk import (
    CASEWORKER,
    OPERATOR,
    OTHER_BUREAU,
    UNIT_HEAD,
    EscalationDesk,
    passed,
    rejected,
)
from tests.integration.alerts.running_alerts import BUREAU, RunningAlerts, instrument
from tests.integration.alerts.test_cases_of_grades import grade


async def draft(desk: EscalationDesk) -> pb.EscalationStep:
    """The step that waits for a decision, as the bureau sees it."""
    return (await desk.read_case(CASEWORKER)).steps[-1]


async def alter(
    desk: EscalationDesk, text: str, caller: Caller = CASEWORKER, version: int = 0, **more: Any
) -> int:
    step = (await draft(desk)).step
    request = pb.AlterStepRequest(
        request_id=str(uuid4()),
        escalation_id="s1/1",
        step=step,
        draft_version=version,
        draft_text=text,
        **more,
    )
    answer = await desk.call(caller, commands.alter, request)
    return cast("int", answer.draft_version)


async def altered(desk: EscalationDesk, extra: str, version: int = 0) -> str:
    """Adds a paragraph to the words of the draft; returns the words."""
    words = f"{(await draft(desk)).draft_text}\n{extra}"
    assert await alter(desk, words, version=version) == version + 1
    return words


async def test_what_was_seen_is_sent_word_for_word(desk: EscalationDesk) -> None:
    await desk.propose_next_step()
    before = await draft(desk)
    assert (before.draft_version, before.altered_by) == (0, "")
    words = await altered(desk, "请于本周内来电说明情况。")
    seen = await draft(desk)
    assert (seen.draft_version, seen.altered_by) == (1, "account/case")
    assert seen.draft_text == words
    assert seen.body == before.body.replace(before.draft_text, words)
    assert await desk.alerts.notices("escalation") == []
    await desk.approve("reminder", draft_version=1)
    [sent] = await desk.alerts.notices("escalation")
    assert sent.body == "编号：提醒〔2026〕330106-0001号\n" + seen.body
    assert "不是行政处罚" in sent.body
    [entry] = [e for e in await desk.alerts.rows(AuditEntry) if e.action == "alter_step"]
    assert entry.actor == "account/case"
    assert entry.after is not None
    assert entry.after["text"] == words


async def test_an_approval_of_another_version_is_refused(desk: EscalationDesk) -> None:
    await desk.propose_next_step()
    await altered(desk, "第一次修改。")
    await altered(desk, "第二次修改。", version=1)
    with pytest.raises(WrongState, match="names the version seen"):
        await desk.approve("reminder")
    for seen in (0, 1):
        with pytest.raises(WrongState, match="it is version 2 now"):
            await desk.approve("reminder", draft_version=seen)
    with pytest.raises(WrongState, match="it is version 2 now, you have seen 1"):
        await altered(desk, "看着旧稿的修改。", version=1)
    assert await desk.alerts.notices("escalation") == []
    await desk.approve("reminder", draft_version=2)
    assert "第二次修改" in (await desk.alerts.notices("escalation"))[0].body


async def test_a_document_that_says_something_else_by_now_is_looked_at_again(
    desk: EscalationDesk,
) -> None:
    await desk.propose_next_step()
    seen = await draft(desk)
    assert seen.sha256 == digest(seen.body)
    await desk.alerts.put(instrument(2), rejected(2))
    with pytest.raises(WrongState, match="look at it again"):
        await desk.approve("reminder", draft_version=0, draft_sha256=seen.sha256)
    assert await desk.alerts.notices("escalation") == []
    now = await draft(desk)
    assert "NO-2" in now.body
    await desk.approve("reminder", draft_version=0, draft_sha256=now.sha256)
    [sent] = await desk.alerts.notices("escalation")
    assert sent.body.endswith(now.body)


async def test_the_text_names_instruments_ground_and_last_day(desk: EscalationDesk) -> None:
    await desk.take_steps("reminder")
    await desk.propose_next_step()
    with pytest.raises(InvalidInput) as refused:
        await alter(desk, "请改正。")
    [fault] = refused.value.faults
    assert fault.field == "draft_text"
    for part in ("NO-1", "第四部分第（二）项", "改正期限 2026-"):
        assert part in fault.message_zh
    for day in (desk.alerts.today, desk.alerts.today + timedelta(days=300)):
        with pytest.raises(InvalidInput) as refused:
            await alter(desk, "", correct_by=day.isoformat())
        assert [fault.field for fault in refused.value.faults] == ["correct_by"]


async def test_a_reminder_has_no_last_day(desk: EscalationDesk) -> None:
    await desk.propose_next_step()
    tomorrow = desk.alerts.today + timedelta(days=1)
    with pytest.raises(InvalidInput) as refused:
        await alter(desk, "", correct_by=tomorrow.isoformat())
    assert "没有改正期限" in refused.value.faults[0].message_zh


async def test_the_next_step_waits_for_the_altered_last_day(desk: EscalationDesk) -> None:
    await desk.take_steps("reminder")
    await desk.propose_next_step()
    usual = date.fromisoformat((await draft(desk)).correct_by)
    later = usual + timedelta(days=14)
    await alter(desk, "", correct_by=later.isoformat())
    await desk.approve("guidance_letter", draft_version=1)
    letter = (await desk.alerts.notices("escalation"))[-1]
    assert f"请于 {later}（含当日）前改正" in letter.body
    assert letter.title.endswith(f"请于 {later} 前改正")
    case = await desk.case()
    assert case.due_on is not None
    assert case.due_on > later
    assert await desk.problems() == []


async def test_a_text_of_other_instruments_is_not_sent(desk: EscalationDesk) -> None:
    await desk.propose_next_step()
    await altered(desk, "请尽快送检。")
    await desk.alerts.put(instrument(2), rejected(2))
    assert "器具有变化" in (await draft(desk)).draft_outdated_zh
    with pytest.raises(WrongState, match="red instruments have changed"):
        await desk.approve("reminder", draft_version=1)
    assert await alter(desk, "", version=1) == 2
    restored = await draft(desk)
    assert restored.draft_outdated_zh == ""
    assert "NO-2" in restored.body
    await desk.alerts.put(passed(11, 2, desk.alerts.today))
    await desk.approve("reminder", draft_version=2)
    assert "NO-2" not in (await desk.alerts.notices("escalation"))[-1].body


async def test_a_text_of_a_former_grade_is_not_sent(alerts: RunningAlerts) -> None:
    alerts.timers.running.add(f"watch/{BUREAU}")
    desk = EscalationDesk(alerts)
    await grade(alerts, "national-2017-566", "untrusted")
    await desk.propose_next_step()
    await altered(desk, "请尽快整改。")
    assert (await draft(desk)).draft_outdated_zh == ""
    await grade(alerts, "national-2017-566", "untrusted", "receipt-2")
    assert "信用等级有变化" in (await draft(desk)).draft_outdated_zh
    with pytest.raises(WrongState, match="grade has changed"):
        await desk.approve("reminder", draft_version=1)


async def test_the_people_of_the_bureau_alter_and_the_subject_sees_nothing(
    desk: EscalationDesk,
) -> None:
    await desk.propose_next_step()
    words = (await draft(desk)).draft_text
    with pytest.raises(NotPermitted):
        await alter(desk, words, OTHER_BUREAU)
    assert await alter(desk, words, UNIT_HEAD) == 1
    assert list((await desk.read_case(OPERATOR)).steps) == []
    await desk.approve("reminder", draft_version=1)
    with pytest.raises(WrongState, match="not proposed"):
        await alter(desk, words, version=1)
    [seen] = (await desk.read_case(OPERATOR)).steps
    assert (seen.draft_version, seen.altered_by, seen.draft_text) == (0, "", "")
