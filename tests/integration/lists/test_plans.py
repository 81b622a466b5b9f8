"""Every list is read from an index that gives its filter and its order, on either database.

A page of a list then costs the same whether there are a thousand rows or a million. The lists are
found by the calls that all of them make, `PAGING`; one that is not in the table fails here.
"""

from __future__ import annotations

import ast
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from plumbing import migrations, paging
from plumbing.clock import FixedClock
from plumbing.database import Database
from plumbing.view import open_view
from tests.integration.lists.filled import fill
from tests.integration.lists.plans import Statement, plan_of, recorded
from tests.integration.lists.requests import LISTS, Asked, List
from tests.postgres import Databases

ROOT = Path(__file__).parents[3]
SERVICES = ("alerts", "grading", "objection", "registry")
PAGING = ("page", "page_of_several")
ROWS = 100
CLOCK = FixedClock(datetime(2026, 9, 14, 2, tzinfo=UTC))


@pytest.fixture
async def filled(
    request: pytest.FixtureRequest, databases: Databases, tmp_path: Path
) -> AsyncIterator[Database]:
    """The migrated database of a service with many rows in every table."""
    database = Database(databases.url(tmp_path, request.param))
    try:
        await migrations.upgrade(database, request.param)
        await fill(database, request.param, ROWS)
        yield database
    finally:
        await database.close()


@pytest.fixture
def without_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists ask for their rows and do not see them, since the rows make no sense."""
    for name in PAGING:
        monkeypatch.setattr(paging, name, _empty(getattr(paging, name)))


def _empty(real: Callable[..., Any]) -> Callable[..., Any]:
    async def page(*arguments: Any, **options: Any) -> tuple[list[Any], str]:
        await real(*arguments, **options)
        return [], "more"

    return page


@pytest.mark.usefixtures("without_rows")
@pytest.mark.parametrize(
    ("filled", "service"), [(one, one) for one in SERVICES], indirect=["filled"]
)
async def test_every_list_is_read_from_an_index(filled: Database, service: str) -> None:
    faults = [
        f"{one.query.__name__} {asked.request!s} by {caller.name or caller.bureau}: {fault}"
        for one in LISTS
        if one.service == service
        for asked in one.asked
        for caller in asked.by
        for statement in await _statements(filled, one, asked, caller)
        for fault in await _faults(filled, statement, may_sort=bool(asked.a_few))
    ]
    assert not faults, "\n".join(faults)


async def _statements(database: Database, one: List, asked: Asked, caller: Any) -> list[Statement]:
    """What the list asks of the database for its first page."""
    request = type(asked.request)()
    request.CopyFrom(asked.request)
    request.page_size = 20
    with recorded(database) as statements:
        async with open_view(database, CLOCK, caller) as view:
            await one.query(view, request)
    return [(text, given) for text, given in statements if "LIMIT" in text or "count(" in text]


async def _faults(database: Database, statement: Statement, *, may_sort: bool) -> list[str]:
    text, _ = statement
    lines = await plan_of(database, statement)
    is_fault = _of_sqlite if database.is_sqlite else _of_postgresql
    is_count = (
        "count(" in text
    )  # it ends after 10,000 rows, so that it may read them from the table
    bad = [] if is_count else [line for line in lines if is_fault(line, may_sort)]
    return ["\n    ".join([str(bad), *lines])] if bad else []


def _of_sqlite(line: str, may_sort: bool) -> bool:
    # A table that is scanned and not sorted is read in the order of its key, until a page is full.
    return "TEMP B-TREE" in line and not may_sort


def _of_postgresql(line: str, may_sort: bool) -> bool:
    return not may_sort and ("Seq Scan" in line or "Sort" in line)


def test_every_list_stands_in_the_table() -> None:
    in_table = {f"{one.query.__module__}.{one.query.__name__}" for one in LISTS}
    assert set(_lists_in_code()) == in_table


def _lists_in_code() -> Iterator[str]:
    for part in ("plumbing", "services"):
        for file in (ROOT / part).rglob("*.py"):
            module = ".".join(file.relative_to(ROOT).with_suffix("").parts)
            for function in ast.walk(ast.parse(file.read_text())):
                if isinstance(function, ast.AsyncFunctionDef) and _pages(function):
                    yield f"{module}.{function.name}"


def _pages(function: ast.AsyncFunctionDef) -> bool:
    calls = (node for node in ast.walk(function) if isinstance(node, ast.Call))
    return any(ast.unparse(call.func) in {f"paging.{name}" for name in PAGING} for call in calls)


@pytest.mark.parametrize("one", LISTS, ids=lambda one: one.query.__name__)
def test_every_filter_of_a_list_is_asked_for(one: List) -> None:
    """A new filter is tried as well, or the list would be slow for whoever uses it."""
    fields = {field.name for field in one.asked[0].request.DESCRIPTOR.fields}
    asked = {field.name for each in one.asked for field, _ in each.request.ListFields()}
    assert asked == fields - {"page_size", "page_token"}
