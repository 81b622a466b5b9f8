"""Commands about objections, for operators, caseworkers and unit heads."""

from __future__ import annotations

from typing import Annotated

import typer

from law.objection import OUTCOME_ZH, STATE_ZH, CaseState, Outcome
from plumbing.client import new_request_id
from plumbing.clock import SHANGHAI
from protos.objection.v1 import objection_pb2 as pb
from services.cli import show
from services.cli.listing import listed
from services.cli.options import AsJson, Bureau, Data, Export, Limit
from services.cli.session import at_desk

objection_app = typer.Typer(no_args_is_help=True, help="异议 | objections")
CaseId = Annotated[str, typer.Argument(metavar="CASE", help="案件 id")]


def register(app: typer.Typer) -> None:
    """Adds these commands."""
    app.add_typer(objection_app, name="objection")


@objection_app.command("lodge")
def lodge(
    subject: Annotated[str, typer.Option("--subject", help="主体 id")],
    record: Annotated[list[str], typer.Option("--record", help="有异议的信用信息，可多次")],
    grounds: Annotated[str, typer.Option("--grounds", help="异议理由 | what is wrong")],
    evidence: Annotated[list[str] | None, typer.Option("--evidence", help="证据，可多次")] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """经营者提出异议。 Lodges an objection."""
    request = pb.LodgeObjectionRequest(
        request_id=new_request_id(),
        subject_id=subject,
        record_ids=record,
        grounds=grounds,
        evidence=evidence or [],
    )
    answer = at_desk(data, lambda desk: desk.objection.LodgeObjection(request))
    _show(answer.case, as_json=as_json)


@objection_app.command("accept")
def accept(case: CaseId, data: Data = None, as_json: AsJson = False) -> None:
    """受理；期限自受理之日起算。 Accepts an objection; its term begins."""
    request = pb.AcceptObjectionRequest(request_id=new_request_id(), case_id=case)
    answer = at_desk(data, lambda desk: desk.objection.AcceptObjection(request))
    _show(answer.case, as_json=as_json)


@objection_app.command("decline")
def decline(
    case: CaseId,
    reasons: Annotated[str, typer.Option("--reasons", help="不予受理的理由 | why not")],
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """不予受理，说明理由。 Declines to accept, with the reason."""
    request = pb.DeclineObjectionRequest(request_id=new_request_id(), case_id=case, reasons=reasons)
    answer = at_desk(data, lambda desk: desk.objection.DeclineObjection(request))
    _show(answer.case, as_json=as_json)


@objection_app.command("withdraw")
def withdraw(case: CaseId, data: Data = None, as_json: AsJson = False) -> None:
    """经营者撤回异议。 Takes an objection back."""
    request = pb.WithdrawObjectionRequest(request_id=new_request_id(), case_id=case)
    answer = at_desk(data, lambda desk: desk.objection.WithdrawObjection(request))
    _show(answer.case, as_json=as_json)


@objection_app.command("extend")
def extend(
    case: CaseId,
    days: Annotated[int, typer.Option("--days", min=1, help="增加的工作日 | working days")],
    ground: Annotated[str, typer.Option("--ground", help="情况复杂的理由 | why it is complex")],
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """申请延长期限，由单位负责人批准。 Asks the unit head for an extension."""
    request = pb.RequestExtensionRequest(
        request_id=new_request_id(), case_id=case, days=days, ground=ground
    )
    answer = at_desk(data, lambda desk: desk.objection.RequestExtension(request))
    _show(answer.case, as_json=as_json)


@objection_app.command("approve-extension")
def approve_extension(
    case: CaseId,
    refuse: Annotated[bool, typer.Option("--refuse", help="不批准 | refuse")] = False,
    note: Annotated[str, typer.Option("--note", help="批示 | note")] = "",
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """单位负责人批准（或不批准）延期。 Approves or refuses an extension."""
    request = pb.DecideExtensionRequest(
        request_id=new_request_id(), case_id=case, approve=not refuse, note=note
    )
    answer = at_desk(data, lambda desk: desk.objection.DecideExtension(request))
    _show(answer.case, as_json=as_json)


@objection_app.command("decide")
def decide(
    case: CaseId,
    outcome: Annotated[
        str, typer.Option(help="处理意见：delete | correct | stop_disclosure | uphold")
    ],
    reasons: Annotated[str, typer.Option(help="理由，主体将会看到 | reasons")],
    correction: Annotated[
        list[str] | None, typer.Option("--correct", help="信用信息 id=新的分值，可多次")
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """作出处理决定；后续事项自动完成。 Decides; what follows happens by itself."""
    request = pb.DecideObjectionRequest(
        request_id=new_request_id(),
        case_id=case,
        outcome=outcome,
        reasons=reasons,
        corrections=[_correction(said) for said in correction or ()],
    )
    answer = at_desk(data, lambda desk: desk.objection.DecideObjection(request))
    _show(answer.case, as_json=as_json)


def _correction(said: str) -> pb.Correction:
    record, _, points = said.partition("=")
    if not points.isdecimal():
        raise typer.BadParameter(f"应写作 信用信息id=分值：{said}")
    return pb.Correction(record_id=record, points=int(points))


@objection_app.command("show")
def show_case(case: CaseId, data: Data = None, as_json: AsJson = False) -> None:
    """显示案件、经过和文书。 Shows a case with its steps and letters."""
    wanted = pb.GetCaseRequest(case_id=case)
    answer = at_desk(data, lambda desk: desk.objection.GetCase(wanted))
    if as_json:
        show.json_out(answer)
        return
    show.card("案件", case_lines(answer.case))
    steps = [(_local(s), s.step, s.actor, s.cite, s.note) for s in answer.steps]
    show.table("经过", ("时间", "事项", "谁", "依据", "说明"), steps)
    for letter in answer.letters:
        show.console.rule(letter.title)
        show.console.print(letter.body, soft_wrap=True)


@objection_app.command("list")
def list_cases(
    bureau: Bureau = "",
    closed: Annotated[bool, typer.Option("--closed", help="含已办结 | also closed")] = False,
    limit: Limit = 100,
    export: Export = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """按剩余期限列出案件。 Lists cases by remaining term."""
    wanted = pb.ListCasesRequest(bureau=bureau, include_closed=closed, page_size=limit)
    answer = listed(lambda desk: desk.objection.ListCases, wanted, data, export)
    if as_json:
        show.json_out(answer)
        return
    rows = [(c.case_id, c.number, _state(c), c.bureau, *_term(c)) for c in answer.cases]
    show.table("异议案件", ("id", "案号", "状态", "机关", "期限至", "剩余工作日"), rows)


def case_lines(case: pb.Case) -> dict[str, object]:
    """A case as lines for a card."""
    return {
        "案号": case.number,
        "id": case.case_id,
        "状态": _state(case),
        "理由": case.grounds,
        "期限": term_told(case),
        "申请延期": case.extension_requested_days or "",
        "处理意见": OUTCOME_ZH[Outcome(case.outcome)] if case.outcome else "",
        "决定理由": case.reasons,
        "等级": f"{case.grade_before} → {case.grade_after}" if case.grade_after else "",
    }


def term_told(case: pb.Case) -> str:
    """A term in a sentence, with unit, last day and the calendar it was computed with."""
    if not case.HasField("term"):
        return "未受理，期限未起算"
    term = case.term
    late = "，已逾期" if term.overdue else ""
    provisional = "，涉及尚未公布放假安排的年度，暂定" if term.provisional else ""
    return (
        f"{term.budget_days} 个工作日，至 {term.target_on}（含当日）；"
        f"最长 {term.cap_days} 个工作日，至 {term.latest_on}；"
        f"剩余 {term.remaining_days} 个工作日{late}{provisional}（{term.cite}）"
    )


def _state(case: pb.Case) -> str:
    return STATE_ZH[CaseState(case.state)]


def _term(case: pb.Case) -> tuple[object, object]:
    return (case.term.target_on, case.term.remaining_days) if case.HasField("term") else ("", "")


def _local(step: pb.Step) -> str:
    return f"{step.at.ToDatetime(tzinfo=SHANGHAI):%Y-%m-%d %H:%M}"


def _show(case: pb.Case, *, as_json: bool) -> None:
    if as_json:
        show.json_out(case)
    else:
        show.card("案件", case_lines(case))
