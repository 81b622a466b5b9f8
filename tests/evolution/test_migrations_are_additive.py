"""Between two releases tables only grow, because replicas of the last release still use them.

A column or table that no code uses any more is named in `RETIRED` beside the tables, and dropped by
the release after.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
    for columns in _unique(new) - _unique(old):
        # What was unique by some of the columns already is unique by all of them.
        if not any(set(known) <= set(columns) for known in _unique(old)):
            yield f"{old.name}: {', '.join(columns)} must be unique now"


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


def _unique(table: sa.Table) -> set[tuple[str, ...]]:
    """The columns of each unique index."""
    return {tuple(c.name for c in index.columns) for index in table.indexes if index.unique}


async def tables_of(database: Database) -> sa.MetaData:
    tables = sa.MetaData()
    async with database.engine.connect() as connection:
        await connection.run_sync(tables.reflect)
    return tables


@pytest.mark.parametrize("service", SERVICES)
async def test_tables_only_grow(
    service: str, release: Release, tmp_path: Path, opened: Open
) -> None:
    database = opened(f"sqlite+aiosqlite:///{tmp_path / service}.db")
    await migrations.upgrade(database, service, release.head(service))
    old = await tables_of(database)
    await migrations.upgrade(database, service)
    retired = frozenset(name.removeprefix(f"{service}.") for name in release.retired)
    faults = contracts(old, await tables_of(database), retired)
    assert faults == [], "keep it, name it RETIRED in tables.py; docs/architecture.md, Evolution"


def tables_with(*columns: sa.Column[object], name: str = "thing") -> sa.MetaData:
    tables = sa.MetaData()
    sa.Table(name, tables, sa.Column("id", sa.Integer, primary_key=True), *columns)
    return tables


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
    wider = tables_with(word(), word("part", server_default=""))
    sa.Index("wider", *(wider.tables["thing"].c[name] for name in ("word", "part")), unique=True)
    assert contracts(tables_with(word(unique=True, index=True)), wider, frozenset()) == []


def test_what_was_released_is_never_edited(release: Release) -> None:
    """Neither migrations, which databases have applied, nor recorded histories."""
    now: Mapping[str, str] = hashes(ROOT, MIGRATIONS) | hashes(ROOT, HISTORIES)
    released = {**release.migrations, **release.histories}
    assert len(released) > 15
    edited = [path for path, digest in released.items() if now.get(path) != digest]
    assert edited == [], "write a new migration, or record another history, instead"
