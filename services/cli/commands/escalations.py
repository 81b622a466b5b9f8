"""Commands about escalation cases: what follows a red alert, step by step."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer
from google.protobuf.timestamp_pb2 import Timestamp

from law.escalation import Step as LawStep
from law.escalation import step_name as law_step_name
from plumbing.client import new_request_id
from plumbing.clock import SHANGHAI
from protos.alerts.v1 import escalations_pb2 as pb
from services.cli.client import with_client
from services.cli.output import show
from services.cli.output.listing import listed
from services.cli.output.options import AsJson, Bureau, Data, Export, Limit

escalation_app = typer.Typer(no_args_is_help=True, help="红色警示的督促 | escalations")
CaseId = Annotated[str, typer.Argument(metavar="CASE", help="案件 id")]
Step = Annotated[
    LawStep,
    typer.Argument(metavar="STEP", help="步骤：reminder | guidance_letter | interview | exposure"),
]
Review = Annotated[str, typer.Option("--until", help="复查日，如 2026-09-21；缺省按通常间隔")]

STATES = {
    "waiting": "等待",
    "proposed": "待批准",
    "appointed": "已约定",
    "exhausted": "各步已用尽",
    "closed": "已终结",
    "deferred": "已暂缓",
    "declined": "未批准",
    "carried_out": "已实施",
    "void": "已作废",
}


def register(app: typer.Typer) -> None:
    """Adds these commands."""
    app.add_typer(escalation_app, name="escalation")


@escalation_app.command("list")
def list_escalations(
    bureau: Bureau = "",
    subject: Annotated[str, typer.Option("--subject", help="主体 id")] = "",
    state: Annotated[
        str, typer.Option(help="状态：waiting | proposed | appointed | exhausted | closed")
    ] = "",
    limit: Limit = 50,
    export: Export = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """列出督促案件，新的在前。 Lists escalation cases, newest first."""
    wanted = pb.ListEscalationsRequest(
        bureau=bureau, subject_id=subject, state=state, page_size=limit
    )
    answer = listed(lambda client: client.escalations.ListEscalations, wanted, data, export)
    if as_json:
        show.json_out(answer)
        return
    rows = [
        (
            c.escalation_id,
            c.bureau,
            STATES[c.state],
            step_name(c.step),
            _due(c),
            _local(c.opened_at),
        )
        for c in answer.escalations
    ]
    show.table("督促案件", ("id", "机关", "状态", "步骤", "提出日", "开始"), rows)


@escalation_app.command("show")
def show_escalation(case: CaseId, data: Data = None, as_json: AsJson = False) -> None:
    """显示案件、各步骤、文书和红色警示。 Shows a case with steps, documents and alerts."""
    wanted = pb.GetEscalationRequest(escalation_id=case)
    answer = with_client(data, lambda client: client.escalations.GetEscalation(wanted))
    if as_json:
        show.json_out(answer)
        return
    show.card("督促案件", case_lines(answer.escalation))
    alerts = [(a.type_code, a.serial_no, a.due_on, a.reason_zh, a.cite) for a in answer.alerts]
    show.table("红色警示", ("类型", "出厂编号", "达到之日", "原因", "依据"), alerts)
    steps = [
        (
            step_name(s.step),
            STATES[s.state],
            s.number,
            s.decided_by,
            s.reasons or s.review_on,
            s.cite,
        )
        for s in answer.steps
    ]
    show.table("步骤", ("步骤", "状态", "文号", "谁决定", "说明", "依据"), steps)
    for step in answer.steps:
        if step.body:
            show.console.rule(step.title)
            show.console.print(step.body, soft_wrap=True)


@escalation_app.command("approve")
def approve(
    case: CaseId,
    step: Step,
    at: Annotated[str, typer.Option("--at", help="约谈时间，如 '2026-09-21 14:30'")] = "",
    place: Annotated[str, typer.Option("--place", help="约谈地点")] = "",
    who: Annotated[str, typer.Option("--who", help="参加人员")] = "",
    note: Annotated[bool, typer.Option("--note", help="约谈情况记入信用档案")] = False,
    verified: Annotated[bool, typer.Option("--verified", help="曝光：事实已核实")] = False,
    reviewed: Annotated[bool, typer.Option("--reviewed", help="曝光：已经保密审查")] = False,
    media: Annotated[
        list[str] | None, typer.Option("--media", help="曝光：公开方式，可多次")
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """批准待批准的步骤，随即实施。 Approves the step that is proposed."""
    request = pb.ApproveStepRequest(
        request_id=new_request_id(), escalation_id=case, step=step.value
    )
    if step is LawStep.INTERVIEW:
        request.appointment.CopyFrom(
            pb.Appointment(at=_moment(at), place=place, attendees=who, note_in_archive=note)
        )
    if step is LawStep.EXPOSURE:
        request.publication.CopyFrom(
            pb.Publication(
                facts_verified=verified, confidentiality_reviewed=reviewed, media=media or []
            )
        )
    answer = with_client(data, lambda client: client.escalations.ApproveStep(request))
    _show(answer.escalation, as_json=as_json)


@escalation_app.command("decline")
def decline(
    case: CaseId,
    step: Step,
    reasons: Annotated[str, typer.Option("--reasons", help="理由 | why not")],
    until: Review = "",
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """不批准，说明理由；到复查日再提出。 Declines the step that is proposed."""
    request = pb.DeclineStepRequest(
        request_id=new_request_id(),
        escalation_id=case,
        step=step.value,
        reasons=reasons,
        review_on=until,
    )
    answer = with_client(data, lambda client: client.escalations.DeclineStep(request))
    _show(answer.escalation, as_json=as_json)


@escalation_app.command("defer")
def defer(
    case: CaseId, step: Step, until: Review = "", data: Data = None, as_json: AsJson = False
) -> None:
    """暂缓。 Puts off the step that is proposed."""
    request = pb.DeferStepRequest(
        request_id=new_request_id(), escalation_id=case, step=step.value, review_on=until
    )
    answer = with_client(data, lambda client: client.escalations.DeferStep(request))
    _show(answer.escalation, as_json=as_json)


@escalation_app.command("interview")
def interview(
    case: CaseId,
    minutes: Annotated[str, typer.Option("--minutes", help="约谈记录")],
    absent: Annotated[bool, typer.Option("--absent", help="未到场 | nobody came")] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """记录约谈情况。 Records how an interview went."""
    request = pb.RecordInterviewRequest(
        request_id=new_request_id(),
        escalation_id=case,
        outcome="not_attended" if absent else "held",
        minutes=minutes,
    )
    answer = with_client(data, lambda client: client.escalations.RecordInterview(request))
    _show(answer.escalation, as_json=as_json)


@escalation_app.command("exposures")
def exposures(
    bureau: Bureau = "",
    limit: Limit = 50,
    export: Export = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """列出向社会公开的内容；案件终结即撤下。 Lists what is public."""
    wanted = pb.ListExposuresRequest(bureau=bureau, page_size=limit)
    answer = listed(lambda client: client.escalations.ListExposures, wanted, data, export)
    if as_json:
        show.json_out(answer)
        return
    rows = [
        (_local(e.published_at), e.subject_name, e.statement, "、".join(e.media), e.cite)
        for e in answer.exposures
    ]
    show.table("曝光", ("时间", "主体", "内容", "方式", "依据"), rows)


def case_lines(case: pb.Escalation) -> dict[str, object]:
    """A case as lines for a card."""
    return {
        "id": case.escalation_id,
        "状态": STATES[case.state],
        "步骤": step_name(case.step),
        "提出日": _due(case),
        "机关": case.bureau,
        "开始": _local(case.opened_at),
        "终结": _local(case.closed_at) if case.HasField("closed_at") else "",
    }


def step_name(step: str) -> str:
    """What people call a step."""
    return law_step_name(LawStep(step))


def _due(case: pb.Escalation) -> str:
    return case.due_on + ("（间隔为示例值）" if case.example_values else "")


def _local(moment: Timestamp) -> str:
    return f"{moment.ToDatetime(tzinfo=SHANGHAI):%Y-%m-%d %H:%M}"


def _moment(said: str) -> Timestamp:
    try:
        local = datetime.strptime(said, "%Y-%m-%d %H:%M").replace(tzinfo=SHANGHAI)
    except ValueError as error:
        raise typer.BadParameter("应写作 --at '2026-09-21 14:30'") from error
    moment = Timestamp()
    moment.FromDatetime(local)
    return moment


def _show(case: pb.Escalation, *, as_json: bool) -> None:
    if as_json:
        show.json_out(case)
    else:
        show.card("督促案件", case_lines(case))
