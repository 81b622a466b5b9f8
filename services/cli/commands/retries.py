"""The command that starts deliveries again: of one notice, or of all that a filter names."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plumbing.client import new_request_id
from services.cli.client import Client, with_client
from services.cli.commands import choices
from services.cli.commands.parameters import read_day
from services.cli.output import answer, show
from services.cli.output.language import choose
from services.cli.output.options import AsJson, Bureau, Data, Yes

if TYPE_CHECKING:
    from protos.alerts.v1 import alerts_pb2 as pb

STATES = choices.some("notice_state", "failed", "no_address")
KINDS, CHANNELS = choices.some("notice_kind"), choices.some("channel")
FAILURES = choices.some("failure")


def _help(zh: str, codes: dict[str, str], en: str) -> str:
    return f"{zh}：{choices.listed(codes)} | {en}"


def alert_retry(
    notice: Annotated[
        str, typer.Argument(metavar="[NOTICE]", help="通知 id；不写则按筛选条件 | notice")
    ] = "",
    bureau: Bureau = "",
    state: Annotated[
        str | None, typer.Option(parser=choices.parser(STATES), help=_help("状态", STATES, "state"))
    ] = None,
    kind: Annotated[
        str | None, typer.Option(parser=choices.parser(KINDS), help=_help("种类", KINDS, "kind"))
    ] = None,
    channel: Annotated[
        str | None,
        typer.Option(parser=choices.parser(CHANNELS), help=_help("途径", CHANNELS, "way")),
    ] = None,
    failure: Annotated[
        str | None,
        typer.Option(parser=choices.parser(FAILURES), help=_help("原因", FAILURES, "cause")),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(metavar="DATE", parser=read_day, help="这一日或以后产生的 | made since"),
    ] = None,
    yes: Yes = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """重新送达没有送到的通知。指明一份，或按条件一批；成批的先说有多少份，再询问。

    Delivers a notice again, or all that a filter names. Of several it first says how many there
    are, and asks; with --yes it does not ask.
    """
    from protos.alerts.v1 import alerts_pb2 as pb  # noqa: PLC0415 - only this command needs it

    if notice:
        request = pb.RetryDeliveryRequest(request_id=new_request_id(), notice_id=notice)
        answer.call(lambda client: client.alerts.RetryDelivery, request, data, as_json=as_json)
        return
    of = pb.Undelivered(
        bureau=bureau,
        state=state or "",
        kind=kind or "",
        channel=channel or "",
        failure=failure or "",
        created_from=since or "",
    )
    if of == pb.Undelivered():
        raise typer.BadParameter(
            "请指明一份通知或至少一个条件 | name a notice, or at least one condition",
            param_hint="NOTICE",
        )
    _retry_all(of, data, yes=yes, as_json=as_json)


def _retry_all(of: pb.Undelivered, data: Path | None, *, yes: bool, as_json: bool) -> None:
    from protos.alerts.v1 import alerts_pb2 as pb  # noqa: PLC0415 - only this command needs it

    count = pb.CountRetriesRequest(of=of)
    found = with_client(data, lambda client: client.alerts.CountRetries(count))
    if not as_json:
        _say(found)
    if found.notices and not yes:
        _ask(found.notices)
    retried = with_client(data, lambda client: _start_all(client, of, found.notices))
    if as_json:
        show.json_out({"retried": retried, "without_address": found.without_address})
    else:
        show.done(f"已安排重新投递 {retried} 份", f"{retried} deliveries were started again")


def _say(found: pb.CountRetriesResponse) -> None:
    zh, en = f"可重新投递 {found.notices} 份", f"{found.notices} can be delivered again"
    if found.without_address:
        zh += f"；另有 {found.without_address} 份仍没有登记电子邮箱"
        en += f"; of {found.without_address} others still no address is known"
    show.done(zh, en)


def _ask(notices: int) -> None:
    """Asks whether to go on; where nobody can answer, --yes is required."""
    if not sys.stdin.isatty():
        show.refuse("没有终端可以询问：请加 --yes", "Nobody can be asked here: add --yes")
        raise typer.Exit(2)
    typer.confirm(choose(f"重新投递这 {notices} 份？", f"Deliver these {notices}?"), abort=True)


async def _start_all(client: Client, of: pb.Undelivered, notices: int) -> int:
    """Starts all in portions; what fails again meanwhile is not started a second time."""
    from protos.alerts.v1 import alerts_pb2 as pb  # noqa: PLC0415 - only this command needs it

    retried = 0
    while retried < notices:
        request = pb.RetryDeliveriesRequest(request_id=new_request_id(), of=of)
        started = await client.alerts.RetryDeliveries(request)
        retried += started.retried
        if not started.left or not started.retried:
            break
    return retried
