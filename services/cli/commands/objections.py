"""Commands about objections, for operators, caseworkers and unit heads."""

from __future__ import annotations

from typing import Annotated

import typer

from plumbing.client import new_request_id
from protos.objection.v1 import objection_pb2 as pb
from services.cli.client import with_client
from services.cli.commands import cases
from services.cli.commands.cases import CaseId, Closed
from services.cli.output.options import AsJson, Bureau, Data, Export, Limit

objection_app = typer.Typer(no_args_is_help=True, help="异议 | objections")


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
    answer = with_client(data, lambda client: client.objection.LodgeObjection(request))
    cases.show_one(answer.case, as_json=as_json)


@objection_app.command("accept")
def accept(case: CaseId, data: Data = None, as_json: AsJson = False) -> None:
    """受理；期限自受理之日起算。 Accepts an objection; its term begins."""
    request = pb.AcceptObjectionRequest(request_id=new_request_id(), case_id=case)
    answer = with_client(data, lambda client: client.objection.AcceptObjection(request))
    cases.show_one(answer.case, as_json=as_json)


@objection_app.command("decline")
def decline(
    case: CaseId,
    reasons: Annotated[str, typer.Option("--reasons", help="不予受理的理由 | why not")],
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """不予受理，说明理由。 Declines to accept, with the reason."""
    request = pb.DeclineObjectionRequest(request_id=new_request_id(), case_id=case, reasons=reasons)
    answer = with_client(data, lambda client: client.objection.DeclineObjection(request))
    cases.show_one(answer.case, as_json=as_json)


@objection_app.command("withdraw")
def withdraw(case: CaseId, data: Data = None, as_json: AsJson = False) -> None:
    """经营者撤回异议。 Takes an objection back."""
    request = pb.WithdrawObjectionRequest(request_id=new_request_id(), case_id=case)
    answer = with_client(data, lambda client: client.objection.WithdrawObjection(request))
    cases.show_one(answer.case, as_json=as_json)


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
    answer = with_client(data, lambda client: client.objection.RequestExtension(request))
    cases.show_one(answer.case, as_json=as_json)


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
    answer = with_client(data, lambda client: client.objection.DecideExtension(request))
    cases.show_one(answer.case, as_json=as_json)


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
    answer = with_client(data, lambda client: client.objection.DecideObjection(request))
    cases.show_one(answer.case, as_json=as_json)


def _correction(said: str) -> pb.Correction:
    record, _, points = said.partition("=")
    if not points.isdecimal():
        raise typer.BadParameter(f"应写作 信用信息id=分值：{said}")
    return pb.Correction(record_id=record, points=int(points))


@objection_app.command("show")
def show_case(case: CaseId, data: Data = None, as_json: AsJson = False) -> None:
    """显示案件、经过和文书。 Shows a case with its steps and letters."""
    cases.show_whole(case, data, as_json=as_json)


@objection_app.command("list")
def list_cases(
    bureau: Bureau = "",
    closed: Closed = False,
    limit: Limit = 100,
    export: Export = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """按剩余期限列出案件。 Lists cases by remaining term."""
    wanted = pb.ListCasesRequest(
        bureau=bureau, include_closed=closed, page_size=limit, kind="objection"
    )
    cases.show_list("异议案件", wanted, data, export, as_json=as_json)
