"""Sharings of records, and what their receivers and the public hear of cases, on real processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from sqlmodel import col, select

from plumbing.client import ask, new_request_id
from plumbing.database import Database
from plumbing.events.outbox import Outbox
from protos.objection.v1 import events_pb2 as events
from protos.objection.v1 import objection_pb2 as cases
from protos.objection.v1 import publicity_pb2 as publicity
from protos.objection.v1 import sharings_pb2 as pb
from protos.registry.v1 import publication_pb2 as publication
from protos.registry.v1 import registry_pb2 as registry
from tests.integration.objection.processes import Cast, local, refused
from tests.integration.objection.test_repairs import (
    FACTS_BELOW_E,
    PUBLIC,
    accept,
    confirming,
    deciding,
    shop_of,
)
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.asyncio(loop_scope="module")
BANK, COUNCIL = "测试银行", "测试区住房和建设局"


def sharing(*records: registry.Record, **changed: Any) -> pb.RecordSharingRequest:
    fields: dict[str, Any] = {
        "request_id": new_request_id(),
        "record_ids": [record.record_id for record in records],
        "receiver": COUNCIL,
        "contact": "测试路1号，信用科",
        "way": "letter",
        "shared_on": "2026-09-10",
        "document": "测市监函〔2026〕7号",
        "purpose": "招标资格审查时参考",
    }
    return pb.RecordSharingRequest(**{**fields, **changed})


async def shared(cast: Cast, *records: registry.Record, **changed: Any) -> pb.Sharing:
    call = cast.caseworker.sharings.RecordSharing(sharing(*records, **changed))
    return (await ask(call)).sharing


async def notices_of(cast: Cast, case: cases.Case) -> dict[str, pb.ReceiverNotice]:
    request = pb.ListReceiverNoticesRequest(case_id=case.case_id)
    answer = await ask(cast.caseworker.sharings.ListReceiverNotices(request))
    return {one.receiver: one for one in answer.notices}


@pytest_asyncio.fixture(loop_scope="module")
async def outbox(cast: Cast) -> AsyncIterator[Any]:
    """Reads the mails to receivers that were announced, by their id."""
    database = Database(cast.processes.settings.database_url("objection"))

    async def mails() -> dict[str, events.ReceiverMailDue]:
        async with database.snapshot() as session:
            rows = (await session.exec(select(Outbox).order_by(col(Outbox.seq)))).all()
        due = [row for row in rows if "receiver_mail_due" in row.subject.lower()]
        read = [events.ReceiverMailDue.FromString(row.payload) for row in due]
        assert len({one.mail_id for one in read}) == len(read)
        return {one.mail_id: one for one in read}

    yield mails
    await database.close()


async def test_whoever_got_a_record_hears_of_its_deletion_by_mail_or_letter(
    cast: Cast, outbox: Any
) -> None:
    record, other = await cast.penalty(), await cast.penalty()
    await shared(cast, record)
    await shared(cast, record, other, receiver=BANK, email="credit@bank.example", way="feed")
    await shared(cast, other, receiver="无关单位")
    ended = await shared(cast, record, receiver="已删除的单位")
    end = pb.EndSharingRequest(
        request_id=new_request_id(), sharing_id=ended.sharing_id, reasons="对方已删除"
    )
    assert (await ask(cast.caseworker.sharings.EndSharing(end))).sharing.HasField("ended_at")
    case = await cast.accept(await cast.lodge(record))
    await cast.decide(case, "delete")
    read = await cast.closed(case)
    notices = await notices_of(cast, case)
    assert {name: one.state for name, one in notices.items()} == {
        BANK: "mailed",
        COUNCIL: "to_send",
    }
    for notice in notices.values():
        assert list(notice.record_ids) == [record.record_id]
        assert f"{record.source_ref}）：已删除。" in notice.body
        assert case.number in notice.body
    assert notices[COUNCIL].due_on == "2026-09-20"  # five working days, one a Sunday that works
    mail = (await outbox())[notices[BANK].notice_id]
    assert (mail.email, mail.body) == ("credit@bank.example", notices[BANK].body)
    # A mail that did not arrive is served by hand.
    served = pb.RecordNoticeSentRequest(
        request_id=new_request_id(),
        notice_id=notices[BANK].notice_id,
        means="served",
        sent_on="2026-09-14",
        remark="送达回证2号",
    )
    assert (await ask(cast.caseworker.sharings.RecordNoticeSent(served))).notice.state == "sent"
    [step] = [one for one in read.steps if one.step == "inform_receivers"]
    assert set(step.note.split("、")) == {f"{COUNCIL}（须人工送达）", f"{BANK}（邮件）"}
    told = f"上述信息曾提供给{COUNCIL}、{BANK}，本机关将处理结果告知上述单位。"
    assert told in read.letters[0].body


async def test_a_notice_by_hand_waits_for_a_person_and_is_recorded_once(cast: Cast) -> None:
    record = await cast.penalty()
    await shared(cast, record)
    case = await cast.accept(await cast.lodge(record))
    await cast.decide(case, "stop_disclosure")
    await cast.closed(case)
    notice = (await notices_of(cast, case))[COUNCIL]
    assert "已终止披露" in notice.body
    waiting = await ask(
        cast.unit_head.sharings.ListReceiverNotices(pb.ListReceiverNoticesRequest())
    )
    assert notice.notice_id in {one.notice_id for one in waiting.notices}
    sent = {"notice_id": notice.notice_id, "means": "posted", "remark": "挂号信 1234"}
    early = pb.RecordNoticeSentRequest(request_id=new_request_id(), sent_on="2026-09-01", **sent)
    refusal = await refused(cast.caseworker.sharings.RecordNoticeSent(early))
    assert [fault[0] for fault in refusal.faults] == ["sent_on"]
    today = pb.RecordNoticeSentRequest(request_id=new_request_id(), sent_on="2026-09-14", **sent)
    away = await refused(cast.elsewhere.sharings.RecordNoticeSent(today))
    assert away.reason == "NOT_PERMITTED"
    done = (await ask(cast.caseworker.sharings.RecordNoticeSent(today))).notice
    assert (done.state, done.sent_on, done.remark) == ("sent", "2026-09-14", "挂号信 1234")
    today.request_id = new_request_id()
    assert (await refused(cast.caseworker.sharings.RecordNoticeSent(today))).reason == "WRONG_STATE"
    answer = await ask(cast.unit_head.sharings.ListReceiverNotices(pb.ListReceiverNoticesRequest()))
    assert notice.notice_id not in {one.notice_id for one in answer.notices}


async def test_a_sharing_that_is_entered_late_is_told_at_once(cast: Cast) -> None:
    record = await cast.penalty()
    case = await cast.accept(await cast.lodge(record))
    await cast.decide(case, "delete")
    await cast.closed(case)
    assert await notices_of(cast, case) == {}
    late = await ask(cast.caseworker.sharings.RecordSharing(sharing(record)))
    [notice] = late.notices
    assert (notice.case_id, notice.receiver) == (case.case_id, COUNCIL)
    assert (await notices_of(cast, case))[COUNCIL] == notice


async def test_who_got_the_grade_hears_that_it_changed(cast: Cast) -> None:
    shop = await shop_of(cast, "graded")
    kept, record = await shop.entered(points=1), await shop.entered(points=20)
    await shared(cast, kept, with_grade=True)
    request = cases.LodgeObjectionRequest(
        request_id=new_request_id(),
        subject_id=shop.subject_id,
        record_ids=[record.record_id],
        grounds="器具合格",
    )
    case = (await ask(shop.operator.objection.LodgeObjection(request))).case
    await cast.decide(await cast.accept(case), "delete")
    done = (await shop.closed(case)).case
    assert done.grade_before != done.grade_after
    notice = (await notices_of(cast, case))[COUNCIL]
    assert list(notice.record_ids) == []
    assert f"信用等级由{done.grade_before}变为{done.grade_after}。" in notice.body


async def shared_while_it_is_disputed(cast: Cast, outbox: Any, by_platform: dict[str, Any]) -> None:
    """Whoever gets a record hears that an objection runs; once it is deleted, that it is over."""
    record = await cast.penalty()
    case = await cast.accept(await cast.lodge(record))
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not (await cast.record(record.record_id)).contested:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    sent = await shared(cast, record, **by_platform)
    assert "主体对其提出的异议正在办理" in (await outbox())[sent.sharing_id].body
    await cast.decide(case, "stop_disclosure")
    await cast.closed(case)
    stopped = await refused(cast.caseworker.sharings.RecordSharing(sharing(record, **by_platform)))
    assert [fault[0] for fault in stopped.faults] == ["record_ids"]


async def test_the_platform_sends_records_only_if_they_may_be_shared(
    cast: Cast, outbox: Any
) -> None:
    record = await cast.penalty()
    by_platform: dict[str, Any] = {"way": "platform", "shared_on": ""}
    without = await refused(cast.caseworker.sharings.RecordSharing(sharing(record, **by_platform)))
    assert [fault[0] for fault in without.faults] == ["email"]
    by_platform["email"] = "desk@council.example"
    sent = await shared(cast, record, **by_platform)
    assert sent.shared_on == "2026-09-14"
    mail = (await outbox())[sent.sharing_id]
    assert record.source_ref in mail.body
    assert record.summary not in mail.body
    assert "异议" not in mail.body
    await shared_while_it_is_disputed(cast, outbox, by_platform)
    unverified = await cast.penalty(verified=False)
    early = await refused(
        cast.caseworker.sharings.RecordSharing(sharing(unverified, **by_platform))
    )
    assert [fault[0] for fault in early.faults] == ["record_ids"]
    secret = publication.ReviewRecordRequest(
        request_id=new_request_id(),
        record_id=record.record_id,
        version=1,
        classification="state_secret",
        reasons="涉密",
    )
    await ask(cast.both.publication.ReviewRecord(secret))
    held = await refused(cast.caseworker.sharings.RecordSharing(sharing(record, **by_platform)))
    assert [fault[0] for fault in held.faults] == ["record_ids"]
    # A letter that was sent before is entered all the same.
    await shared(cast, record)


async def test_what_cannot_be_a_sharing_is_refused_with_its_field(cast: Cast) -> None:
    record = await cast.penalty()
    of_rival = await cast.penalty(cast.rival_id)
    for wrong, fields in (
        (sharing(record, shared_on="2026-09-15"), ["shared_on"]),
        (sharing(record, shared_on=""), ["shared_on"]),
        (sharing(record, receiver=" ", purpose=" "), ["receiver", "purpose"]),
        (sharing(record, of_rival), ["record_ids"]),
        (sharing(record, record_ids=["nothing"]), ["record_ids"]),
    ):
        refusal = await refused(cast.caseworker.sharings.RecordSharing(wrong))
        assert [fault[0] for fault in refusal.faults] == fields
    away = await refused(cast.elsewhere.sharings.RecordSharing(sharing(record)))
    assert away.reason == "NOT_PERMITTED"
    row = await shared(cast, record)
    end = pb.EndSharingRequest(
        request_id=new_request_id(), sharing_id=row.sharing_id, reasons="登记有误"
    )
    assert (await refused(cast.elsewhere.sharings.EndSharing(end))).reason == "NOT_PERMITTED"
    await ask(cast.caseworker.sharings.EndSharing(end))
    end.request_id = new_request_id()
    assert (await refused(cast.caseworker.sharings.EndSharing(end))).reason == "WRONG_STATE"
    listed = pb.ListSharingsRequest(record_id=record.record_id)
    assert not (await ask(cast.caseworker.sharings.ListSharings(listed))).sharings
    listed.include_ended = True
    [found] = (await ask(cast.caseworker.sharings.ListSharings(listed))).sharings
    assert found.ended_reasons == "登记有误"
    assert not (await ask(cast.elsewhere.sharings.ListSharings(listed))).sharings


async def released(cast: Cast, record: registry.Record) -> None:
    """Has a record reviewed, and its subject told of it by hand."""
    review = publication.ReviewRecordRequest(
        request_id=new_request_id(),
        record_id=record.record_id,
        version=1,
        classification="open",
        summary=record.summary,
    )
    await ask(cast.both.publication.ReviewRecord(review))
    told = publication.RecordTellingRequest(
        request_id=new_request_id(),
        record_id=record.record_id,
        version=1,
        told_on="2026-09-14",
        remark="送达回证1号",
        means="served",
    )
    await ask(cast.both.publication.RecordTelling(told))


async def announced(cast: Cast, subject_id: str) -> list[publicity.Announcement]:
    request = publicity.ListAnnouncementsRequest(subject_id=subject_id)
    return list((await ask(cast.elsewhere.publicity.ListAnnouncements(request))).announcements)


async def taken_down_as_private(cast: Cast, record: registry.Record) -> None:
    """Has the record of an announced repair withheld, shown again, and withheld for good."""
    [shown] = await announced(cast, record.subject_id)
    review = publication.ReviewRecordRequest(
        request_id=new_request_id(),
        record_id=record.record_id,
        version=(await cast.record(record.record_id)).version,
        classification="open",
        summary=record.summary,
        reasons="涉及个人隐私",
    )
    refusal = await refused(cast.both.publication.ReviewRecord(review))
    assert refusal.reason == "WRONG_STATE"  # what was repaired is not published anew
    for classification, summary in (("privacy", ""), ("open", record.summary), ("privacy", "")):
        review.classification, review.summary = classification, summary
        review.request_id = new_request_id()
        await ask(cast.both.publication.ReviewRecord(review))
        is_open = classification == "open"
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (shown in await announced(cast, record.subject_id)) is not is_open:  # noqa: ASYNC110
                await asyncio.sleep(0.05)


async def test_a_repair_is_announced_where_the_record_was_public_and_then_taken_down(
    cast: Cast,
) -> None:
    """The last test of the file, because it moves the clock."""
    shop, unseen = await shop_of(cast, "announced"), await shop_of(cast, "unseen")
    record = await shop.entered(determined_on=PUBLIC)
    hidden = await unseen.entered(determined_on=PUBLIC)
    found_private = await shop_of(cast, "private")
    private = await found_private.entered(determined_on=PUBLIC)
    await released(cast, record)
    await released(cast, private)
    await cast.processes.advance_to(local("2026-09-23", 10))  # after the window
    for one, of_record in ((shop, record), (unseen, hidden), (found_private, private)):
        case = await accept(cast.caseworker, await one.lodge(of_record))
        for fact in FACTS_BELOW_E:
            await ask(cast.caseworker.repair.ConfirmCondition(confirming(case, fact)))
        await ask(cast.caseworker.repair.DecideRepair(deciding(case, confirm=True)))
        read = await one.closed(case)
        steps = [step for step in read.steps if step.step == "publish_changes"]
        assert len(steps) == (0 if one is unseen else 1)
    [found] = await announced(cast, shop.subject_id)
    assert (found.record_id, found.source_ref) == (record.record_id, record.source_ref)
    assert (found.repaired_on, found.announced_until) == ("2026-09-23", "2026-10-22")
    assert found.example
    assert "S3 21" in found.cite
    assert await announced(cast, unseen.subject_id) == []
    changes = await ask(
        cast.elsewhere.publicity.ListRecordChanges(publicity.ListRecordChangesRequest())
    )
    told = [one for one in changes.changes if one.record_id in (record.record_id, hidden.record_id)]
    assert [(one.record_id, one.change) for one in told] == [(record.record_id, "confirm_repair")]
    await taken_down_as_private(cast, private)
    await cast.processes.advance_to(local("2026-10-22", 23))
    assert len(await announced(cast, shop.subject_id)) == 1
    await cast.processes.advance_to(local("2026-10-23"))
    assert await announced(cast, shop.subject_id) == []
