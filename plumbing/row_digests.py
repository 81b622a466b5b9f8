"""Digests of rows as they were committed, so that a row changed past the platform is found.

A table whose class is decorated with `proven` is watched: a change stores the digest of each row
that it wrote, and its audit entry covers these digests (`plumbing/change.py`). `check` computes the
digests of all rows again (`plumbing/row_checks.py`).
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import Enum
from functools import cached_property
from json.encoder import encode_basestring
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa
from pydantic.fields import FieldInfo
from sqlalchemy import event
from sqlalchemy.orm import Session
from sqlmodel import Field, SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing.database import PlumbingTable
from plumbing.json_columns import encode_rows

_JSON = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"))
_AS_JSON = _JSON.encode
_NO_DEFAULT = object()
_PLAIN = frozenset({str, int, bool, type(None)})
Model = TypeVar("Model", bound=type[SQLModel])
_COLLECTED = "quanheng_written_rows"
_CASTS: tuple[tuple[type[sa.types.TypeEngine[Any]], Callable[[Any], Any]], ...] = (
    (sa.Boolean, bool),
    (sa.Integer, int),
    (sa.Float, float),
    (sa.JSON, lambda value: [*value] if isinstance(value, tuple) else value),
)


class AuditRow(PlumbingTable, table=True):
    """The digest of one row that the change of an audit entry wrote; None if it deleted the row.

    `place` is the position within the entry, from 0.
    """

    __tablename__ = "audit_row"
    __table_args__ = (sa.Index("ix_audit_row_of", "table_name", "row_key", "entry_id"),)

    entry_id: int = Field(
        primary_key=True, sa_type=sa.BigInteger, sa_column_kwargs={"autoincrement": False}
    )
    place: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    table_name: str
    row_key: str
    digest: str | None = None


@dataclass(frozen=True)
class Proven:
    """A watched table: which columns its digests cover."""

    model: Any
    table: str
    keys: tuple[str, ...]
    columns: Mapping[str, Callable[[Any], Any]]
    blank: Mapping[str, Any]

    @cached_property
    def _parts(self) -> Sequence[tuple[str, Callable[[Any], Any] | None, Any]]:
        """Each column with its cast, None for none, and with the default that is left out."""
        return [
            (name, None if cast is _as_it_is else cast, self.blank.get(name, _NO_DEFAULT))
            for name, cast in self.columns.items()
        ]

    def key(self, row: Any) -> str:
        """Returns the primary key of a row as text; parts of a composite key are joined by `/`."""
        return "/".join(str(plain(getattr(row, name))) for name in self.keys)

    def place(self, row: Any) -> tuple[Any, ...]:
        """Returns the primary key of a row."""
        return tuple(getattr(row, name) for name in self.keys)

    def digest(self, row: Any, salt: str) -> str:
        """Returns the SHA-256 of a row's values, in hexadecimal.

        A value that is its column's default is left out, so that the digest stays the same when a
        later release adds a column.
        """
        return self.digest_of([getattr(row, name) for name in self.columns], salt)

    def digest_of(self, row: Sequence[Any], salt: str) -> str:
        """Returns the digest of a row whose values are given in the order of `columns`."""
        values = {}
        for (name, cast, blank), value in zip(self._parts, row, strict=True):
            stored = value if type(value) in _PLAIN else plain(value)
            if cast is not None and stored is not None:
                stored = cast(stored)
            if stored != blank:
                values[name] = stored
        text = _AS_JSON(values)
        return hashlib.sha256(f"{salt}:{self.table}:{text}".encode()).hexdigest()

    def digests_of(self, rows: Sequence[Mapping[str, Any]], salt: str) -> list[str]:
        """Returns the digest of each of many rows, given as their values by column."""
        columns: dict[str, Sequence[Any]] = {}
        for name, cast, _blank in self._parts:
            column = [row[name] for row in rows]
            if not {*map(type, column)} <= _PLAIN:
                column = [*map(plain, column)]
            if cast is not None:
                column = [value if value is None else cast(value) for value in column]
            columns[name] = column
        begin = hashlib.sha256(f"{salt}:{self.table}:".encode())
        return [_continued(begin, text) for text in encode_rows(columns, self.blank, _JSON)]

    def is_changed(self, row: Any) -> bool:
        """Returns whether a flush changes a column of the row that its digest covers."""
        former = sa.inspect(row).committed_state
        return any(
            name in self.columns and value != getattr(row, name) for name, value in former.items()
        )


_PROVEN: dict[type[SQLModel], Proven] = {}


def _continued(begin: Any, text: str) -> str:
    digest = begin.copy()
    digest.update(text.encode())
    return str(digest.hexdigest())


def proven(*, without: Iterable[str] = ()) -> Callable[[Model], Model]:
    """Marks a table as watched: every change stores digests of the rows that it writes.

    `without` names columns that also change without an audit entry, such as counters.
    """
    left_out = frozenset(without)

    def mark(model: Model) -> Model:
        table: sa.Table = model.__table__  # type: ignore[attr-defined]
        columns = {
            column.name: _cast(column) for column in table.columns if column.name not in left_out
        }
        blank = {name: plain(value) for name, value in _defaults(model) if name in columns}
        keys = tuple(column.name for column in table.primary_key.columns)
        _PROVEN[model] = Proven(model, table.name, keys, columns, blank)
        return model

    return mark


def proven_tables(metadata: sa.MetaData) -> list[Proven]:
    """Returns the watched tables of a service, which the metadata of its tables identifies."""
    return [table for model, table in _PROVEN.items() if model.metadata is metadata]


def _cast(column: sa.Column[Any]) -> Callable[[Any], Any]:
    """What makes a value of a column the same before it is stored and after it is read."""
    found = (cast for kind, cast in _CASTS if isinstance(column.type, kind))
    return next(found, _as_it_is)


def _as_it_is(value: Any) -> Any:
    return value


def _defaults(model: type[SQLModel]) -> Iterator[tuple[str, Any]]:
    fields: Mapping[str, FieldInfo] = model.model_fields
    for name, info in fields.items():
        if not info.is_required():
            yield name, info.get_default(call_default_factory=True)


def plain(value: Any) -> Any:
    """Returns a value as JSON has it, the same before it is stored and after it is read."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    return value.hex() if isinstance(value, bytes) else value


