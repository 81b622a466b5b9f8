"""Notices of records, grades, letters and terms: one of each, with ground and remedy."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

from google.protobuf.message import Message
from sqlmodel import col, select

from plumbing.events.outbox import Outbox
from plumbing.identity import Caller, Role, service_caller
from protos.alerts.v1 import alerts_pb2
from protos.alerts.v1.events_pb2 import DeliveryEnded, NoticesIssued, SubjectTold
from protos.grading.v1 import events_pb2 as grading
from protos.grading.v1 import grading_pb2
from protos.objection.v1 import events_pb2 as objection
from protos.objection.v1 import objection_pb2
from protos.registry.v1 import events_pb2 as registry
from protos.registry.v1 import registry_pb2 as pb
from services.alerts.notices import mail
from services.alerts.notices.reading import mark_notices
from services.alerts.notices.retries import retry_delivery
from services.alerts.notices.term_digests import QUIET
from services.alerts.tables import Notice, NoticeState
from tests.integration.alerts.running_alerts import (
    BUREAU,
    RunningAlerts,
    instrument,
    subject,
    verification,
)
from tests.integration.events.support import eventually, running


def penalty(number: int = 1, version: int = 1, **fields: Any) -> pb.Record:
    message = pb.Record(
        record_id=f"r{number}",
        subject_id="s1",
        bureau=BUREAU,
        kind="penalty",
        determined_on="2026-09-10",
        occurred_on="2026-09-01",
        status="active",
        source_ref=f"测监罚〔2026〕{number}号",
        summary="使用不合格计量器具",
        version=version,
    )
    message.MergeFrom(pb.Record(**fields))
    return message


def fall(**fields: Any) -> grading.GradeChanged:
    message = grading.GradeChanged(
        subject_id="s1",
        before=grading_pb2.Grade(grade="B", bureau=BUREAU),
        after=grading_pb2.Grade(grade="D", bureau=BUREAU, receipt_id="receipt-1"),
        fell=True,
        record_ids=["r1"],
    )
    message.MergeFrom(grading.GradeChanged(**fields))
    return message


def case(**fields: Any) -> objection_pb2.Case:
    return objection_pb2.Case(
        case_id="c1", number="测异〔2026〕1号", subject_id="s1", bureau=BUREAU, **fields
    )


def overdue(number: int) -> objection.TermRungReached:
    about = case()
    about.case_id = f"c{number}"
    return objection.TermRungReached(case=about, rung="overdue", message_zh=f"第{number}案届满")


async def issued(alerts: RunningAlerts) -> list[NoticesIssued]:
    query = select(Outbox.payload).where(col(Outbox.subject).contains("notices_issued"))
    async with alerts.database.snapshot() as session:
        return [NoticesIssued.FromString(payload) for payload in (await session.exec(query)).all()]


async def test_the_notice_of_a_record_names_ground_and_remedy(
    alerts: RunningAlerts,
) -> None:
    await alerts.put(penalty())
    [notice] = await alerts.notices()
    assert (notice.kind.value, notice.address) == ("adverse_record", "unit1@test.example")
    for part in ("行政处罚", "测监罚〔2026〕1号", "使用不合格计量器具", "异议", "0571-00000000"):
        assert part in notice.body
    assert "5 个工作日" in notice.body
    assert alerts.timers.delivered == [notice.notice_id]
    assert [n.notice_id for event in await issued(alerts) for n in event.notices] == [
        notice.notice_id
    ]


async def test_a_record_has_a_notice_only_if_it_is_adverse_and_new_or_altered(
    alerts: RunningAlerts,
) -> None:
    await alerts.put(subject(2, in_review=True))
    await alerts.put(penalty(1), baseline=True)
    await alerts.put(penalty(1, version=2, contested=True))
    await alerts.put(
        penalty(2, kind="award"),
        penalty(3, subject_id="s2"),
        penalty(4, status="withdrawn"),
        penalty(5, removed=True),
    )
    assert await alerts.notices() == []
    await alerts.put(penalty(6))
    await alerts.put(penalty(6, version=2, contested=True))
    assert [notice.key for notice in await alerts.notices()] == ["adverse_record/r6"]
    await alerts.put(penalty(6, version=3, summary="更正"))
    keys = ["adverse_record/r6", "adverse_record/r6/3"]
    assert [notice.key for notice in await alerts.notices()] == keys


async def test_a_subject_that_was_told_of_a_record_hears_that_it_left_the_archive(
    alerts: RunningAlerts,
) -> None:
    await alerts.put(penalty(1), penalty(2))
    await alerts.put(penalty(3), baseline=True)  # nobody was told of it
    await alerts.put(penalty(2, version=2, summary="更正"))
    before = [notice.key for notice in await alerts.notices()]
    ended = [penalty(n, version=v, status="expired") for n, v in ((1, 2), (2, 3), (3, 2))]
    for _ in range(2):  # once, however often the event comes
        await alerts.put(*ended, cause=registry.CAUSE_NATURAL_REPAIR, ground="S3 19")
    [notice] = [one for one in await alerts.notices() if one.key not in before]
    assert (notice.key, notice.kind, notice.subject_id) == ("natural_repair/r1/1", "subject", "s1")
    assert "《杭州市计量信用管理办法（试行）》第十九条" in notice.body
    for number, named in ((1, True), (2, True), (3, False)):
        assert (f"测监罚〔2026〕{number}号" in notice.body) is named
    await alerts.put(penalty(1, version=3), cause=registry.CAUSE_RESTORED)
    again = {one.key for one in await alerts.notices()} - {*before, notice.key}
    assert again == {"adverse_record/r1/3"}  # what left too early is back, and told of again


async def told(alerts: RunningAlerts) -> list[tuple[str, int, str]]:
    query = select(Outbox.payload).where(col(Outbox.subject).contains("subject_told"))
    async with alerts.database.snapshot() as session:
        events = [SubjectTold.FromString(one) for one in await session.exec(query)]
    return [(event.record_id, event.version, event.how) for event in events]


async def test_the_service_that_had_a_mail_sent_hears_how_its_delivery_ended(
    alerts: RunningAlerts,
) -> None:
    due = objection.ReceiverMailDue(
        mail_id="mail-1", bureau=BUREAU, email="credit@bank.example", title="变更", body="已删除。"
    )
    await alerts.announce(due)
    await alerts.put(penalty())
    async with alerts.changes.change(service_caller("alerts")) as change:
        for notice in await alerts.notices():
            await mail.mark_failed(change, notice.notice_id)
    query = select(Outbox.payload).where(col(Outbox.subject).contains("delivery_ended"))
    async with alerts.database.snapshot() as session:
        ended = [DeliveryEnded.FromString(one) for one in await session.exec(query)]
    found = {(one.notice.address, one.notice.state, one.mail_id) for one in ended}
    assert found == {
        ("credit@bank.example", "failed", "mail-1"),
        ("unit1@test.example", "failed", ""),
    }


async def test_a_first_load_is_told_when_somebody_asks_and_the_registry_hears_of_it(
    alerts: RunningAlerts,
) -> None:
    await alerts.put(penalty(), baseline=True)
    assert await alerts.notices() == []
    for _ in range(2):  # asked twice, told once
        await alerts.announce(registry.TellingAsked(record=penalty()))
    [notice] = await alerts.notices()
    assert await told(alerts) == []
    async with alerts.changes.change(service_caller("alerts")) as change:
        await mail.mark_delivered(change, notice.notice_id)
    assert await told(alerts) == [("r1", 1, "mail")]
    await alerts.announce(registry.TellingAsked(record=penalty()))  # reported again, not sent again
    assert await told(alerts) == [("r1", 1, "mail")] * 2
    assert len(await alerts.notices()) == 1


async def test_a_subject_without_an_address_is_told_when_it_opens_the_notice(
    alerts: RunningAlerts,
) -> None:
    silent = subject(3)
    silent.email = ""
    await alerts.put(silent)
    await alerts.put(penalty(subject_id="s3"))
    [notice] = await alerts.notices()
    assert (notice.state.value, await told(alerts)) == ("no_address", [])
    firm = Caller("o", "o", frozenset({Role.OPERATOR}), subject_id="s3")
    request = alerts_pb2.MarkNoticesRequest(notice_ids=[notice.notice_id])
    for _ in range(2):
        async with alerts.changes.change(firm) as change:
            await mark_notices(change, request)
    assert await told(alerts) == [("r1", 1, "portal")]


async def test_a_record_of_an_unknown_bureau_names_the_bureau_of_the_subject(
    alerts: RunningAlerts,
) -> None:
    await alerts.put(penalty(bureau="330100"))
    [notice] = await alerts.notices()
    assert (notice.bureau, "测试市场监管局" in notice.body) == (BUREAU, True)


async def test_a_fall_of_grade_waits_for_the_records_that_explain_it(alerts: RunningAlerts) -> None:
    await alerts.announce(fall(), wait=False)
    await alerts.put(penalty())
    [notice] = await alerts.notices("grade_fell")
    for part in ("B → D", "receipt-1", "测监罚〔2026〕1号", "异议", "law verify"):
        assert part in notice.title + notice.body


async def test_a_rise_a_first_load_and_a_review_have_no_notice(
    alerts: RunningAlerts,
) -> None:
    await alerts.put(subject(2, in_review=True))
    rise = fall()
    rise.fell = False
    await alerts.announce(rise, fall(baseline=True), fall(subject_id="s2"))
    assert await alerts.notices() == []


async def test_letters_go_to_the_subject_and_reminders_to_the_bureau(alerts: RunningAlerts) -> None:
    letter = objection_pb2.Letter(letter_id="l1", title="异议处理结果", body="一、\n二、")
    rung = objection.TermRungReached(case=case(), rung="nearly_due", message_zh="剩余 2 个工作日")
    announced: list[Message] = [objection.LetterIssued(case=case(), letter=letter), rung]
    await alerts.announce(*announced, aggregate="case/c1")
    [sent] = await alerts.notices("letter")
    await alerts.term_digests.tell(BUREAU)
    [reminder] = await alerts.notices("term")
    assert (sent.title, sent.body, sent.subject_id) == ("异议处理结果", "一、\n二、", "s1")
    assert (reminder.address, reminder.subject_id) == ("desk@test.example", "")
    assert (reminder.about, reminder.body) == ("case/c1", "剩余 2 个工作日")
    await alerts.announce(rung, aggregate="case/c1")  # an extended term reaches the same rung again
    await alerts.term_digests.tell(BUREAU)
    assert len(await alerts.notices("term")) == 2


async def test_letters_go_to_an_agent_as_well_while_the_mandate_holds(
    alerts: RunningAlerts,
) -> None:
    await alerts.put(subject(2))
    coming, past = "2100-01-01", "2020-01-01"
    for place, (until, by) in enumerate(((coming, "a"), (past, "a"), (coming, "")), 1):
        agent = objection_pb2.Agent(subject_id="s2", until=until, checked_by=by)
        acting = case(agent=agent)
        letter = objection_pb2.Letter(letter_id=f"l{place}", title="异议处理结果", body="一、")
        await alerts.announce(
            objection.LetterIssued(case=acting, letter=letter),
            objection.ObjectionLodged(case=acting),
            aggregate=f"case/{place}",
        )
    sent = [(notice.key, notice.subject_id) for notice in await alerts.notices("letter")]
    assert sorted(sent) == [
        ("letter/l1", "s1"),
        ("letter/l1/agent", "s2"),
        ("letter/l2", "s1"),
        ("letter/l3", "s1"),
    ]
    told = [(notice.key, notice.subject_id) for notice in await alerts.notices("case")]
    assert sorted(told) == [
        ("letter/l3/agent", "s2"),
        ("received/c1", "s1"),
        ("received/c1/agent", "s2"),
    ]


async def test_reminders_that_come_together_are_one_notice(alerts: RunningAlerts) -> None:
    reminders = [overdue(number) for number in range(40)]
    for reminder in reminders:
        await alerts.announce(reminder, aggregate=f"case/{reminder.case.case_id}", wait=False)
    await alerts.wait_until_idle()
    async with running(alerts.term_digests.run()):  # waits until no more have come for a while
        await asyncio.sleep(0)
        assert not await alerts.notices("term")
        alerts.clock.moment += QUIET
        await eventually(lambda: _told(alerts))
    [notice] = await alerts.notices("term")
    assert (notice.about, "共 40 项" in notice.title) == ("", True)
    assert all(reminder.message_zh in notice.body for reminder in reminders)
    await alerts.term_digests.tell(BUREAU)  # nothing is told twice
    assert len(await alerts.notices("term")) == 1


async def _told(alerts: RunningAlerts) -> bool:
    return bool(await alerts.notices("term"))


async def test_a_bureau_hears_at_once_that_its_decision_was_sent_back(
    alerts: RunningAlerts,
) -> None:
    anew = case()
    anew.number, anew.term.target_on = "异议〔2026〕330106-0002号", "2026-09-20"
    sent_back: list[Message] = [objection.ObjectionSentBack(case=anew)] * 2
    await alerts.announce(*sent_back, aggregate="case/c1")
    [told] = await alerts.notices("term")
    assert (told.address, anew.number in told.title) == ("desk@test.example", True)
    assert "期限至2026-09-20" in told.body


async def test_a_lodged_case_has_a_receipt_and_stands_in_one_digest_of_the_next_morning(
    alerts: RunningAlerts,
) -> None:
    new = case(kind="objection", accept_by="2026-09-21", accept_by_example=True)
    new.lodged_at.FromDatetime(alerts.clock.now())
    taken = case(kind="objection", accept_by="2026-09-21")
    taken.case_id, taken.number = "c2", "测异〔2026〕2号"
    for lodged in (new, new, taken):
        event = objection.ObjectionLodged(case=lodged)
        await alerts.announce(event, aggregate=f"case/{lodged.case_id}")
    await alerts.announce(objection.ObjectionAccepted(case=taken), aggregate="case/c2")
    receipt, _ = await alerts.notices("case")
    assert (receipt.subject_id, receipt.about) == ("s1", "case/c1")
    assert receipt.title == "收件回执：异议 测异〔2026〕1号"
    assert "将不晚于2026-09-21（天数为示例值，各文本没有规定）决定是否受理" in receipt.body
    await alerts.watch_days(2)
    [digest] = [one for one in await alerts.notices("case") if not one.subject_id]
    assert digest.address == "desk@test.example"
    assert digest.title.startswith("新收到的申请：1 件")
    assert "测异〔2026〕1号" in digest.body
    assert "测异〔2026〕2号" not in digest.body


async def test_the_head_hears_of_an_extension_at_once_and_the_applicant_of_the_decision(
    alerts: RunningAlerts,
) -> None:
    asked = case(extension_requested_days=5, extension_ground="须委托鉴定")
    asked.term.target_on = "2026-09-21"
    await alerts.announce(objection.ExtensionRequested(case=asked), aggregate="case/c1")
    [desk] = await alerts.notices("case")
    assert (desk.address, desk.title) == (
        "desk@test.example",
        "请单位负责人审批延期：测异〔2026〕1号",
    )
    assert "须委托鉴定" in desk.body
    longer = case()
    longer.term.target_on = "2026-09-28"
    decided = objection.ExtensionDecided(case=longer, approved=True)
    await alerts.announce(decided, aggregate="case/c1")
    [told] = [one for one in await alerts.notices("case") if one.subject_id]
    assert told.title == "办理期限已批准延长：测异〔2026〕1号"
    assert "至2026-09-28届满" in told.body


async def test_a_reminder_for_the_city_is_told_to_both_bureaus(alerts: RunningAlerts) -> None:
    city = f"{BUREAU[:4]}00"
    await alerts.put(pb.Bureau(code=city, name="测试市局", email="city@test.example", version=1))
    late = overdue(1)
    late.tells.extend(["caseworker", "unit_head", "municipal_bureau"])
    await alerts.announce(late, aggregate="case/c1")
    for bureau in (BUREAU, city):
        await alerts.term_digests.tell(bureau)
    addresses = {one.address for one in await alerts.notices("term")}
    assert addresses == {"desk@test.example", "city@test.example"}


async def test_a_note_that_names_a_colleague_is_told_without_its_text(
    alerts: RunningAlerts,
) -> None:
    named = objection.ColleaguesNamed(case=case(), note_id="n1", author_name="张三", names=["李四"])
    await alerts.announce(named, named, aggregate="case/c1")
    [told] = await alerts.notices("case")
    assert (told.address, told.title) == ("desk@test.example", "请李四查看备注：测异〔2026〕1号")


async def test_a_receiver_of_shared_records_is_mailed_once(alerts: RunningAlerts) -> None:
    due = objection.ReceiverMailDue(
        mail_id="m1",
        case_id="c1",
        bureau=BUREAU,
        email="credit@bank.example",
        title="计量信用信息变更：测试加油站",
        body="测试银行：\n1. 行政处罚：已删除。",
    )
    await alerts.announce(due, due, aggregate="case/c1")
    [told] = await alerts.notices("case")
    assert (told.address, told.title, told.about) == (due.email, due.title, "case/c1")
    assert (told.bureau, told.subject_id) == (BUREAU, "")
    assert "1. 行政处罚：已删除。" in told.body
    # Tried again, it goes to the receiver and not to the desk of the bureau.
    async with alerts.changes.change(service_caller("alerts")) as change:
        (await change.session.get_one(Notice, told.notice_id)).state = NoticeState.FAILED
    async with alerts.changes.change(service_caller("alerts")) as change:
        again = alerts_pb2.RetryDeliveryRequest(notice_id=told.notice_id)
        assert (await retry_delivery(change, again)).notice.address == due.email


async def test_a_notice_without_an_address_is_kept_and_not_sent(alerts: RunningAlerts) -> None:
    nobody = subject(2)
    nobody.email = ""
    await alerts.put(nobody, penalty(subject_id="s2"))
    [notice] = await alerts.notices()
    assert (notice.state.value, notice.attempts) == ("no_address", 0)
    assert alerts.timers.delivered == []


async def test_one_digest_per_operator_and_day_the_most_severe_first(alerts: RunningAlerts) -> None:
    await alerts.put(
        subject(2),
        *(instrument(n, type_code="电子计价秤") for n in (1, 2)),
        instrument(3, subject_id="s2"),
        verification(1, date(2026, 11, 15)),
        verification(2, date(2026, 9, 14)),
        verification(3, date(2026, 10, 15)),
    )
    await alerts.watch_days(1)
    first, second = sorted(await alerts.notices("digest"), key=lambda notice: notice.subject_id)
    assert (first.subject_id, second.subject_id) == ("s1", "s2")
    red, green = (line for line in first.body.splitlines() if "出厂编号" in line)
    assert red.startswith("1. 【红色警示】")
    assert green.startswith("2. 【绿色提示】")
    assert "有效期至 2026-09-14" in red
    assert "S4" not in red  # articles stand with the title of their text
    assert "民生计量信用监督管理暂行办法" in red
    await alerts.watch_days(1)
    assert len(await alerts.notices("digest")) == 2
