"""The command that forecasts verifications by type and week, as the page of the forecast does."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from law.colours.rule import Colour
from law.instruments import catalogue
from plumbing.spreadsheets import writing
from services.cli.client import Client, with_client
from services.cli.output import show
from services.cli.output.exporting import check_ending
from services.cli.output.options import AsJson, Bureau, Data, Export

if TYPE_CHECKING:
    from protos.alerts.v1 import alerts_pb2

_DUE = (Colour.RED, Colour.YELLOW, Colour.GREEN)
_HEADS = ("器具类型 type", "红色警示 red", "现在都来申请 if all applied today")


class Line(NamedTuple):
    """A type: how many are red, how many would come if all applied today, and in each week."""

    type_code: str
    red: int
    due: int
    weeks: Sequence[int]


def alert_forecast(
    weeks: Annotated[
        int, typer.Option("--weeks", min=1, max=53, help="预测几周，含本周 | weeks ahead")
    ] = 8,
    bureau: Bureau = "",
    export: Export = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """预测检定：各类型每周到期多少台，今天都来申请有多少台；从未检定
    即在使用的是红色，也在其中。检定机构看到获得授权的类型。

    Forecasts verifications by type and week, and what would come if everybody applied today. Red
    ones that were never verified and are in use are among those. An institution sees the types that
    it may verify today.
    """
    from protos.alerts.v1 import alerts_pb2 as pb  # noqa: PLC0415 - only this command

    if export:
        check_ending(export)
    request = pb.GetColourBoardRequest(weeks=weeks, bureau=bureau, by_type=True)

    async def read(
        client: Client,
    ) -> tuple[alerts_pb2.GetColourBoardResponse, set[str] | None]:
        return await asyncio.gather(client.alerts.GetColourBoard(request), _own_types(client))

    board, own = with_client(data, read)
    lines = [one for one in lines_of(board) if own is None or one.type_code in own]
    starts = [week.starts_on for week in board.weeks]
    if export:
        with writing(export, "到期预测", [*_HEADS, *starts]) as writer:
            for line in lines:
                writer.write([_name(line.type_code), line.red, line.due, *line.weeks])
        show.done(f"已写入 {export}：{len(lines)} 种", f"{len(lines)} types written to {export}")
    elif as_json:
        show.json_out({"on": board.on, "types": [_plain(line, starts) for line in lines]})
    else:
        rows = [(_name(line.type_code), line.red, line.due, *line.weeks) for line in lines]
        show.table(f"到期预测 {board.on}", [*_HEADS, *starts], rows)


def lines_of(board: alerts_pb2.GetColourBoardResponse) -> Iterator[Line]:
    """Yields a line for each type that is due now or ends in one of the weeks, by type."""
    colours: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for count in board.counts:
        colours[count.type_code][count.colour] += count.instruments
    for one in board.types:
        numbers = colours[one.type_code]
        weeks = [week.instruments for week in one.weeks]
        line = Line(one.type_code, numbers[Colour.RED], sum(numbers[c] for c in _DUE), weeks)
        if line.due or any(weeks):
            yield line


async def _own_types(client: Client) -> set[str] | None:
    """The types that the caller's institution may verify today; None for anybody else."""
    from protos.identity.v1 import identity_pb2 as identity  # noqa: PLC0415
    from protos.registry.v1 import institutions_pb2 as pb  # noqa: PLC0415
    from protos.registry.v1 import registry_pb2 as registry  # noqa: PLC0415

    caller = await client.identity.GetCaller(identity.GetCallerRequest())
    if not caller.account.institution:
        return None
    listed, clock = await asyncio.gather(
        client.institutions.ListInstitutions(pb.ListInstitutionsRequest()),
        client.clock.GetClock(registry.GetClockRequest()),
    )
    found = await asyncio.gather(
        *(
            client.institutions.GetInstitution(
                pb.GetInstitutionRequest(institution_id=one.institution_id)
            )
            for one in listed.institutions
        )
    )
    return {
        allowed.type_code
        for one in found
        for allowed in one.authorisations
        if allowed.valid_from <= clock.today <= allowed.valid_until
    }


def _plain(line: Line, starts: Iterable[str]) -> dict[str, object]:
    weeks = dict(zip(starts, line.weeks, strict=True))
    return {"type_code": line.type_code, "red": line.red, "due": line.due, "weeks": weeks}


def _name(type_code: str) -> str:
    known = catalogue().get(type_code)
    return known.name_zh if known else type_code
