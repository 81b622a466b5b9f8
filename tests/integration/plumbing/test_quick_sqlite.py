"""Statements of SQLite that run in the event loop, and those that do not hold it up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing.database import Database

MANY = 60
LONG = f"SELECT count(*) FROM {', '.join(f'town t{n}' for n in range(4))}"  # noqa: S608 - of numbers


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'service.db'}")
    async with database.transaction() as session:
        await run(session, "CREATE TABLE town (number INTEGER PRIMARY KEY, name TEXT)")
        for number in range(MANY):
            await run(session, f"INSERT INTO town (name) VALUES ('{number}')")  # noqa: S608
    yield database
    await database.close()


async def run(session: AsyncSession, statement: str) -> sa.CursorResult[tuple[object, ...]]:
    return await (await session.connection()).execute(sa.text(statement))


async def counted(database: Database, statement: str = "SELECT count(*) FROM town") -> object:
    async with database.snapshot() as session:
        return (await run(session, statement)).scalar_one()


async def test_a_long_read_gives_its_whole_answer_and_holds_nobody_up(database: Database) -> None:
    reading = asyncio.create_task(counted(database, LONG))
    started, longest = time.monotonic(), 0.0
    while not reading.done():
        began = time.monotonic()
        await asyncio.sleep(0.001)
        longest = max(longest, time.monotonic() - began)

    assert await reading == MANY**4
    assert longest < (time.monotonic() - started) / 2


async def test_whoever_gives_up_a_read_leaves_a_connection_of_use(database: Database) -> None:
    reading = asyncio.create_task(counted(database, LONG))
    await asyncio.sleep(0.02)
    reading.cancel()
    with suppress(asyncio.CancelledError):
        await reading

    assert await counted(database) == MANY


async def test_whoever_gives_up_waiting_to_write_leaves_no_lock(
    database: Database, tmp_path: Path
) -> None:
    other = Database(f"sqlite+aiosqlite:///{tmp_path / 'service.db'}")  # as another process
    async with other.transaction() as session:
        await run(session, "UPDATE town SET name = ''")
        writing = asyncio.create_task(_rename(database))
        await asyncio.sleep(0.05)
        writing.cancel()
    with suppress(asyncio.CancelledError):
        await writing

    await _rename(other)
    await other.close()
    assert await counted(database, "SELECT max(name) FROM town") == "new"


async def _rename(database: Database) -> None:
    async with database.transaction() as session:
        await run(session, "UPDATE town SET name = 'new'")


async def test_a_failed_insertion_undoes_its_transaction_alone(database: Database) -> None:
    async def twice() -> None:
        async with database.transaction() as session:
            await run(session, "INSERT INTO town (name) VALUES ('more')")
            await run(session, "INSERT INTO town (number) VALUES (1)")

    with pytest.raises(IntegrityError):
        await twice()

    assert await counted(database) == MANY


async def test_a_reader_sees_the_state_of_its_first_read(database: Database) -> None:
    async with database.snapshot() as session:
        before = (await run(session, "SELECT count(*) FROM town")).scalar_one()
        async with database.transaction() as other:
            await run(other, "INSERT INTO town (name) VALUES ('more')")
        assert (await run(session, "SELECT count(*) FROM town")).scalar_one() == before

    assert await counted(database) == MANY + 1