def make_plain(rows: Sequence[dict[str, Any]]) -> None:
    """Converts the values of rows, which have the same columns, to what JSON has."""
    for name in rows[0] if rows else ():
        types = {type(row[name]) for row in rows}
        if types <= _PLAIN:
            continue
        if types <= {date, type(None)}:  # the same days come again and again
            known = {value: plain(value) for value in {row[name] for row in rows}}
            for row in rows:
                row[name] = known[row[name]]
            continue
        for row in rows:
            row[name] = plain(row[name])


class Staged(Protocol):
    """Digests of rows that were written elsewhere before, and which a change now moves to here."""

    @property
    def salt(self) -> str:
        """The salt of the digests."""

    @property
    def summary(self) -> Summary:
        """The digest over the digests."""

    @property
    def count(self) -> int:
        """The number of the digests."""

    async def move_digests(self, session: AsyncSession, entry_id: int) -> None:
        """Stores the digests for an audit entry, at the places from 0."""


@dataclass
class WrittenRows:
    """The digests of the rows that one change has written so far, by table and key.

    `staged` are the digests of rows that were written elsewhere; their places come first.
    """

    salt: str = field(default_factory=lambda: secrets.token_hex(16))
    digests: dict[tuple[str, str], str | None] = field(default_factory=dict)
    staged: Staged | None = None

    def __bool__(self) -> bool:
        return bool(self.digests or self.staged)

    def adopt(self, staged: Staged) -> None:
        """Takes over the digests of staged rows. Raises AssertionError after a row was written."""
        if self:
            raise AssertionError("Rows are adopted before others are written")
        self.salt, self.staged = staged.salt, staged

    def summary(self) -> str:
        """Returns one digest over all digests, for the audit entry; empty if no row was written."""
        return self.summed().hexdigest()

    def summed(self) -> Summary:
        """Returns the digest over all digests, to which more can be added."""
        summary = self.staged.summary.copy() if self.staged else Summary()
        for (table, key), digest in self.digests.items():
            summary.add(table, key, digest)
        return summary

    def rows(self, entry_id: int) -> list[dict[str, Any]]:
        """Returns the values of the database rows that store the digests for an audit entry.

        Staged digests are left out.
        """
        first = self.staged.count if self.staged else 0
        return [
            {
                "entry_id": entry_id,
                "place": place,
                "table_name": table,
                "row_key": key,
                "digest": digest,
            }
            for place, ((table, key), digest) in enumerate(self.digests.items(), first)
        ]

    def note(self, row: Any) -> None:
        """Notes a row as it is now; a row of a table that is not watched is left out."""
        if watched := _PROVEN.get(type(row)):
            self.digests[watched.table, watched.key(row)] = watched.digest(row, self.salt)

    def note_values(self, model: type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> None:
        """Notes rows of a watched table that are given as their values by column."""
        watched = _PROVEN[model]
        digests = watched.digests_of(rows, self.salt)
        for row, digest in zip(rows, digests, strict=True):
            key = "/".join([str(row[name]) for name in watched.keys])
            self.digests[watched.table, key] = digest

    def collect(self, session: Session) -> None:
        """Notes the rows that a flush of the session has just written."""
        for row in session.new:
            self.note(row)
        for row in session.dirty:
            if (watched := _PROVEN.get(type(row))) and watched.is_changed(row):
                self.note(row)
        for row in session.deleted:
            if watched := _PROVEN.get(type(row)):
                self.digests[watched.table, watched.key(row)] = None


class Summary:
    """The digest over the digests of an entry's rows, in the order of their places."""

    def __init__(self) -> None:
        self._hash, self._empty = hashlib.sha256(), True

    def add(self, table: str, key: str, digest: str | None) -> None:
        """Adds the digest of the next row."""
        last = "null" if digest is None else encode_basestring(digest)
        line = f"[{encode_basestring(table)}, {encode_basestring(key)}, {last}]\n"
        self._hash.update(line.encode())
        self._empty = False

    def copy(self) -> Summary:
        """Returns a copy, to which other rows can be added."""
        other = Summary()
        other._hash, other._empty = self._hash.copy(), self._empty
        return other

    def hexdigest(self) -> str:
        """Returns the digest in hexadecimal; empty if no row was added."""
        return "" if self._empty else self._hash.hexdigest()


def collecting(info: dict[Any, Any]) -> WrittenRows:
    """Makes the session with this `info` collect the digests of the rows that it writes."""
    written = WrittenRows()
    info[_COLLECTED] = written
    return written


@event.listens_for(Session, "after_flush")
def _collect(session: Session, _context: Any) -> None:
    written: WrittenRows | None = session.info.get(_COLLECTED)
    if written is not None:
        written.collect(session)
