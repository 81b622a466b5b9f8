"""The page on which an operator chooses the instruments of an application: looked for, kept ticked.

What was ticked stays ticked through every search and every page; nothing needs scripts.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import Response

from law.identity import folded, serial_key
from law.instruments import catalogue
from plumbing.client import ask
from protos.alerts.v1 import alerts_pb2 as alerts
from services.portal.pages.reading import ALL
from services.portal.visit import Visit, whole_number
from services.portal.wording import N_

AT_ONCE = 100  # in one application, and on one page
COLOURS = ("red", "yellow", "green", "none")
STATES = ("in_use", "spare", "stopped")
_FILTERS = ("q", "type", "colour", "state")
_SEPARATORS = re.compile(r"[\s,，、;；]+")
_LONGEST = 20_000  # characters of pasted numbers
_Row = alerts.InstrumentColour


@dataclass
class Choice:
    """What is ticked, and what the page says of a choice that could not be made whole."""

    chosen: list[str]
    said: list[str] = field(default_factory=list)
    numbers: str = ""  # that were pasted and have chosen nothing


async def choose(
    visit: Visit, chosen: Sequence[str], errors: dict[str, str] | None = None
) -> Response:
    """Shows the instruments that a search finds, page by page, and adds to what is ticked."""
    choice = Choice([*chosen], numbers=visit.field("numbers")[:_LONGEST])
    if visit.field("step") == "all":
        await _add_all(visit, choice)
    elif visit.field("step") == "numbers":
        await _add_numbers(visit, choice)
    page = visit.field("page")
    answer = await _read(visit, _asked(visit), AT_ONCE, page)
    found = answer.total or answer.more_than or len(answer.instruments)
    unfit = {row.instrument_id for row in answer.instruments if not fits(row)}  # by now
    choice.chosen = [one for one in choice.chosen if one not in unfit]
    shown = {row.instrument_id for row in answer.instruments if fits(row)}
    return visit.page(
        "orders/choose.html",
        status=422 if errors else 200,
        rows=[(row, fits(row)) for row in answer.instruments],
        choice=choice,
        elsewhere=[one for one in choice.chosen if one not in shown],
        asked={name: _value(visit, name) for name in _FILTERS},
        types=list(catalogue()),
        colours=COLOURS,
        states=STATES,
        found=(whole_number(visit.field("of")) if page else found) or found,
        answer=answer,
        errors=errors or {},
    )


def fits(row: _Row) -> bool:
    """Returns whether an instrument can be applied for: not scrapped, and no application open."""
    return row.state != "scrapped" and not row.HasField("application")


async def _add_all(visit: Visit, choice: Choice) -> None:
    """Ticks all that the search finds, as far as they fit into one application."""
    found = [row.instrument_id async for row in _every(visit, _asked(visit)) if fits(row)]
    if left_out := _tick(choice, found):
        choice.said.append(_too_many(visit, left_out))
    elif not found:
        choice.said.append(visit.say(N_("没有符合条件、可以申请的器具")))


async def _add_numbers(visit: Visit, choice: Choice) -> None:
    """Ticks the instruments whose serial number or own number was pasted; says which chose none."""
    pasted = _SEPARATORS.split(visit.field("numbers")[:_LONGEST])
    numbers = list(dict.fromkeys(one for one in pasted if one))
    by_number: defaultdict[str, list[_Row]] = defaultdict(list)
    async for row in _every(visit, {}):
        for key in {serial_key(row.serial_no), folded(row.owner_no)} - {""}:
            by_number[key].append(row)
    unknown, several, unfit, ids = list[str](), list[str](), list[str](), list[str]()
    for number in numbers:
        found = by_number[serial_key(number)] or by_number[folded(number)]
        fit = [row for row in found if fits(row)]
        if len(fit) == 1:
            ids.append(fit[0].instrument_id)
        else:
            (several if fit else unfit if found else unknown).append(number)
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
    choice.numbers = "\n".join((*unknown, *several))


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
    request = alerts.ListColoursRequest(
        subject_id=visit.person.subject_id, page_size=size, page_token=page, **asked
    )
    return await ask(visit.services.alerts.ListColours(request))


def _asked(visit: Visit) -> dict[str, str]:
    """What the search asks for, by the field of the request; nothing that it does not offer."""
    colour, state = _value(visit, "colour"), _value(visit, "state")
    return {
        "text": _value(visit, "q")[:100],
        "type_code": _value(visit, "type")[:100],
        "colour": colour if colour in COLOURS else "",
        "state": state if state in STATES else "",
    }


def _value(visit: Visit, name: str) -> str:
    return visit.field(name) or visit.query(name)
