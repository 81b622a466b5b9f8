"""Commands that list the rulesets in force and show the result of a trial run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer
from google.protobuf.message import Message

from protos.grading.v1 import rulesets_pb2 as pb
from services.cli.client import Client, with_client
from services.cli.output import answer, show
from services.cli.output.names import Names
from services.cli.output.options import AsJson, Bureau, Data, Export, Limit


def ruleset_list(
    bureau: Bureau = "",
    limit: Limit = 50,
    export: Export = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """列出各规则及其启用情况。

    Lists the rulesets, and at which bureau and from which day each one applies.
    """
    request = pb.ListActivationsRequest(bureau=bureau, page_size=limit)
    if export:
        answer.call(lambda client: client.rulesets.ListActivations, request, data, export=export)

    async def read(client: Client) -> tuple[pb.ListRulesetsResponse, pb.ListActivationsResponse]:
        texts = await client.rulesets.ListRulesets(pb.ListRulesetsRequest())
        return texts, await client.rulesets.ListActivations(request)

    _print(data, read, as_json=as_json)


def ruleset_show(
    impact: Annotated[
        str, typer.Argument(metavar="IMPACT", help="试算 id，见 ruleset impact | impact")
    ],
    limit: Limit = 50,
    export: Export = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """显示试算结果和等级变化的主体。

    Shows the result of a trial run (impact) and the subjects whose grade would change.
    """
    request = pb.ListImpactMovesRequest(impact_id=impact, page_size=limit)
    if export:
        answer.call(lambda client: client.rulesets.ListImpactMoves, request, data, export=export)

    async def read(client: Client) -> tuple[pb.GetImpactResponse, pb.ListImpactMovesResponse]:
        found = await client.rulesets.GetImpact(pb.GetImpactRequest(impact_id=impact))
        return found, await client.rulesets.ListImpactMoves(request)

    _print(data, read, as_json=as_json)


def _print(
    data: Path | None, read: Callable[[Client], Awaitable[Sequence[Message]]], *, as_json: bool
) -> None:
    """Reads several responses and prints them one below the other, or as one JSON object."""

    async def work(client: Client) -> tuple[Sequence[Message], Names]:
        responses, names = await read(client), Names()
        if not as_json:
            await names.learn(client, responses)
        return responses, names

    responses, names = with_client(data, work)
    if as_json:
        show.json_out({key: value for one in responses for key, value in show.plain(one).items()})
        return
    for response in responses:
        answer.print_response(response, names, as_json=False)
