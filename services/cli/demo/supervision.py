"""Acts 2 and 3 of the demo: instruments change colour, and a penalty lowers a grade."""

from __future__ import annotations

from datetime import timedelta

from plumbing.client import new_request_id
from protos.alerts.v1 import alerts_pb2 as alerts
from protos.grading.v1 import grading_pb2 as grading
from protos.registry.v1 import registry_pb2 as registry
from services.cli.commands.platform import advance_clock
from services.cli.demo import cast
from services.cli.demo.cast import Part
from services.cli.demo.mail import Mail
from services.cli.demo.scene import Scene, grade_text
from services.cli.health import agreement
from services.cli.output import answer
from services.cli.sample.instruments import INSTITUTION
from services.cli.sample.subjects import subjects

PENALTY_POINTS = 20  # a single deduction from which 120 judges directly; the bureau's own figure


async def colours(scene: Scene) -> None:
    """Act 2: shows the day's colours, one digest per operator, and a red alert for a rejection."""
    stage = scene.stage
    stage.act("三色预警：到期提示、当日摘要、不合格立即红色", "S4 四(一)")
    await stage.until(
        "各服务已收到登记册的全部内容",
        "every service has the whole register",
        lambda: _received(scene),
    )
    await stage.until(
        "各机关的每日巡查已完成首日",
        "every bureau's watch has done its first day",
        lambda: _watched(scene),
    )
    stage.holds(not scene.mails(), "首次建档没有惊动任何人", "the baseline alarmed nobody")
    await advance_clock(scene.administrator, timedelta(days=1))
    await stage.until(
        f"时钟拨到 {await scene.today()}，各机关当日巡查完成",
        "a day later, every bureau's watch has run",
        lambda: _watched(scene),
    )
    summary = await scene.administrator.alerts.SummariseColours(alerts.SummariseColoursRequest())
    answer.print_response(summary, as_json=False)
    await _digests(scene)
    await _rejection(scene)


async def _received(scene: Scene) -> bool | None:
    return await agreement.is_at_rest(scene.administrator) or None


async def _watched(scene: Scene) -> bool | None:
    return await scene.watched_through(await scene.today())


async def _digests(scene: Scene) -> None:
    client = scene.administrator

    async def all_delivered() -> list[alerts.Notice] | None:
        answer = await client.alerts.ListNotices(alerts.ListNoticesRequest(page_size=1000))
        digests = [notice for notice in answer.notices if notice.kind == "digest"]
        done = digests and all(notice.state == "delivered" for notice in digests)
        return digests if done else None

    digests = await scene.stage.until(
        "预警摘要已送达收件箱", "the digests are in the mailbox", all_delivered
    )
    addresses = [notice.address for notice in digests]
    arrived = [one for one in scene.mails() if one.to in addresses]
    scene.stage.holds(
        len(addresses) == len(set(addresses)) == len(arrived),
        f"{len(addresses)} 个经营者当日各收到一封摘要",
        "one digest per operator and day",
    )
    _quote(scene, arrived[0])


async def _rejection(scene: Scene) -> None:
    stage, today = scene.stage, await scene.today()
    await _engage(scene)
    instrument = await _valid_instrument(scene)
    verification = registry.Verification(
        instrument_id=instrument.instrument_id,
        result="reject",
        verified_on=today.isoformat(),
        institution=INSTITUTION,
        certificate_no="样例不合格通知001",
    )
    request = registry.RecordVerificationRequest(
        request_id=new_request_id(), verification=verification
    )
    await scene.clients["institution"].registry.RecordVerification(request)
    stage.say(f"检定机构登记：{instrument.type_code} {instrument.serial_no} 检定不合格")

    async def red() -> alerts.InstrumentColour | None:
        seen = await _colour(scene, instrument.instrument_id)
        return seen if seen.colour == "red" else None

    seen = await stage.until("该器具立即变为红色警示", "the instrument is red at once", red)
    stage.say(f"原因：{seen.reason_zh}（{seen.cite}）")
    await stage.until(
        "使用单位已收到不合格通知",
        "its user has been told",
        scene.arrived(scene.subject.email, instrument.serial_no, "不合格"),
    )


