"""Every row of a list comes once, in order, however the pages are cut and on either database."""

import base64
import json
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import Field, SQLModel, col, select

from law.errors import InvalidInput
from plumbing import paging
from plumbing.database import Database, own_registry
from protos.registry.v1 import registry_pb2 as pb


class Base(SQLModel, registry=own_registry()):
    """The base class of this test's table."""


class Entry(Base, table=True):
    """A row with a column of each kind that a page can be ordered by."""

    __tablename__ = "paging_entry"

    name: str = Field(primary_key=True)
    number: int
    share: float
    on: date
    at: datetime


FIRST = datetime(2026, 9, 14, 1, 2, 3, 4, tzinfo=UTC)
# Rows share numbers, days and moments, so that only the name tells them apart.
ENTRIES = [
    {
        "name": f"条目{n:02}",
        "number": n % 3 - 1,
        "share": n % 5 / 10,
        "on": date(2026, 9, 14) + timedelta(days=n % 2),
        "at": FIRST + timedelta(microseconds=n % 4),
    }
    for n in range(17)
]
ORDERS: list[tuple[Any, ...]] = [
    (Entry.name,),
    (Entry.number, Entry.name),
    (Entry.share, Entry.name),
    (Entry.on, Entry.name),
    (Entry.at, Entry.name),
    (Entry.at, Entry.on, Entry.number, Entry.name),
]


@pytest.fixture
async def entries(database: Database) -> AsyncIterator[Database]:
    """A database with a table to page through."""
    async with database.engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        await connection.execute(sa.insert(Entry), ENTRIES)
    yield database
    async with database.engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)


async def pages(
    database: Database,
    size: int,
    order: Sequence[Any],
    key: Callable[[Any], Sequence[Any]] | None = None,
    *,
    newest_first: bool = False,
) -> list[list[str]]:
    """The names on each page, page by page until there is no next."""
    request, names = pb.ListBureausRequest(page_size=size), []
    while True:
        async with database.snapshot() as session:
            rows, token = await paging.page(
                session, request, select(Entry), *order, newest_first=newest_first, key=key
            )
        names.append([row.name for row in rows])
        if not token:
            return names
        request.page_token = token


@pytest.mark.parametrize("newest_first", [False, True], ids=["oldest", "newest"])
@pytest.mark.parametrize("order", ORDERS, ids=lambda order: "+".join(c.key for c in order))
async def test_every_row_comes_once_in_order(
    entries: Database, order: tuple[Any, ...], newest_first: bool
) -> None:
    keys = [column.key for column in order]
    expected = sorted(ENTRIES, key=lambda entry: [entry[k] for k in keys], reverse=newest_first)
    for size in (1, 4, 17, 100):
        cut = await pages(entries, size, order, newest_first=newest_first)
        assert [name for page in cut for name in page] == [entry["name"] for entry in expected]
        assert all(len(page) == size for page in cut[:-1])
        assert 0 < len(cut[-1]) <= size


@pytest.mark.parametrize("newest_first", [False, True], ids=["oldest", "newest"])
async def test_rows_of_several_queries_are_one_list(entries: Database, newest_first: bool) -> None:
    order = Entry.at, Entry.name
    expected = sorted(ENTRIES, key=lambda one: [one["at"], one["name"]], reverse=newest_first)
    parts = [select(Entry).where(Entry.number == number) for number in (-1, 0, 1, 2)]
    for size in (1, 4, len(ENTRIES), 100):
        request, names = pb.ListBureausRequest(page_size=size), list[str]()
        while not names or request.page_token:
            async with entries.snapshot() as session:
                rows, request.page_token = await paging.page_of_several(
                    session, request, parts, *order, newest_first=newest_first
                )
            assert 0 < len(rows) <= size
            names += [row.name for row in rows]
        assert names == [one["name"] for one in expected]


async def test_the_first_of_several_pages_tells_how_many_rows_there_are(
    entries: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def count(size: int, after: str = "") -> dict[str, int]:
        request = pb.ListBureausRequest(page_size=size, page_token=after)
        async with entries.snapshot() as session:
            rows = select(Entry).order_by(col(Entry.number))
            _, token = await paging.page(session, request, select(Entry), Entry.name)
            return await paging.count(session, request, rows, token)

    assert await count(4) == {"total": len(ENTRIES)}
    assert await count(len(ENTRIES)) == {}
    request = pb.ListBureausRequest(page_size=4)
    async with entries.snapshot() as session:
        _, token = await paging.page(session, request, select(Entry), Entry.name)
    assert await count(4, token) == {}
    monkeypatch.setattr(paging, "MOST_COUNTED", len(ENTRIES))
    assert await count(4) == {"total": len(ENTRIES)}
    monkeypatch.setattr(paging, "MOST_COUNTED", len(ENTRIES) - 1)
    assert await count(4) == {"more_than": len(ENTRIES) - 1}


async def test_an_order_may_be_computed_and_its_key_taken_from_the_row(entries: Database) -> None:
    rank = sa.case({-1: 2, 0: 1, 1: 0}, value=col(Entry.number))
    cut = await pages(entries, 5, (rank, Entry.name), lambda row: [1 - row.number, row.name])
    expected = sorted(ENTRIES, key=lambda entry: (1 - int(str(entry["number"])), entry["name"]))
    assert [name for page in cut for name in page] == [entry["name"] for entry in expected]


async def test_a_number_too_large_for_its_column_is_only_beyond_every_row(
    entries: Database,
) -> None:
    request = pb.ListBureausRequest()
    token = json.dumps([paging._question(request), [2**62, "条目"]])
    request.page_token = base64.urlsafe_b64encode(token.encode()).decode()
    async with entries.snapshot() as session:
        assert await paging.page(session, request, select(Entry), Entry.number, Entry.name) == (
            [],
            "",
        )


async def test_a_token_of_another_order_is_refused(entries: Database) -> None:
    request = pb.ListBureausRequest(page_size=1)
    async with entries.snapshot() as session:
        _, request.page_token = await paging.page(session, request, select(Entry), Entry.name)
        for order in [(Entry.number,), (Entry.on,), (Entry.at,), (Entry.number, Entry.name)]:
            with pytest.raises(InvalidInput):
                await paging.page(session, request, select(Entry), *order)


@pytest.mark.parametrize("size", [1, 4, 17, 100])
async def test_a_whole_table_is_read_in_chunks(entries: Database, size: int) -> None:
    names = [entry["name"] for entry in ENTRIES]
    queries: list[Any] = [
        select(Entry.name),
        select(Entry),
        select(Entry, col(Entry.number) + 1),
    ]
    for rows in queries:
        async with entries.snapshot() as session:
            cut = [chunk async for chunk in paging.read_in_chunks(session, rows, Entry.name, size)]
        firsts = [row[0] if isinstance(row, sa.Row) else row for chunk in cut for row in chunk]
        assert [getattr(first, "name", first) for first in firsts] == names
        assert all(len(chunk) == size for chunk in cut[:-1])
