"""The page on which an operator chooses the instruments of an application: looked for, kept ticked.

What was ticked stays ticked through every search and every page; nothing needs scripts.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import Response

from law.identity import folded, serial_key
from law.instruments import catalogue
from plumbing.client import Refusal, ask
from protos.alerts.v1 import alerts_pb2 as alerts
from protos.registry.v1 import orders_pb2 as orders
from protos.registry.v1 import registry_pb2 as registry
from services.portal.pages.reading import ALL
from services.portal.pages.transfers import chosen_file, of_rows
from services.portal.visit import Visit, whole_number
from services.portal.wording import N_

PATH = "/orders/new"
AT_ONCE = 100  # in one application, and on one page
COLOURS = ("red", "yellow", "green", "none")
STATES = ("in_use", "spare", "stopped")
_FILTERS = ("q", "site", "type", "colour", "state")
_SEPARATORS = re.compile(r"[\s,，、;；]+")
_LONGEST = 20_000  # characters of pasted numbers
_AT_A_SITE = 1000  # instruments that are looked through
_Row = alerts.InstrumentColour


@dataclass
class Choice:
    """What is ticked, and what the page says of a choice that could not be made whole."""

    chosen: list[str]
    said: list[str] = field(default_factory=list)
    numbers: str = ""  # that were pasted and have chosen nothing
    faults: Sequence[str] = ()  # of a file, by row
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Numbered:
    """An instrument by its numbers, of which either may be missing, and how the page calls it."""

    name: str
    serial_no: str
    owner_no: str


async def choose(
    visit: Visit, chosen: Sequence[str], errors: dict[str, str] | None = None
) -> Response:
    """Shows the instruments that a search finds, page by page, and adds to what is ticked."""
    choice = Choice([*chosen], numbers=visit.field("numbers")[:_LONGEST], errors=errors or {})
    asked = await _asked(visit, choice)
    if add := _ADDING.get(visit.field("step")):
        await add(visit, choice, asked)
    page = visit.field("page")
    answer = await _read(visit, asked, AT_ONCE, page)
    found = answer.total or answer.more_than or len(answer.instruments)
    unfit = {row.instrument_id for row in answer.instruments if not fits(row)}  # by now
    choice.chosen = [one for one in choice.chosen if one not in unfit]
    shown = {row.instrument_id for row in answer.instruments if fits(row)}
    return visit.page(
        "orders/choose.html",
        status=422 if choice.errors else 200,
        rows=[(row, fits(row)) for row in answer.instruments],
        sites=await _sites(visit, answer.instruments),
        choice=choice,
        elsewhere=[one for one in choice.chosen if one not in shown],
        asked={name: _value(visit, name) for name in _FILTERS},
        types=list(catalogue()),
        colours=COLOURS,
        states=STATES,
        found=(whole_number(visit.field("of")) if page else found) or found,
        answer=answer,
        errors=choice.errors,
    )


def fits(row: _Row) -> bool:
    """Returns whether an instrument can be applied for: not scrapped, and no application open."""
    return row.state != "scrapped" and not row.HasField("application")


async def _add_all(visit: Visit, choice: Choice, asked: Mapping[str, Any]) -> None:
    """Ticks all that the search finds, as far as they fit into one application."""
    found = [row.instrument_id async for row in _every(visit, asked) if fits(row)]
    if left_out := _tick(choice, found):
        choice.said.append(_too_many(visit, left_out))
    elif not found:
        choice.said.append(visit.say(N_("没有符合条件、可以申请的器具")))


async def _add_numbers(visit: Visit, choice: Choice, _asked: Mapping[str, Any]) -> None:
    """Ticks the instruments whose serial number or own number was pasted; says which chose none."""
    pasted = _SEPARATORS.split(visit.field("numbers")[:_LONGEST])
    numbers = dict.fromkeys(one for one in pasted if one)
    left = await _tick_numbered(visit, choice, [Numbered(one, one, one) for one in numbers])
    choice.numbers = "\n".join(left)


async def _add_file(visit: Visit, choice: Choice, _asked: Mapping[str, Any]) -> None:
    """Ticks the instruments whose numbers are in a file; says by row which chose none."""
    content, error = await chosen_file(visit)
    if error:
        choice.errors["file"] = error
        return
    request = orders.ReadInstrumentNumbersRequest(content=content)
    try:
        answer = await ask(visit.services.orders.ReadInstrumentNumbers(request))
    except Refusal as refusal:
        values = of_rows(visit, refusal)
        choice.errors, choice.faults = values["errors"], [*values["faults"]]
        return
    row = visit.say(N_("第 {row} 行 {number}"))
    await _tick_numbered(
        visit,
        choice,
        [
            Numbered(
                row.format(row=one.row, number=one.serial_no or one.owner_no),
                one.serial_no,
                one.owner_no,
            )
            for one in answer.rows
        ],
    )


_ADDING: dict[str, Callable[[Visit, Choice, Mapping[str, Any]], Awaitable[None]]] = {
    "all": _add_all,
    "numbers": _add_numbers,
    "file": _add_file,
}


async def _tick_numbered(visit: Visit, choice: Choice, named: Iterable[Numbered]) -> list[str]:
    """Ticks instruments by their numbers; returns what names none, or several."""
    by_serial, by_own = defaultdict[str, list[_Row]](list), defaultdict[str, list[_Row]](list)
    async for row in _every(visit, {}):
        by_serial[serial_key(row.serial_no)].append(row)
        by_own[folded(row.owner_no)].append(row)
    unknown, several, unfit, ids = list[str](), list[str](), list[str](), list[str]()
    for one in named:
        own = by_own[folded(one.owner_no)] if one.owner_no else []
        found = by_serial[serial_key(one.serial_no)] if one.serial_no else own
        # Of instruments with one serial number the owner's own number tells which it is.
        found = [row for row in found if row in own] or found or own
        fit = [row for row in found if fits(row)]
        if len(fit) == 1:
            ids.append(fit[0].instrument_id)
        else:
            (several if fit else unfit if found else unknown).append(one.name)
    left_out = _tick(choice, ids)
    for text, which in (
        (N_("没有这些编号的器具：{numbers}"), unknown),
        (N_("这些编号各有几台器具，请在列表中选择：{numbers}"), several),
        (N_("这些编号的器具已报废，或者已有未办结的申请：{numbers}"), unfit),
    ):
        if which:
            choice.said.append(visit.say(text).format(numbers=visit.words.listed(which)))
    if left_out:
        choice.said.append(_too_many(visit, left_out))
    return [*unknown, *several]


def _tick(choice: Choice, ids: Iterable[str]) -> int:
    """Ticks instruments as far as they fit into one application; returns how many are left out."""
    new = [one for one in dict.fromkeys(ids) if one not in choice.chosen]
    room = max(0, AT_ONCE - len(choice.chosen))
    choice.chosen += new[:room]
    return len(new[room:])


def _too_many(visit: Visit, number: int) -> str:
    text = N_("一次最多申请 100 台：另有 {n} 台没有选上，请下次再申请")
    return visit.say(text).format(n=number)


async def _every(visit: Visit, asked: Mapping[str, str]) -> AsyncIterator[_Row]:
    """Yields all instruments of the visitor's firm that a search finds."""
    answer = await _read(visit, asked, ALL)
    while True:
        for row in answer.instruments:
            yield row
        if not answer.next_page_token:
            return
        answer = await _read(visit, asked, ALL, answer.next_page_token)


