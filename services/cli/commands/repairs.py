"""Commands about the repair of credit, for operators and caseworkers."""

from __future__ import annotations

from typing import Annotated

import typer

from plumbing.client import new_request_id
from protos.objection.v1 import objection_pb2
from protos.objection.v1 import repair_pb2 as pb
from services.cli.client import with_client
from services.cli.commands import cases
from services.cli.commands.cases import CaseId, Closed
from services.cli.output import show
from services.cli.output.options import AsJson, Bureau, Data, Export, Limit

repair_app = typer.Typer(no_args_is_help=True, help="信用修复 | repair of credit")
Subject = Annotated[str, typer.Option("--subject", help="主体 id")]
Records = Annotated[
    list[str] | None,
    typer.Option("--record", help="申请修复的失信信息，可多次；不给则为形成现等级的全部 | which"),
]
Reasons = Annotated[str, typer.Option("--reasons", help="理由，主体将会看到 | reasons")]


def register(app: typer.Typer) -> None:
    """Adds these commands."""
    app.add_typer(repair_app, name="repair")


@repair_app.command("check")
def check(
    subject: Subject, record: Records = None, data: Data = None, as_json: AsJson = False
) -> None:
    """申请之前：逐项条件、依据，以及何时起可以申请。 Before applying: every condition."""
    request = pb.CheckRepairRequest(subject_id=subject, record_ids=record or [])
    answer = with_client(data, lambda client: client.repair.CheckRepair(request))
    if as_json:
        show.json_out(answer)
        return
    cases.show_conditions(answer.repair)
    may = "现在可以申请" if answer.may_lodge else f"自 {answer.may_lodge_from} 起可以申请"
    never = "本文件没有申请修复"
    show.console.print(may if answer.may_lodge_from else never)


@repair_app.command("lodge")
def lodge(
    subject: Subject,
    grounds: Annotated[str, typer.Option("--grounds", help="如何改正 | what was put right")],
    record: Records = None,
    evidence: Annotated[list[str] | None, typer.Option("--evidence", help="证据，可多次")] = None,
    promise: Annotated[str, typer.Option("--promise", help="信用承诺 | promise")] = "",
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """经营者申请信用修复；期限自提交之日起算。 Applies for repair."""
    request = pb.LodgeRepairRequest(
        request_id=new_request_id(),
        subject_id=subject,
        record_ids=record or [],
        grounds=grounds,
        evidence=evidence or [],
        promise=promise,
    )
    answer = with_client(data, lambda client: client.repair.LodgeRepair(request))
    cases.show_one(answer.case, as_json=as_json)


@repair_app.command("request-supplement")
def request_supplement(
    case: CaseId,
    missing: Annotated[str, typer.Option("--missing", help="须补正的内容 | what is missing")],
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """受理前要求补正，以文书告知；期限不停止计算。 Asks for a supplement before acceptance."""
    request = pb.RequestSupplementRequest(
        request_id=new_request_id(), case_id=case, missing=missing
    )
    answer = with_client(data, lambda client: client.repair.RequestSupplement(request))
    cases.show_one(answer.case, as_json=as_json)


@repair_app.command("supplement")
def supplement(
    case: CaseId,
    note: Annotated[str, typer.Option("--note", help="补正说明 | what is added")],
    evidence: Annotated[list[str] | None, typer.Option("--evidence", help="证据，可多次")] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """经营者补正申请。 Supplements an application."""
    request = pb.SupplementRepairRequest(
        request_id=new_request_id(), case_id=case, note=note, evidence=evidence or []
    )
    answer = with_client(data, lambda client: client.repair.SupplementRepair(request))
    cases.show_one(answer.case, as_json=as_json)


@repair_app.command("accept")
def accept(case: CaseId, data: Data = None, as_json: AsJson = False) -> None:
    """受理。 Accepts an application."""
    request = pb.AcceptRepairRequest(request_id=new_request_id(), case_id=case)
    answer = with_client(data, lambda client: client.repair.AcceptRepair(request))
    cases.show_one(answer.case, as_json=as_json)


@repair_app.command("decline")
def decline(case: CaseId, reasons: Reasons, data: Data = None, as_json: AsJson = False) -> None:
    """不予受理，说明理由。 Declines to accept, with the reason."""
    request = pb.DeclineRepairRequest(request_id=new_request_id(), case_id=case, reasons=reasons)
    answer = with_client(data, lambda client: client.repair.DeclineRepair(request))
    cases.show_one(answer.case, as_json=as_json)


@repair_app.command("confirm")
def confirm(
    case: CaseId,
    condition: Annotated[
        str, typer.Option("--condition", help="条件：duties_performed | impact_removed | corrected")
    ],
    ground: Annotated[str, typer.Option("--ground", help="核对依据 | what was looked at")],
    not_met: Annotated[
        bool, typer.Option("--not-met", help="经核对未满足 | it is not met")
    ] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """核对一项条件，注明依据。 Establishes whether a condition is met."""
    request = pb.ConfirmConditionRequest(
        request_id=new_request_id(),
        case_id=case,
        condition_id=condition,
        met=not not_met,
        ground=ground,
    )
    answer = with_client(data, lambda client: client.repair.ConfirmCondition(request))
    cases.show_one(answer.case, as_json=as_json)


@repair_app.command("decide")
def decide(
    case: CaseId,
    reasons: Reasons,
    refuse: Annotated[bool, typer.Option("--refuse", help="不予修复 | refuse")] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """准予修复（或不予修复）；后续事项自动完成。 Confirms the repair, or refuses it."""
    request = pb.DecideRepairRequest(
        request_id=new_request_id(), case_id=case, confirm=not refuse, reasons=reasons
    )
    answer = with_client(data, lambda client: client.repair.DecideRepair(request))
    cases.show_one(answer.case, as_json=as_json)


@repair_app.command("withdraw")
def withdraw(case: CaseId, data: Data = None, as_json: AsJson = False) -> None:
    """经营者撤回申请。 Takes an application back."""
    request = pb.WithdrawRepairRequest(request_id=new_request_id(), case_id=case)
    answer = with_client(data, lambda client: client.repair.WithdrawRepair(request))
    cases.show_one(answer.case, as_json=as_json)


@repair_app.command("show")
def show_case(case: CaseId, data: Data = None, as_json: AsJson = False) -> None:
    """显示案件、条件、经过和文书。 Shows a case with its conditions, steps and letters."""
    cases.show_whole(case, data, as_json=as_json)


@repair_app.command("list")
def list_cases(
    bureau: Bureau = "",
    closed: Closed = False,
    limit: Limit = 100,
    export: Export = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """按剩余期限列出修复案件。 Lists repairs by remaining term."""
    wanted = objection_pb2.ListCasesRequest(
        bureau=bureau, include_closed=closed, page_size=limit, kind="repair"
    )
    cases.show_list("信用修复案件", wanted, data, export, as_json=as_json)
