"""Commands for people who operate the platform: check, reconcile, clock, audit, dead letters."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from plumbing.client import new_request_id
from plumbing.clock import SHANGHAI
from plumbing.spreadsheets import Cell
from protos.operations.v1 import operations_pb2 as operations
from protos.operations.v1.operations_pb2_grpc import OperationsServiceStub
from protos.registry.v1 import registry_pb2 as registry
from services.cli.client import Client, with_client
from services.cli.commands import choices
from services.cli.health import agreement
from services.cli.health.agreement import Agreement
from services.cli.output import answer, show
from services.cli.output.columns import Column, columns_of
from services.cli.output.exporting import export as export_rows
from services.cli.output.language import choose
from services.cli.output.names import Names
from services.cli.output.options import AsJson, Data, Export
from services.cli.output.progress import Progress

Response = TypeVar("Response")
SERVICES = choices.some("service")
ServiceName = Annotated[
    str,
    typer.Argument(
        metavar="SERVICE",
        help=f"服务：{choices.listed(SERVICES)} | service",
        parser=choices.parser(SERVICES),
    ),
]


def check(data: Data = None, as_json: AsJson = False) -> None:
    """核对登记、等级、案件、计时、发件箱与审计是否一致；不一致时退出码为 1。

    Proves that register, grades, cases, timers, outboxes and audit agree; exits with 1 if they do
    not.
    """
    result = with_client(data, agreement.check)
    if as_json:
        show.json_out(agreement_json(result))
    else:
        show_agreement(result)
    if not result.holds:
        raise typer.Exit(1)


def agreement_json(result: Agreement) -> dict[str, object]:
    """Converts the result of a consistency check to JSON values."""
    problems = [{"service": service, **show.plain(problem)} for service, problem in result.problems]
    return {
        "holds": result.holds,
        "figures": result.figures,
        "compared": result.compared,
        "problems": problems,
    }


def show_agreement(result: Agreement) -> None:
    """Prints the result of a consistency check: figures, compared topics and problems."""
    figures = [
        (service, name, value)
        for service, values in result.figures.items()
        for name, value in values.items()
    ]
    heads = (choose("服务", "service"), choose("项目", "figure"), choose("数值", "value"))
    show.table(choose("各服务的数字", "figures of the services"), heads, figures)
    for topic, services in result.compared.items():
        show.console.print(choose("  比对", "  compared") + f" {topic}：{' = '.join(services)}")
    _show_untold(result.figures.get("alerts", {}))
    for service, problem in result.problems:
        where = f"{service} {problem.object}".strip()
        sentence = f" {where}：{problem.message_zh}  {problem.message_en}"
        show.console.print(show.styled(("✗", "bold red"), sentence), soft_wrap=True)
    if result.holds:
        show.console.print(show.styled(("✓", "bold green"), " 全部一致  everything agrees"))


def _show_untold(figures: Mapping[str, int]) -> None:
    """Prints how many red alerts and grades of first loads nobody was told of, and for how long."""
    number, days = figures.get("untold_reds", 0), figures.get("untold_reds.days", 0)
    if number:
        zh = f" 首次建档的红色警示有 {number} 台没有告知经营者，最久 {days} 天（alert untold）"
        en = f"  {number} red alerts of first loads are untold, the oldest for {days} days"
        show.console.print(show.styled(("·", "cyan"), zh + en), soft_wrap=True)
    grades, days = figures.get("untold_grades", 0), figures.get("untold_grades.days", 0)
    if grades:
        zh = f" 首次建档的等级有 {grades} 个没有开始督促，最久 {days} 天（escalation untold）"
        en = f"  {grades} grades of first loads have no follow-up, the oldest for {days} days"
        show.console.print(show.styled(("·", "cyan"), zh + en), soft_wrap=True)


def reconcile(data: Data = None, as_json: AsJson = False) -> None:
    """重建应当在等待而不在的工作流。

    Starts every Temporal workflow that should be waiting but does not exist.
    """
    responses = with_client(data, reconcile_all)
    if as_json:
        show.json_out({service: show.plain(one) for service, one in responses.items()})
        return
    rows = [
        (s, one.running, len(one.started), " ".join(one.started)) for s, one in responses.items()
    ]
    heads = choose("服务 原已在运行 重新启动 编号", "service running started ids").split()
    show.table(choose("工作流", "workflows"), heads, rows)


async def reconcile_all(client: Client) -> dict[str, operations.ReconcileResponse]:
    """Makes every service start its missing Temporal workflows; returns the response of each.

    Waits first for the events under way, by which a service starts workflows itself. Tells on a
    terminal how many services are done.
    """
    await agreement.rest(client)
    answers = dict[str, operations.ReconcileResponse]()

    async def one(service: str, stub: OperationsServiceStub) -> None:
        request = operations.ReconcileRequest(request_id=new_request_id())
        answers[service] = await stub.Reconcile(request)
        progress.services(len(answers), len(client.operations))

    with Progress() as progress:
        progress.services(0, len(client.operations))
        await asyncio.gather(*(one(*pair) for pair in client.operations.items()))
    return {service: answers[service] for service in client.operations}


async def of_each_service(
    client: Client, call: Callable[[OperationsServiceStub], Awaitable[Response]]
) -> dict[str, Response]:
    """Makes the same call to every service; returns the response of each."""
    return {service: await call(stub) for service, stub in client.operations.items()}


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

    Moves the clock of the sandbox forward; open workflows are rescheduled.
    """

    async def advance(client: Client) -> registry.AdvanceClockResponse:
        moment = to.replace(tzinfo=SHANGHAI) if to else None
        return await advance_clock(client, timedelta(days=days, hours=hours), moment)

    response = with_client(data, advance)
    if as_json:
        show.json_out(response)
    else:
        now = f"{response.now.ToDatetime(tzinfo=SHANGHAI):%Y-%m-%d %H:%M:%S}"
        show.done(f"现在是 {now}", f"it is now {now}")