async def _engage(scene: Scene) -> None:
    """Finds the subject of the story and engages those who deal with it."""
    first = subjects()[0]
    found = await scene.administrator.registry.GetSubject(
        registry.GetSubjectRequest(subject_id=first.credit_code)
    )
    scene.subject = found.subject
    here = scene.subject.bureau
    parts = {
        "operator": Part(
            "sample.operator", "样例经营者", "operator", subject_id=scene.subject.subject_id
        ),
        "inspector": Part("sample.inspector", "样例检查人员", "inspector", here),
        "caseworker": Part("sample.caseworker", "样例办案人员", "caseworker", here),
        "unit_head": Part("sample.unithead", "样例单位负责人", "unit_head", here),
        "institution": Part(
            "sample.institution",
            "样例检定机构",
            "verification_institution",
            here,
            institution=INSTITUTION,
        ),
    }
    scene.clients = await cast.engage_all(
        scene.platform.settings, scene.administrator, parts, scene.exits
    )


async def _valid_instrument(scene: Scene) -> alerts.InstrumentColour:
    wanted = alerts.ListColoursRequest(subject_id=scene.subject.subject_id, colour="none")
    answer = await scene.clients["operator"].alerts.ListColours(wanted)
    return next(one for one in answer.instruments if one.valid_until)


async def _colour(scene: Scene, instrument_id: str) -> alerts.InstrumentColour:
    wanted = alerts.ListColoursRequest(instrument_id=instrument_id)
    answer = await scene.clients["operator"].alerts.ListColours(wanted)
    return answer.instruments[0]


async def penalty(scene: Scene) -> None:
    """Act 3: enters a penalty; shows the lower grade and its receipt, article by article."""
    stage, operator = scene.stage, scene.clients["operator"]
    stage.act("录入行政处罚，等级下降，凭据逐条说明", "S4 四(三)")
    scene.grade_before = await scene.grade(scene.subject.subject_id)
    scene.record = await _enter_penalty(scene)
    stage.say(f"{scene.subject.name}：检查人员录入处罚，单次扣 {PENALTY_POINTS} 分")
    after = await stage.until(
        "该记录已计入评价", "the record has been graded", lambda: graded(scene, scene.record)
    )
    stage.holds(
        scene.grade_before.grade == "A" and after.grade == "E",
        f"等级 {grade_text(scene.grade_before)} → {grade_text(after)}",
        f"the grade falls from {scene.grade_before.grade} to {after.grade}",
    )
    wanted = grading.GetReceiptRequest(receipt_id=after.receipt_id)
    receipt = await operator.grading.GetReceipt(wanted)
    for sentence in receipt.explanation_zh:
        stage.say(f"  │ {sentence}")
    verified = await operator.grading.VerifyReceipt(
        grading.VerifyReceiptRequest(receipt_id=after.receipt_id)
    )
    stage.holds(
        not verified.differences, "凭据重新计算，结果一致", "the receipt recomputes to itself"
    )
    told_of = await stage.until(
        "经营者收到不良信息和降级通知，含依据与救济途径",
        "the operator is told, with ground and remedy",
        scene.arrived(scene.subject.email, "E", "异议"),
    )
    _quote(scene, told_of)


async def _enter_penalty(scene: Scene) -> registry.Record:
    today = await scene.today()
    record = registry.Record(
        subject_id=scene.subject.subject_id,
        kind="penalty",
        occurred_on=(today - timedelta(days=10)).isoformat(),
        determined_on=today.isoformat(),
        verified=True,
        points=PENALTY_POINTS,
        source_ref="样例罚〔2026〕第1号",
        provided_by="样例·执法科",
        summary="加油机铅封破损，处以罚款",
    )
    request = registry.EnterRecordRequest(request_id=new_request_id(), record=record)
    return (await scene.clients["inspector"].registry.EnterRecord(request)).record


async def graded(scene: Scene, record: registry.Record) -> grading.Grade | None:
    """Returns the subject's grade if it counts this version of the record, otherwise None."""
    wanted = grading.GetRecordGradedRequest(record_id=record.record_id, version=record.version)
    answer = await scene.clients["caseworker"].grading.GetRecordGraded(wanted)
    return answer.grade if answer.graded else None


def _quote(scene: Scene, mail: Mail) -> None:
    scene.stage.say(f"收件人 {mail.to}：{mail.title}")
    for line in mail.body.splitlines()[:12]:
        scene.stage.say(f"  │ {line}")
