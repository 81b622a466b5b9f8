"""A further act of the demo: the steps that follow a red alert, until it is resolved."""

from __future__ import annotations

from datetime import date, timedelta

from law.courses import RED_ALERT
from law.periods import start_of
from plumbing.client import new_request_id
from protos.alerts.v1 import alerts_pb2 as alerts
from protos.alerts.v1 import escalations_pb2 as pb
from protos.registry.v1 import registry_pb2 as registry
from services.cli.commands.platform import advance_clock
from services.cli.demo.mail import Mail
from services.cli.demo.scene import Scene
from services.cli.output.words import word

VALID_DAYS = 180


async def escalate(scene: Scene) -> None:
    """Approves the steps that follow the red alert of act 2, then resolves it by a verification."""
    stage = scene.stage
    stage.act("红色警示的督促：逐步提出，经批准才实施，改正即终结", "S4 四(二)；S1 12(二)")
    case = await _case(scene)
    stage.holds(
        case.opened_at.ToSeconds() > 0 and case.state != "closed",
        f"不合格器具已立案督促：{case.escalation_id}",
        "the rejected instrument opened a case",
    )
    await _step(scene, "reminder", "不是行政处罚")
    letter = await _step(scene, "guidance_letter", "行政指导", "改正")
    for line in letter.body.splitlines():
        stage.say(f"  │ {line}")
    await _cure(scene)


async def _case(scene: Scene) -> pb.Escalation:
    wanted = pb.ListEscalationsRequest(subject_id=scene.subject.subject_id)
    answer = await scene.clients["caseworker"].escalations.ListEscalations(wanted)
    # Its grade may have opened a case of its own.
    found: pb.Escalation = next(c for c in answer.escalations if c.course == RED_ALERT)
    return found


async def _step(scene: Scene, step: str, *words: str) -> Mail:
    """The day comes, the step is proposed; nothing leaves until it is approved."""
    stage, name = scene.stage, word("escalation_step", step)
    case = await _case(scene)
    if case.due_on and case.due_on > (await scene.today()).isoformat():
        morning = start_of(date.fromisoformat(case.due_on), 9)
        await advance_clock(scene.administrator, timedelta(0), morning)
        stage.say(f"时钟拨到 {await scene.now():%Y-%m-%d %H:%M}（间隔为示例值）")

    async def proposed() -> pb.Escalation | None:
        seen = await _case(scene)
        return seen if (seen.state, seen.step) == ("proposed", step) else None

    case = await stage.until(f"{name}已提出，待批准", f"the {step} waits for approval", proposed)
    arrived = scene.arrived(scene.subject.email, name, *words)
    stage.holds(await arrived() is None, "批准前没有发出任何东西", "nothing left before approval")
    await scene.clients["caseworker"].escalations.ApproveStep(
        pb.ApproveStepRequest(
            request_id=new_request_id(), escalation_id=case.escalation_id, step=step
        )
    )
    return await stage.until(
        f"办案人员批准，{name}已送达使用单位", f"approved, the {step} has arrived", arrived
    )


async def _cure(scene: Scene) -> None:
    stage, case = scene.stage, await _case(scene)
    wanted = pb.GetEscalationRequest(escalation_id=case.escalation_id)
    found = await scene.clients["operator"].escalations.GetEscalation(wanted)
    for alert in {alert.instrument_id: alert for alert in found.alerts}.values():
        await _pass(scene, alert)

    async def closed() -> pb.Escalation | None:
        seen = await _case(scene)
        return seen if seen.state == "closed" else None

    await stage.until("案件随即终结，未到的步骤不再提出", "the case closes at once", closed)
    await stage.until(
        "使用单位已获告知",
        "its user has been told",
        scene.arrived(scene.subject.email, "督促终结"),
    )


async def _pass(scene: Scene, alert: alerts.Alert) -> None:
    today = await scene.today()
    verification = registry.Verification(
        instrument_id=alert.instrument_id,
        result="pass",
        verified_on=today.isoformat(),
        valid_until=(today + timedelta(days=VALID_DAYS)).isoformat(),
        institution="样例·计量检定院",
        certificate_no=f"样例合格证书{alert.alert_id}",
    )
    await scene.clients["institution"].registry.RecordVerification(
        registry.RecordVerificationRequest(request_id=new_request_id(), verification=verification)
    )
    scene.stage.say(f"检定机构登记：{alert.type_code} {alert.serial_no} 检定合格")
