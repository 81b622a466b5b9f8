"""The page that forecasts verifications: how many instruments of each type end in each week.

An institution sees the types that it may verify, and beside them what it says that it completes, so
that it plans its people and standards by them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from urllib.parse import urlencode

from starlette.responses import Response

from law.colours.rule import Colour
from plumbing.client import ask
from plumbing.forecast import Capacity, Forecast, TypeDue, forecast, own_institutions
from plumbing.identity import Role
from protos.alerts.v1 import alerts_pb2 as pb
from services.portal.address import STAFF
from services.portal.listing import Asked, Cell, Chunk, Column, Filter, Listing, read_table, show
from services.portal.navigation import way_to_board
from services.portal.visit import Visit
from services.portal.wording import N_

PATH = "/forecast"
_HORIZONS = ("8", "13", "26", "53")  # weeks: two months, a quarter, half a year, a year


async def page(visit: Visit) -> Response:
    """Shows, by type, what would come if all applied today, and what ends in each week."""
    asked = visit.query("weeks")
    weeks = int(asked if asked in _HORIZONS else _HORIZONS[0])
    board = await ask(
        visit.services.alerts.GetColourBoard(pb.GetColourBoardRequest(weeks=weeks, by_type=True))
    )
    is_own = visit.has(Role.VERIFICATION_INSTITUTION)
    own = await own_institutions(visit.services.institutions) if is_own else None
    found = forecast(board, own)
    loads = _loads(visit, found)
    return await show(
        visit,
        _listing(visit, found),
        "forecast.html",
        back=way_to_board(visit.person.roles),
        is_own=is_own,
        due=found.due,
        loads=await read_table(visit, loads) if found.capacities else None,
        without=visit.words.listed(map(visit.words.instrument_type, found.without), "、"),
    )


def _listing(visit: Visit, found: Forecast) -> Listing[TypeDue]:
    async def read(_asked: Asked) -> Chunk[TypeDue]:
        return Chunk(found.types, total=len(found.types))

    say, name = visit.say, visit.words.instrument_type
    horizons = [(one, say(N_("{number} 周")).format(number=one)) for one in _HORIZONS]
    return Listing(
        path=PATH,
        title=N_("到期预测"),
        columns=[
            Column(N_("器具类型"), lambda row: name(row.type_code)),
            Column(N_("红色警示"), partial(_red, visit), numeric=True),
            Column(N_("现在都来申请"), lambda row: row.due, numeric=True),
            *(
                Column(week.starts_on, partial(_week, visit, place), numeric=True)
                for place, week in enumerate(found.weeks)
            ),
        ],
        read=read,
        empty=N_("预测的这段时间里没有到期的器具。"),
        filters=[Filter("weeks", N_("预测多久"), horizons, usual=_HORIZONS[0])],
        counted=N_("共 {total} 种，第 {first}–{last} 种"),
    )


def _loads(visit: Visit, found: Forecast) -> Listing[Capacity]:
    """What the institution completes in each week, beside what ends of the same types."""

    async def read(_asked: Asked) -> Chunk[Capacity]:
        return Chunk(found.capacities, total=len(found.capacities))

    def types(row: Capacity) -> str:
        return visit.words.listed(map(visit.words.instrument_type, row.type_codes), "、")

    weeks: Sequence[Column[Capacity]] = [
        Column(week.starts_on, partial(_load, visit, place))
        for place, week in enumerate(found.weeks)
    ]
    return Listing(
        path=PATH,
        title=N_("到期台数和检定能力"),
        columns=[
            Column(N_("器具类型"), types),
            Column(N_("每个工作日完成的台数"), lambda row: row.figure.per_day),
            *weeks,
        ],
        read=read,
        empty=N_("没有填报能力。"),
    )


def _load(visit: Visit, place: int, row: Capacity) -> Cell | str:
    load = row.weeks[place]
    if load is None:
        return ""
    firm, provisional = N_("到期 {ends}，可完成 {n}"), N_("到期 {ends}，可完成 {n}（暂定）")
    text = visit.say(provisional if load.provisional else firm)
    over = visit.say(N_("超出能力")) if load.ends > load.completes else ""
    return Cell(text.format(ends=load.ends, n=load.completes), note=over)


def _red(visit: Visit, row: TypeDue) -> Cell:
    return _counted(visit, row.red, type=row.type_code, colour=Colour.RED)


def _week(visit: Visit, place: int, row: TypeDue) -> Cell:
    week = row.weeks[place]
    days = {"valid_from": week.starts_on, "valid_to": week.ends_on}
    return _counted(visit, week.instruments, type=row.type_code, **days)


def _counted(visit: Visit, number: int, **narrowed: str) -> Cell:
    """A number, with a link to the list of what it counts where the visitor may open that list."""
    listed = number and visit.has(*STAFF)
    return Cell(number, link=f"/instruments?{urlencode(narrowed)}" if listed else "")
