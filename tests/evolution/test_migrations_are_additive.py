"""Between two releases tables only grow: replicas of the last one still run on them (expand).

What no code uses any more is named `RETIRED` beside the tables, and dropped by the release after
(contract).
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
    """What the code that knows only the old tables would trip over in the new ones."""
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
        yield f"{old.name}: {', '.join(columns)} must be unique now"


def _in_columns(old: sa.Table, new: sa.Table, retired: frozenset[str]) -> Iterator[str]:
    for column in old.columns:
        found = new.c.get(column.name)
        if found is None:
            if str(column) not in retired:
                yield f"{column}: the column is gone"
        elif column.nullable and not found.nullable:
            yield f"{column}: is NOT NULL now"
        elif str(column.type) != str(found.type):
            yield f"{column}: was {column.type}, is {found.type}"


def _unique(table: sa.Table) -> set[tuple[str, ...]]:
    """What is unique by an index; where a condition narrows it, other rows are free."""
    return {tuple(c.name for c in index.columns) for index in table.indexes if index.unique}


async def tables_of(database: Database) -> sa.MetaData:
    known = sa.MetaData()
    async with database.engine.connect() as connection:
        await connection.run_sync(known.reflect)
    return known


@pytest.mark.parametrize("service", SERVICES)
async def test_tables_only_grow(
    service: str, release: Release, tmp_path: Path, opened: Open
) -> None:
    database = opened(f"sqlite+aiosqlite:///{tmp_path / service}.db")
    await migrations.upgrade(database, service, release.head(service))
    old = await tables_of(database)
    await migrations.upgrade(database, service)
    before = {one.removeprefix(f"{service}.") for one in release.retired}
    found = contracts(old, await tables_of(database), frozenset(before))
    assert found == [], "keep it, name it RETIRED in tables.py; docs/architecture.md, Evolution"


def made(*columns: sa.Column[object], name: str = "thing") -> sa.MetaData:
    known = sa.MetaData()
    sa.Table(name, known, sa.Column("id", sa.Integer, primary_key=True), *columns)
    return known


def word(name: str = "word", *, nullable: bool = True, **more: object) -> sa.Column[object]:
    return sa.Column(name, sa.String, nullable=nullable, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("new", "fault"),
    [
        (made(), "thing.word: the column is gone"),
        (made(word(), name="other"), "thing: the table is gone"),
        (made(word("renamed")), "thing.word: the column is gone"),
        (made(word(nullable=False)), "thing.word: is NOT NULL now"),
        (made(sa.Column("word", sa.Integer)), "thing.word: was VARCHAR, is INTEGER"),
        (
            made(word(), word("later", nullable=False)),
            "thing.later: is new, NOT NULL and without a server default",
        ),
        (made(word(unique=True, index=True)), "thing: word must be unique now"),
    ],
)
def test_what_old_code_would_trip_over_is_found(new: sa.MetaData, fault: str) -> None:
    assert contracts(made(word()), new, frozenset()) == [fault]


def test_what_old_code_does_not_notice_passes() -> None:
    later = word("later", nullable=False, server_default="")
    assert contracts(made(word()), made(word(), later, word("spare")), frozenset()) == []
    assert contracts(made(word()), made(), frozenset({"thing.word"})) == []


def test_what_was_released_is_never_edited(release: Release) -> None:
    """Not a migration, which databases have been through, nor a history that was recorded."""
    now: Mapping[str, str] = hashes(ROOT, MIGRATIONS) | hashes(ROOT, HISTORIES)
    released = {**release.migrations, **release.histories}
    assert len(released) > 15
    edited = [path for path, digest in released.items() if now.get(path) != digest]
    assert edited == [], "write a new migration, or record another history, instead"
