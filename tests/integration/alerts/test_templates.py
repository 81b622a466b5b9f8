"""A bureau's own words: two administrators, the platform's text whole, and drafts by them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from law.errors import InvalidInput, NotPermitted, WrongState
from plumbing.identity import Caller, Role
from plumbing.view import open_view
from protos.alerts.v1 import templates_pb2 as pb
from services.alerts.languages import Language
from services.alerts.tables import DigestPreference, Notice, NoticeKind, Rhythm
from services.alerts.templates import commands, queries
from services.alerts.templates.words import Places, faults_of, filled
from tests.integration.alerts.escalation_desk import CASEWORKER, EscalationDesk, passed, rejected
from tests.integration.alerts.running_alerts import (
    BUREAU,
    TODAY,
    RunningAlerts,
    instrument,
    verification,
)
from tests.integration.alerts.test_exposure_lists import Lists

ADMINISTRATOR = Caller("account/admin", "管理员", frozenset({Role.ADMINISTRATOR}), BUREAU)
SECOND = Caller("account/second", "第二管理员", frozenset({Role.ADMINISTRATOR}), BUREAU)
ELSEWHERE = Caller("account/far", "外地管理员", frozenset({Role.ADMINISTRATOR}), "120104")
WORDS = "尊敬的{主体}：\n{正文}\n窗口在一楼。（{机关}，{日期}）"


class Templates:
    """The calls of administrators on the templates of a bureau."""

    def __init__(self, alerts: RunningAlerts) -> None:
        self.alerts = alerts

    async def call(self, caller: Caller, command: Any, request: Any) -> pb.Template:
        request.request_id = str(uuid4())
        response = getattr(pb, type(request).__name__.replace("Request", "Response"))
        answer = await self.alerts.changes.once(caller, request, command, response)
        template: pb.Template = answer.template
        return template

    async def propose(
        self, kind: str = "digest", by: Caller = ADMINISTRATOR, **fields: Any
    ) -> pb.Template:
        written = {"words": WORDS, "ground": "局办〔2026〕2号", **fields}
        request = pb.ProposeTemplateRequest(bureau=BUREAU, kind=kind, **written)
        return await self.call(by, commands.propose, request)

    async def approve(self, one: pb.Template, by: Caller = SECOND) -> pb.Template:
        request = pb.ApproveTemplateRequest(template_id=one.template_id)
        return await self.call(by, commands.approve, request)

    async def put(self, kind: str = "digest", **fields: Any) -> pb.Template:
        return await self.approve(await self.propose(kind, **fields))

    async def listed(self) -> list[tuple[str, int, str, bool]]:
        async with open_view(self.alerts.database, self.alerts.clock, CASEWORKER) as view:
            answer = await queries.list_templates(view, pb.ListTemplatesRequest())
        return [(one.kind, one.version, one.state, one.in_force) for one in answer.templates]


@pytest.fixture
def templates(alerts: RunningAlerts) -> Templates:
    alerts.timers.running.add(f"watch/{BUREAU}")
    return Templates(alerts)


async def digests(alerts: RunningAlerts, number: int) -> Notice:
    """The digest about a further instrument that has become red."""
    await alerts.put(instrument(number), verification(number, alerts.today))
    await alerts.watch_days(1)
    return (await alerts.notices("digest"))[-1]


async def test_notices_are_written_in_the_words_that_a_second_person_put_in_force(
    templates: Templates,
) -> None:
    alerts = templates.alerts
    one = await templates.propose()
    [told] = [row for row in await alerts.notices() if row.kind is NoticeKind.PROPOSAL]
    assert (told.subject_id, told.about) == ("", f"template/{one.template_id}")
    before = await digests(alerts, 1)
    assert "窗口在一楼" not in before.body
    with pytest.raises(NotPermitted, match="Another administrator"):
        await templates.approve(one, ADMINISTRATOR)
    with pytest.raises(NotPermitted):
        await templates.approve(one, ELSEWHERE)
    with pytest.raises(WrongState, match="waits"):
        await templates.propose()
    await templates.approve(one)
    after = await digests(alerts, 2)
    assert after.body.startswith("尊敬的测试单位1：\n")
    assert "NO-2" in after.body
    assert after.body.endswith(f"窗口在一楼。（测试市场监管局，{alerts.today}）\n")
    assert await templates.listed() == [("digest", 1, "approved", True)]
    await templates.put(words="")
    back = await digests(alerts, 3)
    assert "窗口在一楼" not in back.body
    assert [row[1:] for row in await templates.listed()] == [
        (2, "approved", True),
        (1, "approved", False),
    ]


async def test_the_english_text_has_words_of_its_own(templates: Templates) -> None:
    alerts = templates.alerts
    wish = DigestPreference(
        subject_id="s1", rhythm=Rhythm.DAILY, mailed=True, language=Language.BOTH
    )
    async with alerts.database.transaction() as session:
        session.add(wish)
    await templates.put(words="", words_en="Dear {subject},\n{text}\nGround floor.")
    digest = await digests(alerts, 1)
    assert "尊敬的" not in digest.body
    assert digest.body_en.startswith("Dear 测试单位1,\n")
    assert digest.body_en.endswith("\nGround floor.\n")
    assert "NO-1" in digest.body_en


async def test_a_letter_of_a_follow_up_is_drafted_in_the_words_of_the_bureau(
    templates: Templates,
) -> None:
    alerts = templates.alerts
    await templates.put("reminder", words="{正文}\n办理地点：政务大厅三号窗口。")
    await alerts.put(instrument(), rejected(1))
    desk = EscalationDesk(alerts)
    await desk.propose_next_step()
    [step] = (await desk.read_case(CASEWORKER)).steps
    assert "办理地点：政务大厅三号窗口。" in step.draft_text
    assert "NO-1" in step.draft_text
    await desk.approve("reminder")
    [letter] = await alerts.notices("escalation")
    assert "办理地点：政务大厅三号窗口。" in letter.body
    assert await desk.problems() == []


async def test_a_document_that_waits_for_its_approval_keeps_the_words_in_which_it_was_seen(
    templates: Templates,
) -> None:
    alerts = templates.alerts
    await templates.put("reminder", words="{正文}\n三号窗口。")
    await alerts.put(instrument(), rejected(1))
    desk = EscalationDesk(alerts)
    await desk.propose_next_step()
    alerts.clock.moment += timedelta(minutes=1)
    await templates.put("reminder", words="{正文}\n九号窗口。")
    await templates.put("reminder", words="")
    [step] = (await desk.read_case(CASEWORKER)).steps
    assert "三号窗口。" in step.draft_text
    await desk.approve("reminder")
    [letter] = await alerts.notices("escalation")
    assert "三号窗口。" in letter.body
    assert "九号窗口。" not in letter.body


async def test_an_invitation_and_its_minutes_are_in_the_words_of_the_bureau(
    templates: Templates,
) -> None:
    alerts = templates.alerts
    await alerts.put(instrument(), rejected(1))
    desk = EscalationDesk(alerts)
    await templates.put("interview", words="{正文}\n请带身份证件。")
    await desk.take_steps("guidance_letter")
    await desk.propose_next_step()
    alerts.clock.moment += timedelta(minutes=1)
    await templates.put("interview", words="{正文}\n九号窗口。")
    await desk.approve("interview", appointment=desk.appointment())
    letter = (await alerts.notices("escalation"))[-1]
    in_order = ("NO-1", "市监局三楼", "请带身份证件。", "请登录平台答复是否参加", "不记入信用档案")
    places = [letter.body.index(part) for part in in_order]
    assert places == sorted(places), "what the law asks for stands below the words of the bureau"
    assert "九号窗口。" not in letter.body
    await templates.put("minutes", words="{机关}约谈笔录\n{正文}\n签名：")
    draft = (await desk.read_case(CASEWORKER)).steps[-1].interview.minutes_draft
    assert draft.startswith("测试市场监管局约谈笔录\n约谈时间：")
    assert draft.endswith("四、被约谈单位的意见：\n签名：")
    with pytest.raises(InvalidInput) as refused:
        await templates.propose("minutes", words_en="{text}")
    assert [fault.field for fault in refused.value.faults] == ["words_en"]


async def test_what_is_told_of_follow_ups_besides_documents_has_its_words(
    templates: Templates,
) -> None:
    alerts = templates.alerts
    await templates.put(
        "escalation", words="尊敬的{主体}：\n{正文}", words_en="Dear {subject},\n{text}"
    )
    await alerts.put(instrument(), rejected(1))
    desk = EscalationDesk(alerts)
    await desk.take_steps("reminder")
    [letter] = await alerts.notices("escalation")
    assert "尊敬的" not in letter.body
    await alerts.put(passed(11, 1, alerts.today))
    [_, ended] = await alerts.notices("escalation")
    assert ended.title.startswith("督促终结")
    assert ended.body.startswith("尊敬的测试单位1：\n")


async def test_an_exposure_is_told_in_the_words_of_the_bureau(templates: Templates) -> None:
    alerts = templates.alerts
    await templates.put("exposure", words="{正文}\n三号窗口。")
    await templates.put("escalation", words="{正文}\n九号窗口。")
    lists = Lists(alerts)
    await lists.untrusted()
    await lists.released("s1")
    told = (await alerts.notices("escalation"))[-1]
    assert "\n三号窗口。\n" in told.body
    assert "九号窗口" not in told.body
    assert "救济途径" in told.body
    with pytest.raises(InvalidInput) as refused:
        await templates.propose("measures", words_en="{text}")
    assert [fault.field for fault in refused.value.faults] == ["words_en"]


async def test_what_is_wrong_is_named_and_nothing_is_kept(templates: Templates) -> None:
    with pytest.raises(InvalidInput) as refused:
        await templates.propose(words="没有内容 {名称}", words_en="{text} {text}")
    assert [fault.field for fault in refused.value.faults] == ["words", "words", "words_en"]
    with pytest.raises(InvalidInput):
        await templates.propose(ground=" ")
    with pytest.raises(InvalidInput) as refused:
        await templates.propose("reminder", words_en="{text}")
    assert [fault.field for fault in refused.value.faults] == ["words_en"]
    with pytest.raises(NotPermitted):
        await templates.propose(by=ELSEWHERE)
    assert await templates.listed() == []
    one = await templates.propose()
    request = pb.DiscardTemplateRequest(template_id=one.template_id, reasons="写错")
    await templates.call(ADMINISTRATOR, commands.discard, request)
    with pytest.raises(WrongState):
        await templates.approve(one)


async def test_a_preview_shows_the_words_around_an_example_and_keeps_nothing(
    templates: Templates,
) -> None:
    alerts = templates.alerts
    request = pb.PreviewTemplateRequest(bureau=BUREAU, kind="digest", words=WORDS)
    async with open_view(alerts.database, alerts.clock, ADMINISTRATOR) as view:
        shown = await queries.preview(view, request)
        with pytest.raises(InvalidInput):
            await queries.preview(view, pb.PreviewTemplateRequest(bureau=BUREAU, words="无"))
    assert shown.text.startswith("尊敬的示例单位：\n（此处是平台按规则写出的内容")
    assert shown.text_en == ""
    assert await templates.listed() == []


def test_places_are_filled_once_and_what_is_none_stays() -> None:
    places = Places("甲{正文}乙", "机关", TODAY)
    assert filled("{主体}：{正文}{不明}", places.chinese("内容")) == "甲{正文}乙：内容{不明}"
    assert [fault.field for fault in faults_of("words", "{正文}{正文}")] == ["words"]
    assert list(faults_of("words", " ")) == []
