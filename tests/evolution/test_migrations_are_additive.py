"""Between two releases tables only grow, because replicas of the last release still use them.

A column or table that no code uses any more is named in `RETIRED` beside the tables, and dropped by
the release after.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from plumbing import migrations
from plumbing.database import Database
from plumbing.settings import SERVICES
from tests.evolution.conftest import Open
from tests.evolution.restoring import BOOKKEEPING
from tools.generate import ROOT
from tools.release.record import HISTORIES, MIGRATIONS, Release, hashes


def contracts(old: sa.MetaData, new: sa.MetaData, retired: frozenset[str]) -> list[str]:
    """Changes of the tables that would break code which knows only the old ones."""
    return [
        fault
        for table in old.sorted_tables
        if table.name not in retired | {BOOKKEEPING}
        for fault in _in_table(table, new.tables.get(table.name), retired)
    ]


def _in_table(old: sa.Table, new: sa.Table | None, retired: frozenset[str]) -> Iterator[str]:
    if new is None:
        yield f"{old.name}: the table is gone"
        return
    yield from _in_columns(old, new, retired)
    for column in new.columns:
        if column.name not in old.c and not column.nullable and column.server_default is None:
            yield f"{column}: is new, NOT NULL and without a server default"
    written = {_filled(column) for column in new.columns if column.name not in old.c}
    for one in _unique(new):
        # Old code fills no new column, so its rows are not among those that must be unique.
        if written & one.conditions:
            continue
        if not any(known.implies(one) for known in _unique(old)):
            yield f"{old.name}: {one} must be unique now"


def _in_columns(old: sa.Table, new: sa.Table, retired: frozenset[str]) -> Iterator[str]:
    for column in old.columns:
        present = new.c.get(column.name)
        if present is None:
            if str(column) not in retired:
                yield f"{column}: the column is gone"
        elif column.nullable and not present.nullable:
            yield f"{column}: is NOT NULL now"
        elif str(column.type) != str(present.type):
            yield f"{column}: was {column.type}, is {present.type}"


def _filled(column: sa.Column[object]) -> str:
    """The condition that a column has something else than what old code leaves in it."""
    default = column.server_default
    return f"{column.name} <> {default.arg}" if isinstance(default, sa.DefaultClause) else ""


@dataclass(frozen=True)
class Unique:
    """Columns or expressions that no two rows share, of those rows of which a condition is true."""

    parts: frozenset[str]
    where: str = ""

    def implies(self, other: Unique) -> bool:
        """What is unique by some of its parts is unique by all, and in all rows in some of them."""
        return self.parts <= other.parts and self.conditions <= other.conditions

    @property
    def conditions(self) -> frozenset[str]:
        """What must be true of a row, all of it; a condition with OR stands as one."""
        if not self.where or " OR " in self.where:
            return frozenset({self.where} - {""})
        return frozenset(self.where.split(" AND "))

    def __str__(self) -> str:
        where = f" where {self.where}" if self.where else ""
        return f"{', '.join(sorted(self.parts))}{where}"


def _unique(table: sa.Table) -> frozenset[Unique]:
    unique: frozenset[Unique] = table.info["unique"]
    return unique


def tables_of(connection: sa.Connection) -> sa.MetaData:
    """The tables of a SQLite file, each with all that must be unique in it.

    SQLAlchemy reads neither indexes of expressions nor what indexes belong to constraints.
    """
    tables = sa.MetaData()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Skipped unsupported reflection", sa.exc.SAWarning)
        tables.reflect(connection)
    for table in tables.tables.values():
        listed = connection.exec_driver_sql(f'PRAGMA index_list("{table.name}")').mappings().all()
        of_indexes = {_read(connection, one["name"]) for one in listed if one["unique"]}
        key = Unique(frozenset(table.primary_key.columns.keys()))
        table.info["unique"] = frozenset({key, *of_indexes})
    return tables


def _read(connection: sa.Connection, index: str) -> Unique:
    columns = connection.exec_driver_sql(f'PRAGMA index_info("{index}")').mappings().all()
    query = "SELECT sql FROM sqlite_master WHERE name = ?"
    sql = connection.exec_driver_sql(query, (index,)).scalar() or ""  # of a constraint it is NULL
    on, _, where = sql.partition(" WHERE ")
    if any(one["name"] is None for one in columns):  # an expression
        return Unique(frozenset({on.partition(" ON ")[2]}), where)
    return Unique(frozenset(one["name"] for one in columns), where)


async def read(database: Database) -> sa.MetaData:
    async with database.engine.connect() as connection:
        return await connection.run_sync(tables_of)


@pytest.mark.parametrize("service", SERVICES)
async def test_tables_only_grow(
    service: str, release: Release, tmp_path: Path, opened: Open
) -> None:
    database = opened(f"sqlite+aiosqlite:///{tmp_path / service}.db")
    await migrations.upgrade(database, service, release.head(service))
    old = await read(database)
    await migrations.upgrade(database, service)
    retired = frozenset(name.removeprefix(f"{service}.") for name in release.retired)
    faults = contracts(old, await read(database), retired)
    assert faults == [], "keep it, name it RETIRED in tables.py; docs/architecture.md, Evolution"


def tables_with(*parts: sa.schema.SchemaItem, name: str = "thing") -> sa.MetaData:
    """What is read of a database with one table."""
    made = sa.MetaData()
    sa.Table(name, made, sa.Column("id", sa.Integer, primary_key=True), *parts)
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        made.create_all(connection)
        return tables_of(connection)


FILLED = sa.text("word != ''")


def word(name: str = "word", *, nullable: bool = True, **more: object) -> sa.Column[object]:
    return sa.Column(name, sa.String, nullable=nullable, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("new", "fault"),
    [
        (tables_with(), "thing.word: the column is gone"),
        (tables_with(word(), name="other"), "thing: the table is gone"),
        (tables_with(word("renamed")), "thing.word: the column is gone"),
        (tables_with(word(nullable=False)), "thing.word: is NOT NULL now"),
        (tables_with(sa.Column("word", sa.Integer)), "thing.word: was VARCHAR, is INTEGER"),
        (
            tables_with(word(), word("later", nullable=False)),
            "thing.later: is new, NOT NULL and without a server default",
        ),
        (tables_with(word(unique=True, index=True)), "thing: word must be unique now"),
        (tables_with(word(unique=True)), "thing: word must be unique now"),
        (tables_with(word(), word("second", unique=True)), "thing: second must be unique now"),
        (
            tables_with(word(), sa.Index("some", "word", unique=True, sqlite_where=FILLED)),
            "thing: word where word != '' must be unique now",
        ),
        (
            tables_with(word(), word("code"), sa.Index("some", "code", unique=True)),
            "thing: code must be unique now",
        ),
        (
            tables_with(word(), sa.Index("folded", sa.text("lower(word)"), unique=True)),
            "thing: thing (lower(word)) must be unique now",
        ),
    ],
)
def test_changes_that_break_old_code_are_found(new: sa.MetaData, fault: str) -> None:
    assert contracts(tables_with(word()), new, frozenset()) == [fault]


def test_changes_that_old_code_does_not_notice_pass() -> None:
    later = word("later", nullable=False, server_default="")
    assert (
        contracts(tables_with(word()), tables_with(word(), later, word("spare")), frozenset()) == []
    )
    assert contracts(tables_with(word()), tables_with(), frozenset({"thing.word"})) == []
    code = word("code", nullable=False, server_default="")
    coded = sa.Index("coded", "code", unique=True, sqlite_where=sa.text("code <> '' AND id > 0"))
    assert contracts(tables_with(word()), tables_with(word(), code, coded), frozenset()) == []
    unique = tables_with(word(unique=True, index=True))
    wider = sa.Index("wider", "word", "part", unique=True)
    of_some = sa.Index("some", "word", unique=True, sqlite_where=FILLED)
    for harmless in (
        tables_with(word(), word("part", server_default=""), wider),
        tables_with(word(), of_some),
        tables_with(word(), sa.Index("quick", "word", sqlite_where=FILLED)),
    ):
        assert contracts(unique, harmless, frozenset()) == []


def test_what_was_unique_in_some_rows_may_not_become_so_in_all() -> None:
    of_some = sa.Index("one", "word", unique=True, sqlite_where=FILLED)
    before, after = tables_with(word(), of_some), tables_with(word(unique=True, index=True))
    assert contracts(before, after, frozenset()) == ["thing: word must be unique now"]


def test_what_was_released_is_never_edited(release: Release) -> None:
    """Neither migrations, which databases have applied, nor recorded histories."""
    now: Mapping[str, str] = hashes(ROOT, MIGRATIONS) | hashes(ROOT, HISTORIES)
    released = {**release.migrations, **release.histories}
    assert len(released) > 15
    edited = [path for path, digest in released.items() if now.get(path) != digest]
    assert edited == [], "write a new migration, or record another history, instead"
