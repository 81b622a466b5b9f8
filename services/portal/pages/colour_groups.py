"""The colours of all instruments by type, sector, street or institution; numbers lead to lists.

By street they are counted by the names that the bureaus keep, unless others are asked for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import urlencode

from starlette.responses import Response

from plumbing.client import Refusal, ask
from protos.alerts.v1 import alerts_pb2 as pb
from services.portal.listing import Asked, Cell, Chunk, Column, Filter, Listing, show
from services.portal.navigation import way_to_board
from services.portal.pages import streets
from services.portal.pages.forms import told
from services.portal.pages.reading import bureau_names
from services.portal.pictures.colour_board import COLOURS
from services.portal.visit import Visit
from services.portal.wording import N_, SECTORS

PATH = "/colours"
UNKNOWN = "-"  # in the address of a list: those of which no sector or no institution is known
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
_NO_STREET = N_("机关没有登记街道名。请写上街道名，再点“筛选”。")


class Row(NamedTuple):
    """A group, and how many of its instruments have each colour."""

    group: str
    colours: Mapping[str, int]


async def page(visit: Visit) -> Response:
    """Shows how many instruments of each group have each colour, the most red first.

    A unit head keeps the names of the streets of its bureau here.
    """
    own = await streets.own_bureau(visit) if visit.request.method == "POST" else None
    if own is None:
        return await _page(visit)
    if errors := streets.faults(visit):
        return await _page(visit, status=422, errors=errors)
    try:
        await streets.keep(visit, own)
    except Refusal as refusal:
        return await _page(visit, status=422, **told(visit, refusal))
    return visit.redirect(f"{PATH}?by=street&done=streets")


async def _page(visit: Visit, **values: Any) -> Response:
    bureaus, names = await bureau_names(visit), list[str]()
    if _by(visit) == "street":
        names = await _names(visit, bureaus)
        values["own"] = await streets.own_bureau(visit)
    left = names[streets.MOST :]
    return await show(
        visit,
        _listing(visit, bureaus, names[: streets.MOST]),
        "city/colours.html",
        back=way_to_board(visit.person.roles),
        most=streets.MOST,
        named=len(names),
        left=left,
        left_link=_address(visit, left),
        done=visit.just_done("done"),
        form=visit.form or {},
        **{"errors": {}, "refusal": None, "own": None, **values},
    )


async def _names(visit: Visit, bureaus: Mapping[str, str]) -> list[str]:
    """The names that were asked for; without any, those that are kept."""
    bureau = visit.query("bureau") if visit.query("bureau") in bureaus else ""
    asked = streets.street_names(visit.query("streets")[:_LONGEST])
    return asked or await streets.kept(visit, bureau)


def _address(visit: Visit, names: Sequence[str]) -> str:
    asked = {"by": "street", "streets": " ".join(names), "bureau": visit.query("bureau")}
    return f"{PATH}?{urlencode({name: value for name, value in asked.items() if value})}"


def _listing(visit: Visit, bureaus: Mapping[str, str], names: Sequence[str]) -> Listing[Row]:
    by, words = _by(visit), visit.words
    bureau = visit.query("bureau") if visit.query("bureau") in bureaus else ""
    count = partial(_count, by, bureau, names)
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
        read=partial(_read, visit, by, names),
        empty=_NONE if by != "street" or names else _NO_STREET,
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


async def _read(visit: Visit, by: str, names: Sequence[str], asked: Asked) -> Chunk[Row]:
    if by == "street" and not names:
        return Chunk([], total=0)  # “with none of the names” says nothing where no name is given
    request = pb.GetColourBoardRequest(bureau=asked["bureau"], by=by, streets=names)
    answer = await ask(visit.services.alerts.GetColourBoard(request))
    rows = _rows(answer.groups)
    return Chunk(rows, total=len(rows))


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


def _count(by: str, bureau: str, names: Sequence[str], colour: str, row: Row) -> Cell:
    """A number, with a link to the list of what it counts."""
    number = row.colours[colour] if colour else sum(row.colours.values())
    asked = {_FILTERS[by]: row.group or UNKNOWN, "colour": colour, "bureau": bureau}
    if by == "street":
        asked |= {"street": row.group, "without": " ".join(_before(row.group, names))}
    named = {name: value for name, value in asked.items() if value}
    return Cell(number, link=f"/instruments?{urlencode(named)}" if number else "")


def _before(street: str, names: Sequence[str]) -> Sequence[str]:
    """The streets under which an address counts rather than under this one, or under none."""
    return names[: names.index(street)] if street else names
