"""The parts of the colour board: the instruments of one type at one bureau, counted once a day.

A part has a number that grows with every change of an instrument in it, in the same transaction. A
count is kept in memory with that number, and made anew only once the number or the day is another.
So every answer is exact, and costs a read of the numbers instead of every instrument.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlmodel import col

from law.colours.basis import Basis
from plumbing import row_scope
from plumbing.view import View
from services.alerts.instrument_filters import colour_in_sql
from services.alerts.tables import ON_FILE, BoardPart, Instrument

Place = tuple[str, str]  # bureau and type of instrument
_KEYS = ("bureau", "type_code")


@dataclass
class Part:
    """The counts of a part: by colour, and by last valid day up to `until`, on the day `on`."""

    on: date
    until: date
    version: int = 0
    colours: dict[str, int] = field(default_factory=dict)
    last_days: dict[date, int] = field(default_factory=dict)

    def serves(self, version: int, on: date, until: date) -> bool:
        """Returns whether the counts are those of that version and day, and reach far enough."""
        return (self.version, self.on) == (version, on) and self.until >= until


class BoardParts:
    """The counts of every part that somebody asked for since the process began."""

    def __init__(self) -> None:
        self._parts: dict[Place, Part] = {}
        self._counting = asyncio.Lock()

    async def read(self, view: View, bureau: str, until: date) -> dict[Place, Part]:
        """Returns the parts of a bureau, or of all in the caller's scope, counted up to `until`."""
        versions = await _versions(view, bureau)
        async with self._counting:  # who comes meanwhile finds the counts
            stale = [
                place
                for place, version in versions.items()
                if place not in self._parts
                or not self._parts[place].serves(version, view.today, until)
            ]
            if stale:
                self._parts |= await _counted(view, stale, versions, until)
            return {place: self._parts[place] for place in versions}


async def _versions(view: View, bureau: str) -> dict[Place, int]:
    columns = (col(BoardPart.bureau), col(BoardPart.type_code), col(BoardPart.version))
    wanted = sa.select(*columns).where(row_scope.covered(view.caller, BoardPart.bureau))
    if bureau:
        wanted = wanted.where(col(BoardPart.bureau) == bureau)
    return {(row[0], row[1]): row[2] for row in await _rows(view, wanted)}


async def _counted(
    view: View, places: Sequence[Place], versions: Mapping[Place, int], until: date
) -> dict[Place, Part]:
    types = defaultdict(list)
    for bureau, type_code in places:
        types[bureau].append(type_code)
    # A part whose last instrument has gone is counted too.
    parts = {place: Part(view.today, until) for place in places}
    for bureau, codes in types.items():
        parts |= await count_parts(view, (sa.text(ON_FILE), *_within(bureau, codes)), until)
    for place, part in parts.items():
        part.version = versions[place]
    return parts


async def count_parts(view: View, where: tuple[Any, ...], until: date) -> dict[Place, Part]:
    """Counts the instruments with a condition, by part, as of today and with days to `until`."""
    parts: dict[Place, Part] = defaultdict(lambda: Part(view.today, until))
    last_day, colour = col(Instrument.valid_until), colour_in_sql(view.today).label("colour")
    for bureau, kind, found, number in await _rows(view, _count(colour, where)):
        parts[bureau, kind].colours[found] = number
    ahead = (col(Instrument.standing) == Basis.DATED, last_day.between(view.today, until))
    for bureau, kind, day, number in await _rows(view, _count(last_day, (*where, *ahead))):
        parts[bureau, kind].last_days[day] = number
    return parts


def _within(bureau: str, types: Collection[str]) -> Iterator[sa.ColumnElement[bool]]:
    yield row_scope.of_bureau(bureau, Instrument.bureau)
    yield col(Instrument.bureau) == bureau  # once more, for the index
    yield col(Instrument.type_code).in_(types)


def _count(by: Any, where: tuple[Any, ...]) -> Any:
    keys = (col(Instrument.bureau), col(Instrument.type_code), by)
    return sa.select(*keys, sa.func.count()).where(*where).group_by(*keys)


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
