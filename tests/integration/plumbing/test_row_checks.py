"""Rows that a change wrote are compared with the digests that its audit entry covers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import Field, SQLModel, select

from law.errors import WrongState
from plumbing import audit_walk, row_checks
from plumbing.audit import AuditEntry, Sealer
from plumbing.audit_erasure import erase_audit
from plumbing.change import Changes
from plumbing.client import new_request_id
from plumbing.clock import FixedClock
from plumbing.database import Database, JsonColumn, PlumbingTable, enum_column, own_registry
from plumbing.identity import Caller, Role
from plumbing.row_checks import check_rows, take_stock
from plumbing.row_digests import AuditRow, proven, proven_tables
from plumbing.service import Findings
from protos.operations.v1 import operations_pb2 as pb
from tests.postgres import Databases

CALLER = Caller("account/7", "zhou", frozenset({Role.CASEWORKER}), "330106")
NOW = datetime(2026, 9, 14, 1, 2, 3, 456000, tzinfo=UTC)


class Shade(StrEnum):
    LIGHT = "light"


class Base(SQLModel, registry=own_registry()):
    """The tables of this test."""


@proven(without=("seen",))
class Thing(Base, table=True):
    """A row with a column of every kind."""

    name: str = Field(primary_key=True)
    part: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: datetime
    on: date | None = None
    shade: Shade | None = Field(default=None, sa_type=enum_column(Shade))
    points: int | None = None
    share: float = 0.0
    marked: bool = False
    note: str = ""
    more: dict[str, Any] = Field(default_factory=dict, sa_type=JsonColumn)
    several: list[str] = Field(default_factory=list, sa_type=JsonColumn)
    seen: int = 0


TABLES = proven_tables(Base.metadata)
FULL: dict[str, Any] = {
    "on": date(2026, 9, 1), "shade": Shade.LIGHT, "points": 0, "share": 1, "marked": True,
    "note": "合成", "more": {"b": [1, None], "a": {"c": 1.5}}, "several": ("x", "y"),
}  # fmt: skip


@pytest.fixture
async def things(tmp_path: Path, databases: Databases) -> AsyncIterator[Changes]:
    database = Database(databases.url(tmp_path, "things"))
    async with database.engine.begin() as connection:
        await connection.run_sync(PlumbingTable.metadata.create_all)
        await connection.run_sync(Base.metadata.create_all)
    yield Changes(database, FixedClock(NOW))
    await database.close()


async def add(things: Changes, name: str, **values: Any) -> None:
    async with things.change(CALLER) as change:
        change.session.add(Thing(name=name, part=1, at=NOW, **values))
        change.audit("add", f"thing/{name}")


async def sql(things: Changes, statement: str) -> None:
    """What somebody does who has the database and not the platform."""
    async with things.database.transaction() as session:
        await (await session.connection()).execute(sa.text(statement))


async def problems(things: Changes) -> list[tuple[str, str]]:
    findings = Findings()
    async with things.database.snapshot() as session:
        await check_rows(session, TABLES, findings)
    return [(one.name, one.object) for one in findings.problems]


async def test_a_row_of_any_kind_is_as_it_was_committed(things: Changes) -> None:
    await add(things, "empty")
    await add(things, "full", **FULL)
    async with things.change(CALLER) as change:
        row = await change.session.get_one(Thing, ("full", 1))
        row.note, row.points = "合成之二", None
        await change.session.delete(await change.session.get_one(Thing, ("empty", 1)))
        change.audit("change", "thing/full")
    assert await problems(things) == []


_COPIED = (
    "INSERT INTO thing SELECT 'd', part, at, \"on\", shade, points, share, marked, note, more,"
    " several, seen FROM thing WHERE name = 'b'"
)


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE thing SET points = 999 WHERE name = 'b'", ("row.changed", "thing/b/1")),
        ("UPDATE thing SET note = '' WHERE name = 'b'", ("row.changed", "thing/b/1")),
        ("DELETE FROM thing WHERE name = 'b'", ("row.gone", "thing/b/1")),
        (_COPIED, ("row.unknown", "thing/d/1")),
    ],
)
async def test_a_row_written_past_the_platform_is_named(
    things: Changes, statement: str, problem: tuple[str, str]
) -> None:
    for name in ("a", "b", "c"):
        await add(things, name, **FULL)
    assert await problems(things) == []
    await sql(things, statement)
    assert await problems(things) == [problem]


async def test_a_digest_put_right_as_well_breaks_the_chain(things: Changes) -> None:
    await add(things, "a")
    await Sealer(things.database).seal()
    assert (await audit_walk.verify(things.database)).breaks == ()
    await sql(things, "UPDATE audit_row SET digest = 'f00d'")
    breaks = (await audit_walk.verify(things.database)).breaks
    assert [why for _, why in breaks] == ["rows_differ"]


async def test_a_column_left_out_changes_without_an_entry(things: Changes) -> None:
    await add(things, "a")
    async with things.change(CALLER) as change:
        (await change.session.get_one(Thing, ("a", 1))).seen += 1
    async with things.database.snapshot() as session:
        assert len((await session.exec(select(AuditEntry))).all()) == 1
    assert await problems(things) == []


async def test_a_row_written_without_an_entry_gets_one(things: Changes) -> None:
    async with things.change(CALLER) as change:
        change.session.add(Thing(name="a", part=1, at=NOW))
    async with things.database.snapshot() as session:
        [entry] = (await session.exec(select(AuditEntry))).all()
    assert (entry.action, entry.object) == ("write_rows", "thing/a/1")
    assert await problems(things) == []


async def test_rows_of_an_earlier_release_get_their_digests_once(
    things: Changes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row_checks, "PORTION", 2)
    for name in "abcde":
        await sql(things, _old_row(name))
    await sql(things, _old_row("a").replace("'a'", "'0'"))
    assert len(await problems(things)) == 6
    await take_stock(things, "test", TABLES)
    assert await problems(things) == []
    await sql(things, _old_row("f"))
    await take_stock(things, "test", TABLES)  # at the next start
    assert await problems(things) == [("row.unknown", "thing/f/1")]


def _old_row(name: str) -> str:
    columns = "name, part, at, share, marked, note, more, several, seen"
    values = f"'{name}', 1, '2026-09-14 01:02:03', 0, false, '', '{{}}', '[]', 0"
    return f"INSERT INTO thing ({columns}) VALUES ({values})"  # noqa: S608


async def test_the_rows_of_an_erased_entry_are_covered_again(things: Changes) -> None:
    await add(things, "a", **FULL)
    await add(things, "b")
    await sql(things, "UPDATE thing SET points = 999 WHERE name = 'b'")
    sealer = Sealer(things.database)
    await sealer.seal()
    await erase(things, 1)
    with pytest.raises(WrongState):  # it would hide that the row was changed
        await erase(things, 2)
    await sealer.seal()
    assert (await audit_walk.verify(things.database)).breaks == ()
    assert await problems(things) == [("row.changed", "thing/b/1")]
    async with things.database.snapshot() as session:
        assert len((await session.exec(select(AuditRow))).all()) == 3


async def erase(things: Changes, sequence: int) -> None:
    async with things.change(CALLER) as change:
        request = pb.EraseAuditRequest(
            request_id=new_request_id(), sequence=sequence, ground="本人要求删除"
        )
        await erase_audit(change, request, tables=TABLES)
