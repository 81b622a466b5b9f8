"""The parts of the colour board: the instruments of one type at one bureau, counted by their day.

A part has a number that grows with every change of an instrument in it, in the same transaction. A
count is kept in memory with that number, and made anew only once the number is another. It says of
how many instruments the colour has which last valid day, so it holds on every day: every answer is
exact, and costs a read of the numbers instead of every instrument.
"""

from __future__ import annotations

import asyncio
from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlmodel import col

from law.colours.basis import RED_WITHOUT_DATE, Basis
from law.colours.rule import Colour, latest_valid_until
from plumbing import row_scope
from plumbing.view import View
from services.alerts.tables import ON_FILE, BoardPart, Instrument

Place = tuple[str, str]  # bureau and type of instrument
_KEYS = ("bureau", "type_code")
_FROM_THE_WORST = (Colour.RED, Colour.YELLOW, Colour.GREEN)


@dataclass
class Part:
    """How many instruments are valid for the last time on which day, and how many have no day.

    `_up_to` are those of each day and all earlier ones. Millions of instruments have thousands of
    parts with hundreds of days each, so the days are numbers side by side.
    """

    version: int = 0
    red: int = 0  # without a day
    none: int = 0
    _days: array[int] = field(default_factory=lambda: array("I"))
    _up_to: array[int] = field(default_factory=lambda: array("I"))

    def add(self, standing: Basis, last_day: date | None, number: int) -> None:
        """Adds instruments of one standing and last day. Days come in their order."""
        if standing in RED_WITHOUT_DATE:
            self.red += number
        elif standing is Basis.DATED and last_day is not None:
            self._up_to.append(self._reached(len(self._days)) + number)
            self._days.append(last_day.toordinal())
        else:
            self.none += number

    def colours(self, on: date) -> dict[Colour, int]:
        """Counts the instruments by colour on a day, as in `colour_in_sql`; never zero of one.

        Raises NotInForce for a day on which the article on warnings does not hold.
        """
        counts, counted = {Colour.RED: self.red}, 0
        for colour in _FROM_THE_WORST:
            last = latest_valid_until(colour, on).toordinal()
            reached = max(counted, self._reached(bisect_right(self._days, last)))
            counts[colour] = counts.get(colour, 0) + reached - counted
            counted = reached
        counts[Colour.NONE] = self.none + self._reached(len(self._days)) - counted
        return {colour: number for colour, number in counts.items() if number}

    def last_days(self, first: date, last: date) -> Iterator[tuple[date, int]]:
        """Yields how many are valid for the last time on each day from `first` to `last`."""
        start = bisect_left(self._days, first.toordinal())
        for n in range(start, bisect_right(self._days, last.toordinal())):
            yield date.fromordinal(self._days[n]), self._reached(n + 1) - self._reached(n)

    def _reached(self, days: int) -> int:
        return self._up_to[days - 1] if days else 0


class BoardParts:
    """The counts of every part that somebody asked for since the process began."""

    def __init__(self) -> None:
        self._parts: dict[Place, Part] = {}
        self._counting = asyncio.Lock()

    async def read(self, view: View, bureau: str) -> dict[Place, Part]:
        """Returns the parts of a bureau, or of all in the caller's scope."""
        versions = await _versions(view, bureau)
        async with self._counting:  # who comes meanwhile finds the counts
            for of_bureau, types in self._stale(versions).items():
                # One bureau after another: who gave up waiting finds those that were counted.
                self._parts |= await _counted(view, of_bureau, types)
            return {place: self._parts[place] for place in versions}

    def _stale(self, versions: Mapping[Place, int]) -> dict[str, dict[str, int]]:
        """The versions of the parts that are to be counted, by bureau and type."""
        stale: dict[str, dict[str, int]] = defaultdict(dict)
        for (bureau, type_code), version in versions.items():
            known = self._parts.get((bureau, type_code))
            if known is None or known.version != version:
                stale[bureau][type_code] = version
        return stale


async def _versions(view: View, bureau: str) -> dict[Place, int]:
    columns = (col(BoardPart.bureau), col(BoardPart.type_code), col(BoardPart.version))
    wanted = sa.select(*columns).where(row_scope.covered(view.caller, BoardPart.bureau))
    if bureau:
        wanted = wanted.where(col(BoardPart.bureau) == bureau)
    return {(row[0], row[1]): row[2] for row in await _rows(view, wanted)}


async def _counted(view: View, bureau: str, versions: Mapping[str, int]) -> dict[Place, Part]:
    # A part whose last instrument has gone is counted too.
    parts = {(bureau, code): Part() for code in versions}
    parts |= await count_parts(view, (sa.text(ON_FILE), *_within(bureau, versions)))
    for (_, code), part in parts.items():
        part.version = versions[code]
    return parts


async def count_parts(view: View, where: Iterable[Any]) -> dict[Place, Part]:
    """Counts the instruments with a condition, by part."""
    keys = (col(Instrument.bureau), col(Instrument.type_code))
    by = (*keys, col(Instrument.standing), col(Instrument.valid_until))
    # In the order of an index, so that nothing is sorted.
    counting = sa.select(*by, sa.func.count()).where(*where).group_by(*by).order_by(*by)
    parts: dict[Place, Part] = defaultdict(Part)
    for bureau, kind, standing, last_day, number in await _rows(view, counting):
        parts[bureau, kind].add(standing, last_day, number)
    return parts


def _within(bureau: str, types: Collection[str]) -> Iterator[sa.ColumnElement[bool]]:
    yield row_scope.of_bureau(bureau, Instrument.bureau)  # leads SQLite to the index of the counts
    yield col(Instrument.type_code).in_(types)


async def _rows(view: View, statement: Any) -> list[Any]:
    return list((await (await view.session.connection()).execute(statement)).all())


@event.listens_for(Session, "before_flush")
def _note_changes(session: Session, _context: object, _instances: object) -> None:
    """Gives a new number to the parts from which and to which instruments go."""
    places = sorted(set(_places(session)))
    if not places:
        return
    first = [dict(zip(_KEYS, place, strict=True), version=1) for place in places]
    session.connection().execute(_next_version(session), first)


def _places(session: Session) -> Iterator[Place]:
    for row in (*session.new, *session.dirty):
        if isinstance(row, Instrument) and (row in session.new or session.is_modified(row)):
            yield row.bureau, row.type_code
            yield _former(row, "bureau"), _former(row, "type_code")


def _former(row: Instrument, name: str) -> str:
    """The value of a column before the change that is about to be stored."""
    deleted = sa.inspect(row).attrs[name].history.deleted
    return str(deleted[0] if deleted else getattr(row, name))


def _next_version(session: Session) -> Any:
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    insert: Any = (sqlite if on_sqlite else postgresql).insert(BoardPart)
    larger = {"version": col(BoardPart.version) + 1}
    return insert.on_conflict_do_update(index_elements=_KEYS, set_=larger)
