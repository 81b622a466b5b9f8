"""A plan: the rows of the register that a file would create or change, before any is changed.

So an import can be checked, estimated or refused as a whole.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import defaultdict
from collections.abc import (
    AsyncIterator,
    Collection,
    Iterator,
    Mapping,
    MutableSequence,
)
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import uuid4

import sqlalchemy as sa
from sqlmodel.ext.asyncio.session import AsyncSession

from law.identity import document_key
from plumbing.change import Change
from plumbing.chunks import chunks
from plumbing.identity import Caller, scope_prefix
from protos.registry.v1 import registry_pb2 as pb
from services.registry.calibrations.tables import Dcc, DccState
from services.registry.imports.progress import Progress
from services.registry.imports.rows.faults import Notes
from services.registry.imports.rows.file import FileContent
from services.registry.imports.rows.reader import Item
from services.registry.questions.asking import Found
from services.registry.sameness.places import Place

ROWS_IN_QUERY = 400
# They have the day on which a plan is applied.
_DATED_BY_APPLYING = frozenset({"entered_on", "former_names", "certificate_on"})
ROWS_AT_A_STRETCH = 500

RegisterRow = Mapping[str, Any]  # a row of the register, by column


class Kind(StrEnum):
    """The kinds of rows of the register, in the order in which they must be saved."""

    BUREAU = "bureau"
    SUBJECT = "subject"
    INSTRUMENT = "instrument"
    VERIFICATION = "verification"
    RECORD = "record"
    PERMIT = "permit"


@dataclass(slots=True)
class Planned:
    """One row of the register to create, or to change to the given values.

    `row` is the number of the row of the file. `was` has the present values; `stated` is true if
    the file itself gives the state of an instrument; `dcc_id` is the DCC that becomes the file of
    the certificate of a new result.
    """

    row: int
    thing_id: str
    values: dict[str, Any]
    new: bool
    was: Mapping[str, Any] = field(default_factory=dict)
    stated: bool = False
    dcc_id: str = ""


class Raised(NamedTuple):
    """A question that a row of the file raises for a person to decide."""

    row: int
    found: Found


@dataclass
class Plan:
    """All changes of the register that an import would make.

    `unchanged` are rows with the same content as the register, `in_review` rows whose owner is
    doubtful; `repeated` are ids of instruments whose serial number occurs more than once.
    `beyond_cycle` are rows of verifications that are valid for longer than the cycle of their type.
    `claimed` are ids of instruments on file that rows without a serial number are about, `merged`
    rows that tell again what an earlier row of the file tells. `alike` is where things will be that
    are perhaps the same, each with the first such row. `questions` are what a person has to decide.
    `certified` has the DCCs that become files of results on file, or wait, by these results' ids,
    each with its row. `unverified_in_use` are ids of instruments on file that the plan puts into
    use although they were never verified; the estimate finds them.
    """

    things: dict[Kind, list[Planned]] = field(default_factory=lambda: defaultdict(list))
    unchanged: set[int] = field(default_factory=set)
    in_review: set[int] = field(default_factory=set)
    repeated: set[str] = field(default_factory=set)
    beyond_cycle: set[int] = field(default_factory=set)
    claimed: set[str] = field(default_factory=set)
    merged: set[int] = field(default_factory=set)
    alike: dict[Place, int] = field(default_factory=dict)
    questions: list[Raised] = field(default_factory=list)
    certified: dict[str, tuple[int, str]] = field(default_factory=dict)
    unverified_in_use: frozenset[str] = frozenset()

    @property
    def makes_anything(self) -> bool:
        """Whether the import would change anything."""
        return bool(self.questions or self.certified or any(self.things.values()))

    def make(
        self,
        kind: Kind,
        row: int,
        values: Mapping[str, Any],
        thing_id: str = "",
        *,
        dcc_id: str = "",
    ) -> str:
        """Plans to create a row of the register with these values; returns its id.

        A random id is made unless `thing_id` is given. `row` is the number of the row of the file.
        """
        thing_id = thing_id or uuid4().hex
        self.things[kind].append(Planned(row, thing_id, {**values}, new=True, dcc_id=dcc_id))
        return thing_id

    def alter(
        self, kind: Kind, row: int, thing_id: str, values: Mapping[str, Any], present: RegisterRow
    ) -> None:
        """Plans to change a row of the register, only in those values that differ from `present`.

        If no value differs, the file's row is counted as unchanged.
        """
        different = {name: value for name, value in values.items() if present[name] != value}
        if different:
            was = {name: present[name] for name in different}
            self.things[kind].append(Planned(row, thing_id, different, new=False, was=was))
        else:
            self.unchanged.add(row)

    def certify(self, row: int, present: RegisterRow, dcc: Dcc | None) -> None:
        """Plans that a DCC is confirmed as the file of a result on file, if it waits or adds it."""
        if dcc and (dcc.state is DccState.WAITING or present["certificate_on"] is None):
            self.certified[present["verification_id"]] = row, dcc.dcc_id

    def drop(self, rows: Collection[int]) -> None:
        """Removes from the plan all changes that come from these rows of the file."""
        for kind, things in self.things.items():
            self.things[kind] = [planned for planned in things if planned.row not in rows]
        self.beyond_cycle -= set(rows)
        self.alike = {place: row for place, row in self.alike.items() if row not in rows}
        self.questions = [one for one in self.questions if one.row not in rows]
        self.certified = {key: one for key, one in self.certified.items() if one[0] not in rows}

    def digest(self) -> str:
        """Returns the SHA-256 of all planned changes, equal for plans that make the same changes.

        New rows of the register are named by their row in the file, since their ids are random. The
        day of entry is left out: it will be the day on which the plan is applied.
        """
        planned = [(kind, one) for kind, things in self.things.items() for one in things]
        names = {one.thing_id: f"new {kind} of {one.row}" for kind, one in planned if one.new}
        lines = sorted(_as_text(kind, one, names) for kind, one in planned)
        lines += sorted(f"question of {one.row}: {one.found.kind}" for one in self.questions)
        lines += sorted(f"{dcc_id} of {key}" for key, (_, dcc_id) in self.certified.items())
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _as_text(kind: Kind, planned: Planned, names: Mapping[str, str]) -> str:
    values = {n: v for n, v in planned.values.items() if n not in _DATED_BY_APPLYING}
    values |= {n: names[v] for n, v in values.items() if isinstance(v, str) and v in names}
    thing = names.get(planned.thing_id, planned.thing_id)
    content = [kind, thing, planned.stated, values, planned.was]
    return json.dumps(content, ensure_ascii=False, sort_keys=True, default=str)


@dataclass(frozen=True)
class Context:
    """The inputs of planning: the transaction, the header and content of the file, and the sender.

    `caller` is the sender, even when another person approves the batch on a later day than
    `sent_on`; `progress` is told how many rows are planned.
    """

    change: Change
    header: pb.ImportHeader
    file: FileContent
    caller: Caller
    sent_on: date
    progress: Progress = field(default_factory=Progress)

    @property
    def session(self) -> AsyncSession:
        """The database session of the transaction."""
        return self.change.session

    @property
    def notes(self) -> Notes:
        """The faults and warnings of the file, to which planning adds."""
        return self.file.notes

    @property
    def items(self) -> MutableSequence[Item]:
        """The rows of the file without a bad cell; planning replaces a row, but changes none."""
        return self.file.items

    def all_named(self, name: str) -> set[Any]:
        """Returns every value of a field in the file, bad rows included.

        Bad rows are included so that the references in them are checked too.
        """
        rows = (*self.file.items, *self.file.bad)
        return {item.values[name] for item in rows if name in item.values}

    def bad_with(self, *names: str) -> Iterator[Item]:
        """Returns the bad rows of the file in which at least the named fields are good."""
        return (item for item in self.file.bad if item.values.keys() >= set(names))

    async def each(self) -> AsyncIterator[Item]:
        """Yields the rows of `items`, pausing so that a long file does not block the process."""
        for number, item in enumerate(self.items):
            if number % ROWS_AT_A_STRETCH == 0:
                self.progress.done = number
                await asyncio.sleep(0)
            yield item

    def covers(self, bureau: str) -> bool:
        """Returns whether a bureau is in the caller's scope and in the scope of the file's bureau.

        So everyone whose scope covers the bureau of a batch may see and undo the whole batch.
        """
        return self.caller.covers(bureau) and bureau.startswith(scope_prefix(self.header.bureau))

    def fault(self, row: int, name: str, value: object, reason: str, zh: str, en: str) -> None:
        """Adds a fault for one field of a row; `name` is the name of the field."""
        column = self.file.column(name)
        self.notes.fault(row, reason, zh, en, column=column, value=str(value))

    def in_scope(self, row: int, name: str, value: object, bureau: str) -> bool:
        """Returns whether a bureau is in the scope of the import; if not, adds a fault (D-09)."""
        if self.covers(bureau):
            return True
        zh = f"属于 {bureau}，不在您或此文件的管辖范围内"
        en = f"bureau {bureau} is outside your scope or that of the file"
        self.fault(row, name, value, "OUT_OF_SCOPE", zh, en)
        return False


class Keys:
    """Finds rows of one file that are about the same thing, by their keys."""

    def __init__(self, context: Context, plan: Plan) -> None:
        self._context, self._plan = context, plan
        self._seen: dict[tuple[Any, ...], tuple[int, Mapping[str, Any]]] = {}

    def first(self, key: tuple[Any, ...], row: int, content: Mapping[str, Any]) -> bool:
        """Returns whether a row is the first row of the file with its key.

        A later row with the same content, in whatever writing, is counted as unchanged; with other
        content, both rows get a fault.
        """
        seen = self._seen.setdefault(key, (row, content))
        if seen[0] == row:
            return True
        if _mean_the_same(seen[1], content):
            self._plan.unchanged.add(row)
            self._plan.merged.add(row)
        else:
            self._clash(row, seen[0])
            if seen[0] not in self._context.notes.bad_rows:
                self._clash(seen[0], row)
        return False

    def _clash(self, row: int, other: int) -> None:
        zh = f"与第 {other} 行指同一事项，但内容不同"
        en = f"row {other} tells of the same thing, otherwise"
        self._context.notes.fault(row, "DUPLICATE", zh, en)


def _mean_the_same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two contents differ in nothing but the writing of texts and numbers."""
    return one == other or (
        one.keys() == other.keys() and all(_meant(one[k]) == _meant(other[k]) for k in one)
    )


