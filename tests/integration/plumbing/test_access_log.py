"""The access log keeps what it is told, in groups, and loses nothing while the database is away."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from plumbing.access import log as access_log
from plumbing.access.entry import Access, AccessEntry, Kind
from plumbing.access.log import AccessLog
from plumbing.clock import SystemClock
from plumbing.database import Database
from tests.postgres import Databases

KEPT = timedelta(days=30)


@pytest.fixture
async def database(tmp_path: Path, databases: Databases) -> Any:
    database = await databases.migrated(tmp_path, "registry")
    yield database
    await database.close()


def entry(account: str, *, days: int = 0, **values: Any) -> Access:
    at = SystemClock().now() - timedelta(days=days)
    return Access(at=at, kind=Kind.READ, account_id=account, method="S/Get", **values)


async def stored(database: Database) -> list[AccessEntry]:
    async with database.snapshot() as session:
        return list((await session.exec(select(AccessEntry))).all())


async def test_equal_accesses_of_a_group_are_one_entry_that_counts(database: Database) -> None:
    log = AccessLog(database, SystemClock(), KEPT)
    for account in ("a", "b", "a", "a"):
        await log.note(entry(account, rows=2))
    assert await stored(database) == []
    await log.write()
    found = {(one.account_id, one.times, one.rows) for one in await stored(database)}
    assert found == {("a", 3, 6), ("b", 1, 2)}


async def test_nothing_is_lost_while_the_database_is_away(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = AccessLog(database, SystemClock(), KEPT)
    await log.note(entry("a"))
    with monkeypatch.context() as away:
        away.setattr(database, "transaction", _away)
        with pytest.raises(OSError, match="away"):
            await log.write()
        await log.note(entry("a"))
    await log.write()
    assert [one.times for one in await stored(database)] == [2]


def _away() -> Any:
    raise OSError("away")


async def test_a_full_group_is_stored_at_once_and_strangers_are_counted_together(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access_log, "LARGEST_GROUP", 3)
    log = AccessLog(database, SystemClock(), KEPT)
    for number in range(4):
        await log.note(entry(f"person-{number}"))
    assert len(await stored(database)) == 3
    for number in range(50):
        await log.note(entry("", source=f"192.0.2.{number}"))
    await log.write()
    strangers = [one for one in await stored(database) if not one.account_id]
    assert (len(strangers), sum(one.times for one in strangers)) == (3, 50)


async def test_old_entries_are_removed_in_portions(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access_log, "PORTION", 4)
    log = AccessLog(database, SystemClock(), KEPT)
    for number in range(10):
        await log.note(entry(f"old-{number}", days=31))
    await log.note(entry("new", days=29))
    await log.write()
    assert [await log.prune() for _ in range(4)] == [4, 4, 2, 0]
    assert [one.account_id for one in await stored(database)] == ["new"]
