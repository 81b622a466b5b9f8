"""Commands for those who run the platform: check, reconcile, clock, audit, dead letters."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from plumbing.client import new_request_id
from plumbing.clock import SHANGHAI
from protos.identity.v1 import identity_pb2 as identity
from protos.operations.v1 import operations_pb2 as operations
from protos.operations.v1.operations_pb2_grpc import OperationsServiceStub
from protos.registry.v1 import registry_pb2 as registry
from services.cli.client import Client, with_client
from services.cli.health import agreement
from services.cli.health.agreement import Agreement
from services.cli.output import show
from services.cli.output.columns import Cell, Column, columns_of
from services.cli.output.exporting import export as export_rows
from services.cli.output.listing import listed, save
from services.cli.output.names import Names
from services.cli.output.options import AsJson, Data, Export, Limit

clock_app = typer.Typer(no_args_is_help=True, help="沙箱时钟 | the sandbox's clock")
audit_app = typer.Typer(no_args_is_help=True, help="审计链 | the audit chain")
events_app = typer.Typer(no_args_is_help=True, help="事件 | events")
dead_app = typer.Typer(no_args_is_help=True, help="无法处理的事件 | dead letters")
events_app.add_typer(dead_app, name="dead")


def register(app: typer.Typer) -> None:
    """Adds these commands."""
    app.command()(check)
    app.command()(reconcile)
    app.add_typer(clock_app, name="clock")
    app.add_typer(audit_app, name="audit")
    app.add_typer(events_app, name="events")


def check(data: Data = None, as_json: AsJson = False) -> None:
    """核对登记、等级、案件、计时、发件箱与审计是否一致；不一致时退出码为 1。

    Proves that register, grades, cases, timers, outboxes and audit agree; exit 1 when they don't.
    """
    found = with_client(data, agreement.check)
    if as_json:
        show.json_out(agreement_json(found))
    else:
        show_agreement(found)
    if not found.holds:
        raise typer.Exit(1)


def agreement_json(found: Agreement) -> dict[str, object]:
    """What a check found, as JSON values."""
    return {
        "holds": found.holds,
        "figures": found.figures,
        "compared": found.compared,
        "problems": [
            {"service": service, **show.plain(problem)} for service, problem in found.problems
        ],
    }


def show_agreement(found: Agreement) -> None:
    """What a check found, as tables."""
    figures = [
        (service, name, value)
        for service, values in found.figures.items()
        for name, value in values.items()
    ]
    show.table("各服务的数字", ("服务", "项目", "数值"), figures)
    for topic, services in found.compared.items():
        show.console.print(f"  比对 {topic}：{' = '.join(services)}")
    for service, problem in found.problems:
        where = f"{service} {problem.object}".strip()
        sentence = f" {where}：{problem.message_zh}  {problem.message_en}"
        show.console.print(show.styled(("✗", "bold red"), sentence), soft_wrap=True)
    if found.holds:
        show.console.print(show.styled(("✓", "bold green"), " 全部一致  everything agrees"))


def reconcile(data: Data = None, as_json: AsJson = False) -> None:
    """重建应当在等待而不在的工作流。

    Recreates every workflow that should be waiting and is not.
    """
    answers = with_client(data, reconcile_all)
    if as_json:
        show.json_out({service: show.plain(answer) for service, answer in answers.items()})
        return
    rows = [(s, a.running, len(a.started), " ".join(a.started)) for s, a in answers.items()]
    show.table("工作流", ("服务", "原已在运行", "重新启动", "编号"), rows)


async def reconcile_all(client: Client) -> dict[str, operations.ReconcileResponse]:
    """Reconciles every service with Temporal."""
    return {
        service: await stub.Reconcile(operations.ReconcileRequest(request_id=new_request_id()))
        for service, stub in client.operations.items()
    }


@clock_app.command("show")
def clock_show(data: Data = None, as_json: AsJson = False) -> None:
    """显示平台时间。 Shows the platform's time."""
    now = with_client(data, lambda client: client.clock.GetClock(registry.GetClockRequest()))
    if as_json:
        show.json_out(now)
    else:
        moment = now.now.ToDatetime(tzinfo=SHANGHAI)
        kind = "沙箱" if now.sandbox else "正式"
        show.console.print(f"{moment:%Y-%m-%d %H:%M:%S}（{kind}）")


