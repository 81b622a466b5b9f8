"""The command that forecasts verifications by type and week, as the page of the forecast does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from law.instruments import catalogue
from plumbing.forecast import Forecast, Load, forecast, own_institutions
from plumbing.spreadsheets import writing
from services.cli.client import Client, with_client
from services.cli.output import show
from services.cli.output.exporting import check_ending
from services.cli.output.options import AsJson, Bureau, Data, Export

_HEADS = ("器具类型 type", "红色警示 red", "现在都来申请 if all applied today")
_HEADS_OF_CAPACITIES = ("器具类型 type", "每个工作日 per working day")


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
    即在使用的是红色，也在其中。检定机构看到获得授权的类型和填报的能力。

    Forecasts verifications by type and week, and what would come if everybody applied today. Red
    ones that were never verified and are in use are among those. An institution sees the types that
    it may verify today, and beside them what it says that it completes.
    """
    from protos.alerts.v1 import alerts_pb2 as pb  # noqa: PLC0415 - only this command
    from protos.identity.v1 import identity_pb2 as identity  # noqa: PLC0415

    if export:
        check_ending(export)
    request = pb.GetColourBoardRequest(weeks=weeks, bureau=bureau, by_type=True)

    async def read(client: Client) -> Forecast:
        board = await client.alerts.GetColourBoard(request)
        caller = await client.identity.GetCaller(identity.GetCallerRequest())
        has_own = bool(caller.account.institution)
        return forecast(board, await own_institutions(client.institutions) if has_own else None)

    found = with_client(data, read)
    starts = [week.starts_on for week in found.weeks]
    if export:
        with writing(export, "到期预测", [*_HEADS, *starts]) as writer:
            for row in _rows(found):
                writer.write(row)
        count = len(found.types)
        show.done(f"已写入 {export}：{count} 种", f"{count} types written to {export}")
    elif as_json:
        show.json_out(_plain(found, starts))
    else:
        show.table(f"到期预测 {found.on}", [*_HEADS, *starts], _rows(found))
        _show_capacities(found, starts)


def _rows(found: Forecast) -> list[list[str | int]]:
    return [
        [_name(one.type_code), one.red, one.due, *(week.instruments for week in one.weeks)]
        for one in found.types
    ]


def _show_capacities(found: Forecast, starts: Sequence[str]) -> None:
    rows = [
        (_names(one.type_codes), one.figure.per_day, *map(_load, one.weeks))
        for one in found.capacities
    ]
    if rows:
        title = "到期台数/可完成台数 what ends/can be completed"
        show.table(title, [*_HEADS_OF_CAPACITIES, *starts], rows)
    if found.without:
        zh = f"没有填报能力的类型：{_names(found.without)}"
        show.done(zh, f"No capacity is stated for: {', '.join(found.without)}")


def _load(load: Load | None) -> str:
    if load is None:
        return ""
    return f"{load.ends}/{load.completes}" + (" !" if load.ends > load.completes else "")


def _plain(found: Forecast, starts: Sequence[str]) -> dict[str, object]:
    return {
        "on": found.on,
        "types": [
            {
                "type_code": one.type_code,
                "red": one.red,
                "due": one.due,
                "weeks": {week.starts_on: week.instruments for week in one.weeks},
            }
            for one in found.types
        ],
        "capacities": [
            {
                "type_codes": [*one.type_codes],
                "per_day": one.figure.per_day,
                "weeks": {
                    start: load._asdict()
                    for start, load in zip(starts, one.weeks, strict=True)
                    if load is not None
                },
            }
            for one in found.capacities
        ],
        "without_capacity": [*found.without],
    }


def _names(type_codes: Sequence[str]) -> str:
    return "、".join(map(_name, type_codes))


def _name(type_code: str) -> str:
    known = catalogue().get(type_code)
    return known.name_zh if known else type_code
