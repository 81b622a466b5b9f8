"""The colours of all instruments by type, sector, street or institution; numbers lead to lists."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple
from urllib.parse import urlencode

from starlette.responses import Response

from plumbing.client import ask
from protos.alerts.v1 import alerts_pb2 as pb
from services.portal.listing import Asked, Cell, Chunk, Column, Filter, Listing, show
from services.portal.navigation import way_to_board
from services.portal.pages.reading import bureau_names
from services.portal.pictures.colour_board import COLOURS
from services.portal.visit import Visit
from services.portal.wording import N_, SECTORS

PATH = "/colours"
UNKNOWN = "-"  # in the address of a list: those of which no sector or no institution is known
MOST_STREETS = 50  # that the service counts by at once
_LONGEST = 2000  # characters of the names of streets
GROUPS = (
    ("type", N_("器具类型")),
    ("sector", N_("行业领域")),
    ("street", N_("街道")),
    ("institution", N_("上次检定的机构")),
)
# The filter of the list of instruments, and what stands for a group without a name.
_FILTERS = {"type": "type", "sector": "sector", "street": "street", "institution": "institution"}
_UNNAMED = {
    "type": "",
    "sector": N_("没有登记行业"),
    "street": N_("地址中没有上述名称"),
    "institution": N_("没有检定机构"),
}
_NONE = N_("没有这样的器具。")
_NO_STREET = N_("请写上街道名，再点“筛选”。")
_BETWEEN_NAMES = re.compile(r"[\s、，,；;]+")


class Row(NamedTuple):
    """A group, and how many of its instruments have each colour."""

    group: str
    colours: Mapping[str, int]


async def page(visit: Visit) -> Response:
    """Shows how many instruments of each group have each colour, the most red first."""
    listing = _listing(visit, await bureau_names(visit))
    names = street_names(visit.query("streets")[:_LONGEST])
    left = names[MOST_STREETS:]
    return await show(
        visit,
        listing,
        "city/colours.html",
        back=way_to_board(visit.person.roles),
        most=MOST_STREETS,
        named=len(names),
        left=left,
        left_link=_address(visit, left),
    )


def _address(visit: Visit, streets: Sequence[str]) -> str:
    asked = {"by": "street", "streets": " ".join(streets), "bureau": visit.query("bureau")}
    return f"{PATH}?{urlencode({name: value for name, value in asked.items() if value})}"


def _listing(visit: Visit, bureaus: Mapping[str, str]) -> Listing[Row]:
    by, words = _by(visit), visit.words
    bureau = visit.query("bureau") if visit.query("bureau") in bureaus else ""
    count = partial(_count, by, bureau)
    coloured = [
        Column(words.colour(colour).word, partial(count, colour), numeric=True)
        for colour in COLOURS
    ]
    return Listing(
        path=PATH,
        title=N_("三色统计"),
        columns=[
            Column(dict(GROUPS)[by], partial(_name, visit, by)),
            *coloured,
            Column(N_("合计"), partial(count, ""), numeric=True),
        ],
        read=partial(_read, visit, by),
        empty=_NONE if by != "street" or street_names(visit.query("streets")) else _NO_STREET,
        filters=[
            Filter("by", N_("按"), GROUPS, usual="sector"),
            Filter("streets", N_("街道名（只用于按街道统计，几个之间用顿号）"), longest=_LONGEST),
            Filter("bureau", N_("机关"), sorted(bureaus.items())),
        ],
        counted=N_("共 {total} 组，第 {first}–{last} 组"),
    )


def _by(visit: Visit) -> str:
    asked = visit.query("by")
    return asked if asked in _FILTERS else "sector"


async def _read(visit: Visit, by: str, asked: Asked) -> Chunk[Row]:
    streets = street_names(asked["streets"])[:MOST_STREETS] if by == "street" else []
    if by == "street" and not streets:
        return Chunk([], total=0)  # “with none of the names” says nothing where no name is given
    request = pb.GetColourBoardRequest(bureau=asked["bureau"], by=by, streets=streets)
    answer = await ask(visit.services.alerts.GetColourBoard(request))
    rows = _rows(answer.groups)
    return Chunk(rows, total=len(rows))


def street_names(written: str) -> list[str]:
    """Returns the names of streets in a text, each once."""
    return list(dict.fromkeys(filter(None, _BETWEEN_NAMES.split(written))))


def _rows(counts: Iterable[pb.GroupCount]) -> Sequence[Row]:
    groups = defaultdict[str, dict[str, int]](lambda: dict.fromkeys(COLOURS, 0))
    for count in counts:
        groups[count.group][count.colour] += count.instruments
    rows = [Row(group, colours) for group, colours in groups.items()]
    return sorted(rows, key=lambda row: (*(-row.colours[one] for one in COLOURS), row.group))


def _name(visit: Visit, by: str, row: Row) -> str:
    if not row.group:
        return visit.say(_UNNAMED[by])
    if by == "sector":
        return visit.say(SECTORS.get(row.group, row.group))
    return visit.words.instrument_type(row.group) if by == "type" else row.group


def _count(by: str, bureau: str, colour: str, row: Row) -> Cell:
    """A number, with a link to the list of what it counts."""
    number = row.colours[colour] if colour else sum(row.colours.values())
    # No filter lists the addresses that contain none of the names.
    listed = number and (row.group or by != "street")
    asked = {_FILTERS[by]: row.group or UNKNOWN, "colour": colour, "bureau": bureau}
    named = {name: value for name, value in asked.items() if value}
    return Cell(number, link=f"/instruments?{urlencode(named)}" if listed else "")
