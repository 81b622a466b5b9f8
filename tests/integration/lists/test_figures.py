"""The figures of a unit are counted from indexes alone, on either database.

A hundred thousand cases then cost no reading of the cases themselves.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from plumbing import migrations
from plumbing.clock import FixedClock
from plumbing.database import Database
from plumbing.identity import Caller
from plumbing.view import open_view
from protos.objection.v1 import objection_pb2 as pb
from services.objection.overview import summarise_cases
from tests.integration.lists.filled import fill
from tests.integration.lists.plans import plan_of, recorded
from tests.integration.lists.requests import BUREAU, CASEWORKER, REVIEWER
from tests.postgres import Databases

ROWS = 100
CLOCK = FixedClock(datetime(2026, 9, 14, 2, tzinfo=UTC))
COUNTS = 10
# Of a month or less the cases themselves may be read, found by their day.
OF_A_FEW_DAYS = re.compile(r"lodged_at >= |accept_by BETWEEN .* GROUP BY")


@pytest.fixture
async def cases(databases: Databases, tmp_path: Path) -> AsyncIterator[Database]:
    """The migrated database of objection with many rows in every table."""
    database = Database(databases.url(tmp_path, "objection"))
    try:
        await migrations.upgrade(database, "objection")
        await fill(database, "objection", ROWS)
        yield database
    finally:
        await database.close()


@pytest.mark.parametrize("caller", [CASEWORKER, REVIEWER], ids=["bureau", "city"])
@pytest.mark.parametrize("bureau", ["", BUREAU], ids=["all", "one"])
async def test_figures_are_counted_from_indexes(
    cases: Database, caller: Caller, bureau: str
) -> None:
    with recorded(cases) as statements:
        async with open_view(cases, CLOCK, caller) as view:
            await summarise_cases(view, pb.SummariseCasesRequest(bureau=bureau))
    counts = [one for one in statements if "count(" in one[0]]
    assert len(counts) == COUNTS
    plans = {text: await plan_of(cases, (text, given)) for text, given in counts}
    faults = [f"{text}\n{lines}" for text, lines in plans.items() if not _is_cheap(text, lines)]
    assert not faults, "\n".join(faults)


def _is_cheap(text: str, lines: list[str]) -> bool:
    plan = "\n".join(lines)
    # PostgreSQL chooses among indexes by the number of rows; of a few any of them is as good.
    if "Index" in plan and "Seq Scan" not in plan:
        return True
    by_days = "USING INDEX" in plan and OF_A_FEW_DAYS.search(text)
    return "COVERING INDEX" in plan or bool(by_days)
