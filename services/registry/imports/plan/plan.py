"""What an import would do to the register: planned, so that it can be refused as a whole."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing.change import Change
from plumbing.chunks import chunks
from plumbing.identity import Caller, scope_prefix
from protos.registry.v1 import registry_pb2 as pb
from services.registry.imports.rows.faults import Notes
from services.registry.imports.rows.file import Read
from services.registry.imports.rows.reader import Item

ROWS_IN_QUERY = 400
ROWS_AT_A_STRETCH = 500


Held = Mapping[str, Any]  # a row of the register, by column


class Kind(StrEnum):
    """Kinds of things, in the order in which they must be saved."""

    BUREAU = "bureau"
    SUBJECT = "subject"
    INSTRUMENT = "instrument"
    VERIFICATION = "verification"
    RECORD = "record"


@dataclass(slots=True)
class Planned:
    """One thing to make, or to change in the values given.

    `was` is what these values are now; `stated` is true where the file itself gave the state of an
    instrument.
    """

    row: int
    thing_id: str
    values: dict[str, Any]
    new: bool
    was: Mapping[str, Any] = field(default_factory=dict)
    stated: bool = False


@dataclass
class Plan:
    """Everything an import would do."""

    things: dict[Kind, list[Planned]] = field(default_factory=lambda: defaultdict(list))
    unchanged: set[int] = field(default_factory=set)
    in_review: set[int] = field(default_factory=set)
    repeated: set[str] = field(default_factory=set)

    def make(self, kind: Kind, row: int, values: dict[str, Any], thing_id: str = "") -> str:
        """Plans a new thing; returns its id."""
        thing_id = thing_id or uuid4().hex
        self.things[kind].append(Planned(row, thing_id, values, new=True))
        return thing_id

    def alter(
        self, kind: Kind, row: int, thing_id: str, wanted: dict[str, Any], held: Mapping[str, Any]
    ) -> None:
        """Plans a change of what differs; nothing where nothing does."""
        different = {name: value for name, value in wanted.items() if held[name] != value}
        if different:
            was = {name: held[name] for name in different}
            self.things[kind].append(Planned(row, thing_id, different, new=False, was=was))
        else:
            self.unchanged.add(row)

    def drop(self, rows: Collection[int]) -> None:
        """Plans nothing of these rows."""
        for kind, things in self.things.items():
            self.things[kind] = [one for one in things if one.row not in rows]

    def digest(self) -> str:
        """Names everything planned: equal for plans that would do the same to the same things.

        New things go by their rows. The day of entry is the day on which it will be applied.
        """
        planned = [(kind, one) for kind, things in self.things.items() for one in things]
        names = {one.thing_id: f"new {kind} of {one.row}" for kind, one in planned if one.new}
        said = sorted(_said(kind, one, names) for kind, one in planned)
        return hashlib.sha256("\n".join(said).encode()).hexdigest()


def _said(kind: Kind, one: Planned, names: Mapping[str, str]) -> str:
    values = {n: names.get(v, v) for n, v in one.values.items() if n != "entered_on"}
    thing = names.get(one.thing_id, one.thing_id)
    said = [kind, thing, one.stated, values, one.was]
    return json.dumps(said, ensure_ascii=False, sort_keys=True, default=str)


@dataclass(frozen=True)
class Context:
    """What planning needs. `caller` is whose import it is, also where somebody else approves it."""

    change: Change
    header: pb.ImportHeader
    read: Read
    caller: Caller

    @property
    def session(self) -> AsyncSession:
        """The transaction."""
        return self.change.session

    @property
    def notes(self) -> Notes:
        """Where faults go."""
        return self.read.notes

    @property
    def items(self) -> Sequence[Item]:
        """The rows whose cells are good."""
        return self.read.items

    def all_named(self, name: str) -> set[Any]:
        """Every value of a field, those of bad rows too: what they refer to is checked as well."""
        rows = (*self.read.items, *self.read.bad)
        return {item.values[name] for item in rows if name in item.values}

    def bad_with(self, *names: str) -> Iterator[Item]:
        """Bad rows in which at least these fields are good."""
        return (item for item in self.read.bad if item.values.keys() >= set(names))

    async def each(self) -> AsyncIterator[Item]:
        """The same, letting others work in between: a long file must not hold up the process."""
        for number, item in enumerate(self.items):
            if number % ROWS_AT_A_STRETCH == 0:
                await asyncio.sleep(0)
            yield item

    def covers(self, bureau: str) -> bool:
        """Whether a bureau lies in the caller's scope, and in that of the file's bureau.

        So the bureau of a batch tells who may see and undo all of it.
        """
        return self.caller.covers(bureau) and bureau.startswith(scope_prefix(self.header.bureau))

    def fault(self, row: int, name: str, value: object, reason: str, zh: str, en: str) -> None:
        """Notes a fault of one field of a row."""
        column = self.read.column(name)
        self.notes.fault(row, reason, zh, en, column=column, value=str(value))

    def in_scope(self, row: int, name: str, value: object, bureau: str) -> bool:
        """Whether a bureau is covered; noted where not (D-09)."""
        if self.covers(bureau):
            return True
        zh = f"属于 {bureau}，不在您或此文件的管辖范围内"
        en = f"bureau {bureau} is outside your scope or that of the file"
        self.fault(row, name, value, "OUT_OF_SCOPE", zh, en)
        return False


class Keys:
    """Finds rows of one file that tell of the same thing."""

    def __init__(self, context: Context, plan: Plan) -> None:
        self._context, self._plan = context, plan
        self._seen: dict[tuple[Any, ...], tuple[int, Mapping[str, Any]]] = {}

    def first(self, key: tuple[Any, ...], row: int, content: Mapping[str, Any]) -> bool:
        """True for the first row of a key; another is fine where it says the same, else neither."""
        seen = self._seen.setdefault(key, (row, content))
        if seen[0] == row:
            return True
        if seen[1] == content:
            self._plan.unchanged.add(row)
        else:
            self._clash(row, seen[0])
            if seen[0] not in self._context.notes.bad_rows:
                self._clash(seen[0], row)
        return False

    def _clash(self, row: int, other: int) -> None:
        zh = f"与第 {other} 行指同一事项，但内容不同"
        en = f"row {other} tells of the same thing, otherwise"
        self._context.notes.fault(row, "DUPLICATE", zh, en)


def everything(model: Any) -> sa.Select[Any]:
    """Every row of a table as columns, which is far quicker than as objects."""
    return sa.select(*model.__table__.columns)


def standing(model: Any) -> sa.Select[Any]:
    """The rows of a table that are not removed, said as the partial indexes say it."""
    return everything(model).where(sa.text("NOT removed"))


async def fetch_pairs(
    session: AsyncSession,
    wanted: sa.Select[Any],
    columns: tuple[Any, Any],
    pairs: Collection[tuple[str, str]],
) -> list[Held]:
    """Rows that hold one of many pairs of values, asked for by the first of each.

    SQLite finds a pair in a list of pairs by reading the whole table; this way it has an index.
    """
    first, second = columns
    seconds: dict[str, list[str]] = defaultdict(list)
    for one, other in pairs:
        seconds[one].append(other)
    found: list[Held] = []
    for one, others in seconds.items():
        found += await fetch(session, wanted.where(first == one), second, others)
    return found


async def fetch(
    session: AsyncSession, wanted: sa.Select[Any], column: Any, values: Collection[Any]
) -> list[Held]:
    """Rows whose column holds one of many values, a portion at a time."""
    connection = await session.connection()
    found: list[Held] = []
    for chunk in chunks(sorted(set(values)), ROWS_IN_QUERY):
        found += (await connection.execute(wanted.where(column.in_(chunk)))).mappings().all()
    return found
