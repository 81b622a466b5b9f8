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
OF_A_FEW_DAYS = re.compile(r"lodged_at >= |accept_by BETWEEN .* GROUP BY", re.DOTALL)
# The lines of a plan that read cases, and among them those that read an index alone, or that find
# cases in an index. PostgreSQL chooses among indexes by the number of rows; of a few rows any of
# them is as good.
READS = re.compile(r"\b(SCAN|SEARCH) |\bScan\b")
INDEX_ALONE = re.compile(r"USING COVERING INDEX|Index Only Scan")
FOUND = re.compile(r"SEARCH .* USING INDEX|Index Scan")


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
    reads = [line for line in lines if READS.search(line)]
    allowed = [INDEX_ALONE, FOUND] if OF_A_FEW_DAYS.search(text) else [INDEX_ALONE]
    return bool(reads) and all(any(one.search(line) for one in allowed) for line in reads)


ALONE = "SEARCH objection_case USING COVERING INDEX ix_objection_case_due_on (due_on>?)"
ALL_CASES = "SCAN objection_case USING INDEX ix_objection_case_due_on"


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["USE TEMP B-TREE FOR GROUP BY"],
        ["SCAN objection_case"],
        [ALL_CASES],
        [ALONE, ALL_CASES],
        ["SEARCH objection_case USING AUTOMATIC COVERING INDEX (bureau=?)"],
        ["Aggregate", "  ->  Seq Scan on objection_case"],
        [
            "Aggregate",
            "  ->  Bitmap Heap Scan on objection_case",
            "    ->  Bitmap Index Scan on ix",
        ],
    ],
)
def test_a_plan_that_reads_the_cases_is_not_cheap(lines: list[str]) -> None:
    assert not _is_cheap("SELECT count(*) FROM objection_case WHERE lodged_at >= ?", lines)


@pytest.mark.parametrize(
    "line", ["SEARCH objection_case USING INDEX ix (due_on>?)", "->  Index Scan using ix on cases"]
)
def test_only_the_cases_of_a_few_days_may_be_read(line: str) -> None:
    assert not _is_cheap("SELECT count(*) FROM objection_case WHERE due_on < ?", [line])
    assert _is_cheap("SELECT count(*) FROM objection_case WHERE lodged_at >= ?", [line])
    assert _is_cheap("SELECT count(*) FROM objection_case WHERE due_on < ?", [ALONE])
