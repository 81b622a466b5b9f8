"""The page that forecasts verifications: how many instruments of each type end in each week.

An institution sees the types that it may verify, so that it plans its people and standards by them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple
from urllib.parse import urlencode

from starlette.responses import Response

from law.colours.rule import Colour
from plumbing.client import ask
from plumbing.identity import Role
from protos.alerts.v1 import alerts_pb2 as pb
from protos.registry.v1 import institutions_pb2 as institutions
from services.portal.address import STAFF
from services.portal.listing import Asked, Cell, Chunk, Column, Filter, Listing, show
from services.portal.navigation import way_to_board
from services.portal.pages.reading import today
from services.portal.visit import Visit
from services.portal.wording import N_

PATH = "/forecast"
_HORIZONS = ("8", "13", "26", "53")  # weeks: two months, a quarter, half a year, a year
_DUE = (Colour.RED.value, Colour.YELLOW.value, Colour.GREEN.value)


class Row(NamedTuple):
    """A type of instruments: how many have each colour now, and how many end in each week."""

    type_code: str
    colours: Mapping[str, int]
    weeks: Sequence[pb.WeekAhead]

    @property
    def due(self) -> int:
        """How many would come if everybody applied today: the green, yellow and red ones."""
        return sum(self.colours.get(colour, 0) for colour in _DUE)


async def page(visit: Visit) -> Response:
    """Shows, by type, what would come if all applied today, and what ends in each week."""
    asked = visit.query("weeks")
    weeks = int(asked if asked in _HORIZONS else _HORIZONS[0])
    board = await ask(
        visit.services.alerts.GetColourBoard(pb.GetColourBoardRequest(weeks=weeks, by_type=True))
    )
    own = await _own_types(visit) if visit.has(Role.VERIFICATION_INSTITUTION) else None
    rows = [row for row in _rows(board) if own is None or row.type_code in own]
    listing = _listing(visit, board.weeks, rows)
    due = sum(row.due for row in rows)
    back = way_to_board(visit.person.roles)
    return await show(visit, listing, "forecast.html", back=back, is_own=own is not None, due=due)


def _rows(board: pb.GetColourBoardResponse) -> Iterator[Row]:
    colours: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for count in board.counts:
        colours[count.type_code][count.colour] += count.instruments
    for one in board.types:
        row = Row(one.type_code, colours[one.type_code], one.weeks)
        if row.due or any(week.instruments for week in row.weeks):
            yield row


async def _own_types(visit: Visit) -> set[str]:
    """The types that the visitor's institution may verify today; none if it is not on file."""
    service, day = visit.services.institutions, await today(visit)
    listed = await ask(service.ListInstitutions(institutions.ListInstitutionsRequest()))
    types = set()
    for one in listed.institutions:
        request = institutions.GetInstitutionRequest(institution_id=one.institution_id)
        found = await ask(service.GetInstitution(request))
        types |= {
            allowed.type_code
            for allowed in found.authorisations
            if allowed.valid_from <= day <= allowed.valid_until
        }
    return types


def _listing(visit: Visit, weeks: Sequence[pb.WeekAhead], rows: Sequence[Row]) -> Listing[Row]:
    async def read(_asked: Asked) -> Chunk[Row]:
        return Chunk(rows, total=len(rows))

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
                for place, week in enumerate(weeks)
            ),
        ],
        read=read,
        empty=N_("预测的这段时间里没有到期的器具。"),
        filters=[Filter("weeks", N_("预测多久"), horizons, usual=_HORIZONS[0])],
        counted=N_("共 {total} 种，第 {first}–{last} 种"),
    )


def _red(visit: Visit, row: Row) -> Cell:
    return _counted(visit, row.colours.get(Colour.RED, 0), type=row.type_code, colour=Colour.RED)


def _week(visit: Visit, place: int, row: Row) -> Cell:
    week = row.weeks[place]
    days = {"valid_from": week.starts_on, "valid_to": week.ends_on}
    return _counted(visit, week.instruments, type=row.type_code, **days)


def _counted(visit: Visit, number: int, **narrowed: str) -> Cell:
    """A number, with a link to the list of what it counts where the visitor may open that list."""
    listed = number and visit.has(*STAFF)
    return Cell(number, link=f"/instruments?{urlencode(narrowed)}" if listed else "")
