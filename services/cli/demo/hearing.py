"""Acts 4 and 6 of the demo: an objection is lodged and extended, then decided and carried out."""

from __future__ import annotations

from datetime import date, timedelta

from law.terms import ledger as terms
from law.terms.workdays import edition, nth_working_day
from plumbing.client import new_request_id
from protos.grading.v1 import grading_pb2 as grading
from protos.objection.v1 import objection_pb2 as objection
from protos.registry.v1 import registry_pb2 as registry
from services.cli.commands.platform import advance_clock
from services.cli.demo.scene import Scene, grade_text, term_text

REMINDER = "rung"


async def case_of(scene: Scene) -> objection.Case:
    """Reads the objection case of the demo, as the caseworker sees it."""
    return (await _whole_case(scene)).case


async def _whole_case(scene: Scene) -> objection.GetCaseResponse:
    wanted = objection.GetCaseRequest(case_id=scene.case_id)
    answer: objection.GetCaseResponse = await scene.clients["caseworker"].objection.GetCase(wanted)
    return answer


async def object_and_extend(scene: Scene) -> None:
    """Act 4: an objection is lodged, accepted and extended; its working days cross a holiday."""
    stage, clients = scene.stage, scene.clients
    stage.act("经营者提出异议，受理、延期审批", "S3 27；S3 28；S4 五(三)")
    lodged = await clients["operator"].objection.LodgeObjection(
        objection.LodgeObjectionRequest(
            request_id=new_request_id(),
            subject_id=scene.subject.subject_id,
            record_ids=[scene.record.record_id],
            grounds="铅封系消防演练时碰断，当日已报修并留有记录，不属故意破坏。",
            evidence=["报修记录", "监控录像"],
        )
    )
    scene.case_id = lodged.case.case_id
    stage.say(f"案号 {lodged.case.number}")
    await stage.until(
        "争议记录处处标为异议中：登记与等级",
        "the record is marked as contested in register and grade",
        lambda: _contested(scene),
    )
    accepted = await clients["caseworker"].objection.AcceptObjection(
        objection.AcceptObjectionRequest(request_id=new_request_id(), case_id=scene.case_id)
    )
    await _five_days(scene, accepted.case)
    await _extension(scene, accepted.case)


async def _contested(scene: Scene) -> bool | None:
    record = await _record(scene)
    grade = await scene.grade(scene.subject.subject_id)
    return True if record.contested and grade.contested else None


async def _record(scene: Scene) -> registry.Record:
    wanted = registry.GetRecordRequest(record_id=scene.record.record_id)
    return (await scene.clients["caseworker"].registry.GetRecord(wanted)).record


async def _five_days(scene: Scene, case: objection.Case) -> None:
    today = await scene.today()
    first = terms.start("objection_first", today, edition())
    scene.stage.say(f"受理：{term_text(case)}")
    scene.stage.holds(
        case.term.target_on == nth_working_day(today, first.budget, edition()).date.isoformat(),
        f"先为 {case.term.budget_days} 个工作日（周日 2026-09-20 调休上班，计入）",
        "first five working days; a Sunday worked in lieu counts",
    )


async def _extension(scene: Scene, case: objection.Case) -> None:
    stage, clients = scene.stage, scene.clients
    days = case.term.cap_days - case.term.budget_days
    await clients["caseworker"].objection.RequestExtension(
        objection.RequestExtensionRequest(
            request_id=new_request_id(),
            case_id=scene.case_id,
            days=days,
            ground="需调取监控并请检定机构鉴定铅封，情况复杂。",
        )
    )
    approved = await clients["unit_head"].objection.DecideExtension(
        objection.DecideExtensionRequest(
            request_id=new_request_id(), case_id=scene.case_id, approve=True, note="同意"
        )
    )
    term = approved.case.term
    stage.say(f"单位负责人批准延长 {days} 个工作日：{term_text(approved.case)}")
    longest = nth_working_day(date.fromisoformat(term.started_on), term.cap_days, edition())
    stage.holds(
        term.budget_days == term.cap_days and term.target_on == longest.date.isoformat(),
        f"至多 {term.cap_days} 个工作日，跨中秋、国庆和 10 月 10 日调休，至 {term.target_on}",
        "then twenty at most, across the holidays and a make-up day",
    )


