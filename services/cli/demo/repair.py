"""A further act of the demo: one record is repaired by time alone, another on application."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import grpc

from law.periods import add_years, start_of
from plumbing.client import new_request_id, refusal_of
from protos.objection.v1 import objection_pb2 as cases
from protos.objection.v1 import repair_pb2 as pb
from protos.registry.v1 import registry_pb2 as registry
from services.cli.commands.platform import advance_clock
from services.cli.demo import cast, papers
from services.cli.demo.cast import Part
from services.cli.demo.scene import Scene, grade_text, show_conditions, term_text
from services.cli.demo.supervision import PENALTY_POINTS, graded

DAYS_TO_GO, FEW_POINTS = 2, 3
YEARS_OF_EVIDENCE, YEARS_AT_E = 5, 1  # what the law asks is told by the platform, not by these


async def repair(scene: Scene) -> None:
    """Shows natural repair as the clock moves, then repair on application with its conditions."""
    stage = scene.stage
    stage.act(
        "信用修复：期满自然修复；申请修复逐项核对条件，恢复等级", "S4 四(四)；ZJ-REPAIR 5；S3 18-21"
    )
    opens = await scene.today() + timedelta(days=DAYS_TO_GO)
    # The last day of its fifth year is the day before repair may be applied for.
    over = add_years(opens, -YEARS_OF_EVIDENCE) - timedelta(days=1)
    old = await _enter(scene, "短少计量，处以警告", over, FEW_POINTS)
    a_year_ago = add_years(opens, -YEARS_AT_E)
    serious = await _enter(scene, "计量器具作弊，处以罚款", a_year_ago, PENALTY_POINTS)
    grade = await stage.until(
        "补录两条旧信息，均已计入评价", "both are in the grade", lambda: graded(scene, serious)
    )
    stage.say(f"等级 {grade_text(grade)}")
    await _too_early(scene, opens)
    await advance_clock(scene.administrator, timedelta(0), start_of(opens, 9))
    stage.say(f"时钟拨到 {await scene.now():%Y-%m-%d %H:%M}")
    await _natural(scene, old)
    await _on_application(scene, serious)


async def _enter(scene: Scene, summary: str, determined_on: date, points: int) -> registry.Record:
    record = registry.Record(
        subject_id=scene.subject.subject_id,
        kind="penalty",
        occurred_on=determined_on.isoformat(),
        determined_on=determined_on.isoformat(),
        verified=True,
        points=points,
        source_ref=f"样例罚〔{determined_on.year}〕第9号",
        summary=summary,
    )
    request = registry.EnterRecordRequest(request_id=new_request_id(), record=record)
    return (await scene.clients["inspector"].registry.EnterRecord(request)).record


async def _too_early(scene: Scene, opens: date) -> None:
    """Nobody applies in vain: the day is shown before, and at the door."""
    stage, operator = scene.stage, scene.clients["operator"]
    wanted = pb.CheckRepairRequest(subject_id=scene.subject.subject_id)
    answer = await operator.repair.CheckRepair(wanted)
    show_conditions(answer.repair)
    since, first = answer.repair.spell_began_on, answer.may_lodge_from
    stage.holds(
        not answer.may_lodge and first == opens.isoformat(),
        f"申请之前即可查：E 级自 {since} 起，{first} 起可以申请",
        "the day from which repair may be applied for is shown in advance",
    )
    try:
        await operator.repair.LodgeRepair(_application(scene))
    except grpc.aio.AioRpcError as error:
        refusal = refusal_of(error)
        stage.holds(
            refusal.facts.get("met_from") == opens.isoformat(),
            f"提前申请被退回并告知日期：{refusal.message_zh}",
            "too early, it is turned away with the day",
        )
    else:
        stage.holds(False, "提前申请应被退回", "too early, it is turned away")


def _application(scene: Scene, files: Sequence[str] = ()) -> pb.LodgeRepairRequest:
    return pb.LodgeRepairRequest(
        request_id=new_request_id(),
        subject_id=scene.subject.subject_id,
        grounds="作弊器具已拆除报废，罚款已缴清，并已向消费者退赔。",
        evidence=["缴款凭证", "器具报废记录", "退赔清单"],
        promise="今后定期自查计量器具",
        evidence_ids=files,
    )


async def _natural(scene: Scene, old: registry.Record) -> None:
    stage = scene.stage

    async def gone() -> bool | None:
        wanted = registry.ListRecordsRequest(subject_id=scene.subject.subject_id, page_size=1000)
        held = (await scene.clients["caseworker"].registry.ListRecords(wanted)).records
        return None if old.record_id in {record.record_id for record in held} else True

    await stage.until(
        f"{old.determined_on} 认定的信息保存期满，已从档案中删除，视为自然修复",
        "a record whose time is over has left the archive by itself",
        gone,
    )


async def _on_application(scene: Scene, serious: registry.Record) -> None:
    stage, clients = scene.stage, scene.clients
    files = await papers.hand_in(
        clients["operator"], scene.platform.settings, scene.subject, await scene.today()
    )
    lodged = (await clients["operator"].repair.LodgeRepair(_application(scene, files))).case
    stage.say(f"经营者申请修复：{lodged.number}，{term_text(lodged)}")
    stage.holds(
        list(lodged.record_ids) == [serious.record_id]
        and lodged.term.started_on == (await scene.today()).isoformat(),
        "涉及形成 E 级的信息；15 个工作日自提交之日起算（C-13）",
        "it concerns what made the grade; the term runs from submission",
    )
    await clients["caseworker"].repair.AcceptRepair(
        pb.AcceptRepairRequest(request_id=new_request_id(), case_id=lodged.case_id)
    )
    case = await _confirmed(scene, lodged)
    stage.holds(
        all(one.met for one in case.repair.conditions),
        f"{len(case.repair.conditions)} 项条件全部满足，各有依据",
        "every condition is met, each with its article",
    )
    before = await scene.grade(scene.subject.subject_id)
    await clients["caseworker"].repair.DecideRepair(
        pb.DecideRepairRequest(
            request_id=new_request_id(),
            case_id=case.case_id,
            confirm=True,
            reasons="经查验凭证和现场，法定义务已履行，影响已消除，准予修复。",
        )
    )
    await _restored(scene, case, before.grade)


async def _confirmed(scene: Scene, case: cases.Case) -> cases.Case:
    for condition in [one for one in case.repair.conditions if one.to_confirm]:
        answer = await scene.clients["caseworker"].repair.ConfirmCondition(
            pb.ConfirmConditionRequest(
                request_id=new_request_id(),
                case_id=case.case_id,
                condition_id=condition.id,
                met=True,
                ground="查验缴款凭证、报废记录和退赔清单，实地核对，属实",
            )
        )
        case = answer.case
    show_conditions(case.repair)
    return case


async def _restored(scene: Scene, case: cases.Case, grade_before: str) -> None:
    stage = scene.stage

    async def closed() -> cases.GetCaseResponse | None:
        wanted = cases.GetCaseRequest(case_id=case.case_id)
        answer = await scene.clients["caseworker"].objection.GetCase(wanted)
        return answer if answer.case.state == "closed" else None

    done = (
        await stage.until(
            "记录标为已修复、重新评价、文书、告知、结案依次完成",
            "repaired, graded again, letter issued, told, closed",
            closed,
        )
    ).case
    stage.holds(
        (grade_before, done.grade_before) == ("E", "E") and done.grade_after == "A",
        f"等级恢复：{done.grade_before} → {done.grade_after}",
        "the grade is restored",
    )
    letter = await stage.until(
        "经营者收到决定书，两份凭据都在其中",
        "the operator has the letter with both receipts",
        scene.arrived(
            scene.subject.email, case.number, "准予", done.receipt_before, done.receipt_after
        ),
    )
    for line in letter.body.splitlines():
        stage.say(f"  │ {line}")
    await _undisclosed(scene)


async def _undisclosed(scene: Scene) -> None:
    part = Part("sample.public", "样例公众", "public")
    public = await cast.engage(scene.platform.settings, scene.administrator, part, scene.exits)
    wanted = registry.ListRecordsRequest(subject_id=scene.subject.subject_id)
    seen = (await public.registry.ListRecords(wanted)).records
    scene.stage.holds(
        not [record for record in seen if record.kind == "penalty"],
        "公众已查不到这些失信信息",
        "the public sees none of these records any more",
    )
