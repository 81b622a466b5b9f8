"""The command that empties the streams of events and fills them again."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated

import typer

from plumbing.client import new_request_id
from protos.operations.v1 import operations_pb2 as operations
from services.cli.client import Client, with_client
from services.cli.commands import choices
from services.cli.commands.platform import SERVICES
from services.cli.health import agreement
from services.cli.output import show
from services.cli.output.language import choose
from services.cli.output.options import AsJson, Data


def refill(
    services: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SERVICE]...",
            help=f"服务，不写则全部：{choices.listed(SERVICES)} | services, all if left out",
            parser=choices.parser(SERVICES),
        ),
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """清空事件流，由数据库重新发布全部事件；数据库恢复到较早时刻后使用，已处理的不再生效。

    Empties the streams of events and fills them again from the databases, after these were restored
    to an earlier moment. What was handled before takes effect no second time.
    """
    chosen = services or [*SERVICES]
    counts = with_client(data, lambda client: refill_all(client, chosen))
    if as_json:
        show.json_out(counts)
        return
    rows = [(service, f"{count:,}") for service, count in counts.items()]
    heads = choose("服务 重新发布的事件", "service events").split(maxsplit=1)
    show.table(choose("事件流", "streams of events"), heads, rows)


async def refill_all(client: Client, chosen: Collection[str] = SERVICES) -> dict[str, int]:
    """Empties and fills the streams of services, and waits until the events are handled.

    Returns how many events of each service are published again.
    """
    counts = {}
    for service in chosen:
        request = operations.RefillStreamRequest(request_id=new_request_id())
        answer = await client.operations[service].RefillStream(request)
        counts[service] = answer.events
    await agreement.rest(client)
    return counts