async def decide(scene: Scene) -> None:
    """Act 6: one reminder is sent, the objection is granted, and the grade is restored."""
    stage = scene.stage
    stage.act("时钟前进：催办一次；异议成立，更正记录，恢复等级", "S3 28；S4 五(三)；S3 27")
    await _reminder(scene)
    await scene.clients["caseworker"].objection.DecideObjection(
        objection.DecideObjectionRequest(
            request_id=new_request_id(),
            case_id=scene.case_id,
            outcome="delete",
            reasons="经调取监控和检定机构鉴定，铅封系意外碰断，处罚依据不成立，予以删除。",
        )
    )
    stage.say("办案人员作出决定：删除该信息；后续由工作流完成")
    closed = await stage.until(
        "更正、重新评价、文书、告知、结案依次完成",
        "corrected, graded again, letter issued, told, closed",
        lambda: _closed(scene),
    )
    await _restored(scene, closed)


async def _reminder(scene: Scene) -> None:
    stage, case = scene.stage, await case_of(scene)
    started = date.fromisoformat(case.term.started_on)
    term = terms.start("objection_first", started, edition())
    longest = term.extend(term.cap - term.budget, "sample", "sample", started, edition=edition())
    first = longest.reminders(edition())[0]
    await advance_clock(scene.administrator, timedelta(0), first.at + timedelta(minutes=1))
    stage.say(f"时钟拨到 {await scene.now():%Y-%m-%d %H:%M}")
    await stage.until(
        f"期限提醒（{first.id}）已发出", "the reminder rung was reached", lambda: _rungs(scene)
    )
    await stage.until(
        "提醒已送达办理机关",
        "the bureau has been told",
        scene.arrived(await _bureau_email(scene), case.number),
    )
    rungs = await _rungs(scene)
    stage.holds(rungs == 1, "且只发出一次", "and once only")


async def _rungs(scene: Scene) -> int | None:
    steps = (await _whole_case(scene)).steps
    return sum(step.step == REMINDER for step in steps) or None


async def _bureau_email(scene: Scene) -> str:
    answer = await scene.administrator.registry.ListBureaus(
        registry.ListBureausRequest(page_size=1000)
    )
    return next(b.email for b in answer.bureaus if b.code == scene.subject.bureau)


async def _closed(scene: Scene) -> objection.GetCaseResponse | None:
    answer = await _whole_case(scene)
    return answer if answer.case.state == "closed" else None


async def _restored(scene: Scene, closed: objection.GetCaseResponse) -> None:
    stage, case = scene.stage, closed.case
    record = await _record(scene)
    stage.holds(
        record.status == "withdrawn" and not record.contested,
        "该记录已撤销，异议标记已解除",
        "the record is withdrawn and no longer contested",
    )
    grade = await scene.grade(scene.subject.subject_id)
    stage.holds(
        grade.grade == scene.grade_before.grade == case.grade_after,
        f"等级恢复：{case.grade_before} → {grade_text(grade)}",
        f"the grade is restored to {grade.grade}",
    )
    letter = await stage.until(
        "经营者收到决定书",
        "the operator has the letter",
        scene.arrived(scene.subject.email, case.number, case.receipt_before, case.receipt_after),
    )
    for line in letter.body.splitlines():
        stage.say(f"  │ {line}")
    history = await scene.clients["operator"].grading.ListGrades(
        grading.ListGradesRequest(subject_id=scene.subject.subject_id)
    )
    stage.holds(
        {case.receipt_before, case.receipt_after} <= {g.receipt_id for g in history.grades},
        "两份凭据都在决定书中，历次等级均可查",
        "both receipts are in the letter, and every grade stays known",
    )