async def advance_clock(
    client: Client, by: timedelta, to: datetime | None = None
) -> registry.AdvanceClockResponse:
    """Moves the clock of the sandbox forward by `by`, or to the moment `to` if it is given."""
    now = await client.clock.GetClock(registry.GetClockRequest())
    request = registry.AdvanceClockRequest(request_id=new_request_id())
    request.to.FromDatetime(to or now.now.ToDatetime(tzinfo=SHANGHAI) + by)
    response: registry.AdvanceClockResponse = await client.clock.AdvanceClock(request)
    return response


def dead_list(export: Export = None, data: Data = None, as_json: AsJson = False) -> None:
    """列出处理失败而搁置的事件。

    Lists the dead letters: events whose handling failed and was given up.
    """
    if export:
        answer.save(lambda client: _export_dead(client, export), data, export)
    letters = with_client(data, _dead)
    if as_json:
        show.json_out([show.plain(letter) for _, letter in letters])
        return
    rows = [(s, x.sequence, x.consumer, x.event_type, x.aggregate, x.error) for s, x in letters]
    english = "service number consumer type object reason"
    heads = choose("服务 序 消费者 类型 对象 原因", english).split()
    show.table(choose("搁置的事件", "dead letters"), heads, rows)


async def _dead(client: Client) -> list[tuple[str, operations.DeadLetter]]:
    request = operations.ListDeadLettersRequest()
    responses = await of_each_service(client, lambda stub: stub.ListDeadLetters(request))
    return [(service, letter) for service, one in responses.items() for letter in one.letters]


async def _export_dead(client: Client, to: Path) -> int:
    async def letters() -> AsyncIterator[tuple[str, operations.DeadLetter]]:
        for pair in await _dead(client):
            yield pair

    fields = columns_of(operations.DeadLetter.DESCRIPTOR)
    own = [Column(heading, partial(_of_letter, of)) for heading, of in fields]
    service = Column(choose("服务", "service"), lambda pair, _: pair[0])
    title = choose("搁置的事件", "dead letters")
    return await export_rows(to, title, [service, *own], letters(), Names())


def _of_letter(
    of: Callable[[Any, Names], Cell], pair: tuple[str, operations.DeadLetter], names: Names
) -> Cell:
    return of(pair[1], names)


def dead_replay(
    service: ServiceName,
    sequence: Annotated[
        list[int] | None, typer.Option("--seq", help="序号，可多次；不给则全部 | which")
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """重新处理搁置的事件；仍失败时退出码为 1。

    Handles the dead letters of a service again; exits with 1 if one fails again.
    """
    request = operations.ReplayDeadLettersRequest(
        request_id=new_request_id(), sequences=sequence or []
    )
    response = with_client(
        data, lambda client: client.operations[service].ReplayDeadLetters(request)
    )
    if as_json:
        show.json_out(response)
    else:
        done, failed = response.handled, len(response.failed)
        show.done(f"处理成功 {done}，仍失败 {failed}", f"{done} handled, {failed} failed again")
    if response.failed:
        raise typer.Exit(1)


def dead_discard(
    service: ServiceName,
    sequence: Annotated[list[int], typer.Option("--seq", help="序号，可多次 | which")],
    ground: Annotated[str, typer.Option("--ground", help="依据和理由 | ground")],
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """删除没有有效签名的来件；真正的事件只能重新处理。

    Removes dead letters that no service has signed; an event can only be handled again.
    """
    request = operations.DiscardDeadLettersRequest(
        request_id=new_request_id(), sequences=sequence, ground=ground
    )
    response = with_client(
        data, lambda client: client.operations[service].DiscardDeadLetters(request)
    )
    if as_json:
        show.json_out(response)
    else:
        show.done(f"已删除 {response.discarded}", f"{response.discarded} removed")
