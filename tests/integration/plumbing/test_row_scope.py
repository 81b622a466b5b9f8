"""What a caller sees of many rows in SQL is what it may see of each: `row_scope` and `Caller`."""

import itertools

import pytest
import sqlalchemy as sa

from plumbing import row_scope
from plumbing.database import Database
from plumbing.identity import Caller, Role, service_caller

BUREAUS = ("", "000000", "330000", "330100", "330106", "330110", "330100-JQ", "331002", "120101")
SUBJECTS = ("", "s1", "s2")
ROWS = tuple(itertools.product(SUBJECTS, BUREAUS))
PEOPLE = [
    Caller("account/1", "某人", frozenset({role}), bureau, subject_id)
    for role in (Role.CASEWORKER, Role.ADMINISTRATOR, Role.OPERATOR, Role.PUBLIC)
    for bureau in BUREAUS
    for subject_id in SUBJECTS
]
CALLERS = [*PEOPLE, service_caller("alerts")]


def table() -> sa.Subquery:
    """The rows as a table of a subject and a bureau."""
    rows = (
        sa.select(sa.literal(s).label("subject_id"), sa.literal(b).label("bureau")) for s, b in ROWS
    )
    return sa.union_all(*rows).subquery()


async def rows_where(database: Database, condition: sa.ColumnElement[bool]) -> set[tuple[str, str]]:
    async with database.snapshot() as session:
        rows = await (await session.connection()).execute(sa.select(TABLE).where(condition))
        return {(subject_id, bureau) for subject_id, bureau in rows}


TABLE = table()


async def test_the_rows_seen_are_those_that_the_caller_sees_one_by_one(database: Database) -> None:
    for caller in CALLERS:
        condition = row_scope.seen(caller, TABLE.c.subject_id, TABLE.c.bureau)
        assert await rows_where(database, condition) == {
            row for row in ROWS if caller.sees(*row)
        }, caller


async def test_the_rows_covered_are_those_whose_bureau_the_caller_covers(
    database: Database,
) -> None:
    for caller in CALLERS:
        condition = row_scope.covered(caller, TABLE.c.bureau)
        assert await rows_where(database, condition) == {
            row for row in ROWS if caller.covers(row[1])
        }, caller


@pytest.mark.parametrize(
    ("bureau", "inside"),
    [
        ("330100", {"330100", "330106", "330110", "330100-JQ"}),
        ("330110", {"330110"}),
        ("330000", {"330000", "330100", "330106", "330110", "330100-JQ", "331002"}),
        ("000000", set(BUREAUS)),
    ],
)
async def test_a_bureau_takes_in_those_below_it(
    database: Database, bureau: str, inside: set[str]
) -> None:
    rows = await rows_where(database, row_scope.within(bureau, TABLE.c.bureau))
    assert {found for _, found in rows} == inside


async def test_an_operator_without_a_subject_sees_no_row_of_a_bureau(database: Database) -> None:
    """A notice to a bureau has no subject either, and is no notice to such an account."""
    nobody = Caller("account/1", "某人", frozenset({Role.OPERATOR}))
    assert not nobody.sees("", "330106")
    condition = row_scope.seen(nobody, TABLE.c.subject_id, TABLE.c.bureau)
    assert await rows_where(database, condition) == set()