@clock_app.command("advance")
def clock_advance(
    days: Annotated[int, typer.Option("--days", min=0, help="前进天数 | days")] = 0,
    hours: Annotated[int, typer.Option("--hours", min=0, help="前进小时 | hours")] = 0,
    to: Annotated[
        datetime | None, typer.Option("--to", help="前进到（北京时间）| to, Beijing time")
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """拨快沙箱时钟；未结的工作流随之重排。

    Moves the sandbox's clock forward; open workflows reschedule.
    """

    async def advance(client: Client) -> registry.AdvanceClockResponse:
        aim = to.replace(tzinfo=SHANGHAI) if to else None
        return await advance_clock(client, timedelta(days=days, hours=hours), aim)

    answer = with_client(data, advance)
    if as_json:
        show.json_out(answer)
    else:
        show.console.print(f"现在是 {answer.now.ToDatetime(tzinfo=SHANGHAI):%Y-%m-%d %H:%M:%S}")


async def advance_clock(
    client: Client, by: timedelta, to: datetime | None = None
) -> registry.AdvanceClockResponse:
    """Moves the sandbox's clock by a span or to a moment."""
    now = await client.clock.GetClock(registry.GetClockRequest())
    request = registry.AdvanceClockRequest(request_id=new_request_id())
    request.to.FromDatetime(to or now.now.ToDatetime(tzinfo=SHANGHAI) + by)
    answer: registry.AdvanceClockResponse = await client.clock.AdvanceClock(request)
    return answer


@audit_app.command("verify")
def audit_verify(data: Data = None, as_json: AsJson = False) -> None:
    """逐环核验各服务的审计链；断裂时退出码为 1。

    Walks every service's audit chain; exit 1 when one is broken.
    """
    answers = with_client(data, _verify)
    if as_json:
        show.json_out({service: show.plain(answer) for service, answer in answers.items()})
    else:
        rows = [(s, a.sealed, a.unsealed, a.head[:16], len(a.problems)) for s, a in answers.items()]
        show.table("审计链", ("服务", "已封", "未封", "链首", "断裂"), rows)
    if any(answer.problems for answer in answers.values()):
        raise typer.Exit(1)


async def _verify(client: Client) -> dict[str, operations.VerifyAuditResponse]:
    return {
        service: await stub.VerifyAudit(operations.VerifyAuditRequest())
        for service, stub in client.operations.items()
    }


@audit_app.command("list")
def audit_list(
    service: Annotated[str, typer.Argument(help="服务：registry | grading | objection | alerts")],
    object_: Annotated[str, typer.Option("--object", help="对象，如 record/… | object")] = "",
    limit: Limit = 20,
    export: Export = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """列出审计记录，新的在前。 Lists audit entries, newest first."""
    wanted = operations.ListAuditRequest(object=object_, page_size=limit)
    answer = listed(lambda client: _stub(client, service).ListAudit, wanted, data, export)
    if as_json:
        show.json_out(answer)
        return
    names = with_client(data, _names)
    rows = [
        (e.sequence or "—", _local(e), *_who(e, names), e.action, e.object, e.ground)
        for e in answer.entries
    ]
    show.table("审计", ("序", "时间", "谁", "代表", "做了什么", "对象", "依据"), rows)


async def _names(client: Client) -> dict[str, str]:
    """The login names of accounts, by id: an entry keeps only the id."""
    answer = await client.identity.ListAccounts(identity.ListAccountsRequest(page_size=1000))
    return {account.account_id: account.name for account in answer.accounts}


def _who(entry: operations.AuditEntry, names: Mapping[str, str]) -> tuple[str, str]:
    actor, principal = entry.actor, entry.on_behalf_of
    return names.get(actor, actor), names.get(principal, principal)


def _local(entry: operations.AuditEntry) -> str:
    return f"{entry.at.ToDatetime(tzinfo=SHANGHAI):%Y-%m-%d %H:%M:%S}"


def _stub(client: Client, service: str) -> OperationsServiceStub:
    if service not in client.operations:
        raise typer.BadParameter(f"没有服务“{service}”；可选：{'、'.join(client.operations)}")
    return client.operations[service]


@dead_app.command("list")
def dead_list(export: Export = None, data: Data = None, as_json: AsJson = False) -> None:
    """列出处理失败而搁置的事件。 Lists the events that could not be handled."""
    if export:
        save(lambda client: _export_dead(client, export), data, export)
    letters = with_client(data, _dead)
    if as_json:
        show.json_out([show.plain(letter) for _, letter in letters])
        return
    rows = [(s, x.sequence, x.consumer, x.event_type, x.aggregate, x.error) for s, x in letters]
    show.table("搁置的事件", ("服务", "序", "消费者", "类型", "对象", "原因"), rows)


async def _dead(client: Client) -> list[tuple[str, operations.DeadLetter]]:
    return [
        (service, letter)
        for service, stub in client.operations.items()
        for letter in (await stub.ListDeadLetters(operations.ListDeadLettersRequest())).letters
    ]


async def _export_dead(client: Client, to: Path) -> int:
    async def letters() -> AsyncIterator[tuple[str, operations.DeadLetter]]:
        for pair in await _dead(client):
            yield pair

    fields = columns_of(operations.DeadLetter.DESCRIPTOR)
    own = [Column(heading, partial(_of_letter, of)) for heading, of in fields]
    service = Column("服务", lambda pair, _: pair[0])
    return await export_rows(to, "搁置的事件", [service, *own], letters(), Names())


def _of_letter(
    of: Callable[[Any, Names], Cell], pair: tuple[str, operations.DeadLetter], names: Names
) -> Cell:
    return of(pair[1], names)


@dead_app.command("replay")
def dead_replay(
    service: Annotated[str, typer.Argument(help="服务：registry | grading | objection | alerts")],
    sequence: Annotated[
        list[int] | None, typer.Option("--seq", help="序号，可多次；不给则全部 | which")
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """重新处理搁置的事件；仍失败时退出码为 1。 Handles dead letters again."""
    request = operations.ReplayDeadLettersRequest(
        request_id=new_request_id(), sequences=sequence or []
    )
    answer = with_client(data, lambda client: _stub(client, service).ReplayDeadLetters(request))
    if as_json:
        show.json_out(answer)
    else:
        show.console.print(f"处理成功 {answer.handled}，仍失败 {len(answer.failed)}")
    if answer.failed:
        raise typer.Exit(1)