def _meant(value: Any) -> Any:
    return document_key(value) if type(value) is str else value


def every_row(model: Any) -> sa.Select[Any]:
    """Returns the query for all rows of a table as columns, which is far faster than as objects."""
    return sa.select(*model.__table__.columns)


def present_rows(model: Any) -> sa.Select[Any]:
    """Returns the query for the rows of a table that are not removed.

    Its condition is that of the partial indexes, so that they are used.
    """
    return every_row(model).where(sa.text("NOT removed"))


async def fetch_pairs(
    session: AsyncSession,
    query: sa.Select[Any],
    columns: tuple[Any, Any],
    pairs: Collection[tuple[str, str]],
) -> list[RegisterRow]:
    """Reads the rows whose two columns have one of many pairs of values.

    It runs one query for each first value, so that SQLite uses an index; given a list of pairs,
    SQLite would read the whole table.
    """
    first, second = columns
    seconds: dict[str, list[str]] = defaultdict(list)
    for one, other in pairs:
        seconds[one].append(other)
    rows: list[RegisterRow] = []
    for one, others in seconds.items():
        rows += await fetch(session, query.where(first == one), second, others)
    return rows


async def fetch(
    session: AsyncSession, query: sa.Select[Any], column: Any, values: Collection[Any]
) -> list[RegisterRow]:
    """Reads the rows whose column has one of many values, with one query for every 400 values."""
    connection = await session.connection()
    rows: list[RegisterRow] = []
    for chunk in chunks(sorted(set(values)), ROWS_IN_QUERY):
        rows += (await connection.execute(query.where(column.in_(chunk)))).mappings().all()
    return rows
