"""Figures of a month: what lies in it to the last second counts, what lies beside it does not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from law.colours.basis import Basis
from law.colours.rule import Colour
from law.objection import CaseKind, CaseState, Outcome
from plumbing.clock import SHANGHAI
from plumbing.database import Database
from plumbing.identity import Caller, Role
from plumbing.view import View
from protos.alerts.v1 import alerts_pb2 as alerts
from protos.grading.v1 import grading_pb2 as grading
from protos.objection.v1 import objection_pb2 as objection
from services.alerts import month
from services.alerts.tables import Alert
from services.grading import queries
from services.grading.tables import Grade, Subject
from services.objection import overview
from services.objection.tables import Case
from tests.postgres import Databases

FIRST = datetime(2026, 9, 1, tzinfo=SHANGHAI)
LAST = datetime(2026, 9, 30, 23, 59, 59, tzinfo=SHANGHAI)
BESIDE = (FIRST - timedelta(seconds=1), LAST + timedelta(seconds=1))
HEAD = Caller("head", "一位负责人", frozenset({Role.UNIT_HEAD}), bureau="330106")


async def asked(
    databases: Databases,
    folder: Path,
    rows: list[Any],
    query: Callable[[View, Any], Awaitable[Any]],
    request: Any,
) -> Any:
    """The answer of a query to a unit head, on a database with these rows."""
    database = Database(databases.url(folder, "month"))
    async with database.engine.begin() as connection:
        await connection.run_sync(type(rows[0]).metadata.create_all)
    async with database.transaction() as session:
        session.add_all(rows)
    async with database.snapshot() as session:
        answer = await query(
            View(session, HEAD, datetime(2026, 10, 8, 9, tzinfo=SHANGHAI)), request
        )
    await database.close()
    return answer


def alert(number: int, raised_at: datetime, **other: Any) -> Alert:
    known: dict[str, Any] = {
        "instrument_id": f"i-{number}",
        "spell": 1,
        "governing_id": "",
        "colour": Colour.RED,
        "subject_id": "s",
        "bureau": "330106",
        "type_code": "fuel_dispenser",
        "serial_no": "1",
        "standing": Basis.DATED,
        "raised_at": raised_at,
        "baseline": False,
    }
    return Alert(**(known | other))


async def test_the_alerts_of_a_month_are_those_raised_in_it(
    databases: Databases, tmp_path: Path
) -> None:
    rows = [
        *(alert(number, at) for number, at in enumerate((FIRST, LAST, *BESIDE))),
        alert(10, LAST, colour=Colour.YELLOW),
        alert(11, LAST, baseline=True),
        alert(12, LAST, bureau="330108"),
    ]
    answer = await asked(
        databases, tmp_path, rows, month.summarise_month, alerts.SummariseMonthRequest()
    )
    assert answer.month == "2026-09"
    assert {one.name: one.count for one in answer.alerts} == {"red": 2, "yellow": 1}


def case(number: int, lodged: datetime, decided: datetime | None, bureau: str = "330106") -> Case:
    return Case(
        case_id=f"c-{number}",
        kind=CaseKind.OBJECTION,
        number=str(number),
        subject_id="s",
        bureau=bureau,
        record_ids=[],
        records_as_lodged=[],
        state=CaseState.CLOSED if decided else CaseState.LODGED,
        grounds="",
        evidence=[],
        lodged_by="operator",
        lodged_at=lodged,
        outcome=Outcome.DELETE if decided else None,
        decided_at=decided,
        due_on=date(2026, 9, 29),
    )


async def test_cases_count_by_when_they_were_lodged_and_when_they_were_decided(
    databases: Databases, tmp_path: Path
) -> None:
    rows = [
        case(1, FIRST, LAST),
        case(2, BESIDE[0], datetime(2026, 9, 29, 23, tzinfo=SHANGHAI)),
        case(3, LAST, BESIDE[1]),
        case(4, BESIDE[1], None),
        case(5, FIRST, None, bureau="330108"),
    ]
    request = objection.SummariseCasesRequest(month="2026-09")
    answer = await asked(databases, tmp_path, rows, overview.summarise_cases, request)
    (one,) = answer.month_cases
    assert (one.kind, one.lodged, one.decided, one.decided_in_time) == ("objection", 2, 2, 1)


def grade(subject: str, letter: str, first: date, until: date | None, **other: Any) -> Grade:
    return Grade(
        grade_id=f"{subject}-{letter}-{first}",
        subject_id=subject,
        bureau="330106",
        grade=letter,
        ruleset_id="text",
        in_force_from=first,
        in_force_to=until,
        known_from=FIRST,
        digest="",
        **other,
    )


async def test_grades_of_a_past_day_are_those_in_force_then_and_moves_are_counted(
    databases: Databases, tmp_path: Path
) -> None:
    began, fell, rose = date(2026, 1, 1), date(2026, 9, 30), date(2026, 10, 1)
    rows: list[Any] = [
        *(Subject(subject_id=name, version=1, bureau="330106") for name in ("falls", "stays")),
        grade("falls", "A", began, fell),
        grade("falls", "B", fell, rose),
        grade("falls", "A", rose, None),
        grade("falls", "C", fell, rose, known_to=LAST),
        grade("stays", "A", began, None),
    ]
    request = grading.SummariseGradesRequest(on="2026-09-30", since="2026-08-31")
    answer = await asked(databases, tmp_path, rows, queries.summarise_grades, request)
    assert {one.grade: one.subjects for one in answer.counts} == {"A": 1, "B": 1}
    assert [(one.before, one.after, one.subjects) for one in answer.moves] == [("A", "B", 1)]