async def _read(
    visit: Visit, asked: Mapping[str, Any], size: int, page: str = ""
) -> alerts.ListColoursResponse:
    if asked.get("instrument_ids") == []:  # none stands at the site
        return alerts.ListColoursResponse()
    request = alerts.ListColoursRequest(
        subject_id=visit.person.subject_id, page_size=size, page_token=page, **asked
    )
    return await ask(visit.services.alerts.ListColours(request))


async def _asked(visit: Visit, choice: Choice) -> dict[str, Any]:
    """What the search asks for, by the field of the request; nothing that it does not offer."""
    colour, state = _value(visit, "colour"), _value(visit, "state")
    asked = {
        "text": _value(visit, "q")[:100],
        "type_code": _value(visit, "type")[:100],
        "colour": colour if colour in COLOURS else "",
        "state": state if state in STATES else "",
    }
    site = _value(visit, "site")[:100]
    return {**asked, "instrument_ids": await _at(visit, choice, site)} if site else asked


async def _at(visit: Visit, choice: Choice, site: str) -> list[str]:
    """The firm's instruments at a site."""
    request = registry.ListInstrumentsRequest(
        subject_id=visit.person.subject_id, location=site, page_size=_AT_A_SITE
    )
    answer = await ask(visit.services.registry.ListInstruments(request))
    if answer.next_page_token:
        text = N_("这个使用地点的器具太多，只列出其中 {n} 台；请把地点写得更具体")
        choice.said.append(visit.say(text).format(n=_AT_A_SITE))
    return [one.instrument_id for one in answer.instruments]


async def _sites(visit: Visit, rows: Iterable[_Row]) -> Mapping[str, str]:
    """Where the instruments of a page stand."""
    ids = [row.instrument_id for row in rows]
    if not ids:
        return {}
    request = registry.ListInstrumentsRequest(
        subject_id=visit.person.subject_id, instrument_ids=ids, page_size=AT_ONCE
    )
    answer = await ask(visit.services.registry.ListInstruments(request))
    return {one.instrument_id: one.location for one in answer.instruments}


def _value(visit: Visit, name: str) -> str:
    return visit.field(name) or visit.query(name)
