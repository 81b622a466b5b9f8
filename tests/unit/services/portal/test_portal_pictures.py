"""The pictures say what the law says: the days of a term, and the steps of a grade."""

from __future__ import annotations

import json
from datetime import date

from law.evidence import Dossier, Record, RecordKind, Sector, SubjectKind
from law.grading import grade
from law.terms.ledger import start
from law.terms.workdays import edition
from law.texts_in_force.load import load
from protos.alerts.v1 import alerts_pb2 as pb_alerts
from protos.grading.v1 import assessments_pb2 as pb_assessments
from protos.objection.v1 import objection_pb2 as pb
from services.portal.pictures.colour_board import colour_board
from services.portal.pictures.grade_path import grade_path
from services.portal.pictures.outlook_line import outlook_line
from services.portal.pictures.term_strip import term_strip


def term_of(day: date) -> pb.Term:
    calendar = edition()
    term = start("objection_first", day, edition=calendar)
    return pb.Term(
        started_on=day.isoformat(),
        target_on=term.target(calendar).date.isoformat(),
        latest_on=term.latest(calendar).date.isoformat(),
        budget_days=term.total,
        cap_days=term.cap,
        calendar_edition=calendar.number,
    )


def test_a_strip_counts_the_working_days_of_the_term_and_no_other() -> None:
    term = term_of(date(2026, 9, 25))  # before the holiday of October, with make-up days
    strip = term_strip(term, "2026-09-28")
    numbered = [day for day in strip.days if day.number]
    assert [day.number for day in numbered] == list(range(1, term.cap_days + 1))
    (target,) = [day for day in strip.days if day.is_target]
    assert (target.day.isoformat(), target.number) == (term.target_on, term.budget_days)
    assert [day.day for day in strip.days if day.is_today] == [date(2026, 9, 28)]
    assert {day.kind for day in numbered} == {"work", "make_up"}
    assert all(day.kind in ("weekend", "holiday") for day in strip.days[1:] if not day.number)


def test_the_path_of_a_grade_ends_at_its_score() -> None:
    day = date(2026, 9, 14)
    records = tuple(
        Record(
            id=f"r{n}",
            kind=kind,
            occurred_on=date(2026, 3, 1),
            determined_on=date(2026, 3, n + 1),
            entered_on=date(2026, 3, 20),
            verified=True,
        )
        for n, kind in enumerate((RecordKind.AWARD, RecordKind.COMPLAINT_UPHELD))
    )
    dossier = Dossier("s1", Sector.FUEL_STATION, SubjectKind.ORGANISATION, records)
    receipt = grade(dossier, load("hangzhou-2021-120"), day)
    path = grade_path(json.dumps(receipt.to_json()))
    assert path.base == 90
    assert path.steps[-1].after == receipt.score
    assert {step.line.record for step in path.steps} == {"r0", "r1"}


def test_a_board_counts_each_instrument_once_and_links_to_its_list() -> None:
    counts = [
        pb_alerts.BoardCount(bureau=unit, type_code=kind, colour=colour, instruments=number)
        for unit, kind, colour, number in (
            ("330106", "FUEL", "red", 2),
            ("330106", "FUEL", "none", 40),
            ("330106", "TAXI", "green", 3),
            ("330108", "FUEL", "yellow", 1),
        )
    ]
    week = pb_alerts.WeekAhead(starts_on="2026-09-14", ends_on="2026-09-20", instruments=4)
    answer = pb_alerts.GetColourBoardResponse(on="2026-09-14", counts=counts, weeks=[week])
    board = colour_board(answer, {"bureau": "330100"})
    assert board.totals == {"red": 2, "yellow": 1, "green": 3, "none": 40}
    assert [(row.unit, row.total) for row in board.units] == [("330106", 45), ("330108", 1)]
    assert [(row.type_code, row.warned) for row in board.types] == [("FUEL", 3), ("TAXI", 3)]
    assert sum(row.total for row in board.cells) == 46
    first = board.units[0]
    assert [(part.colour, part.width) for part in board.bars(first)] == [
        ("red", 120),
        ("green", 180),
    ]
    assert board.link("red", first) == "/instruments?bureau=330106&colour=red"
    assert board.link("", board.types[0]) == "/instruments?bureau=330100&type=FUEL"
    assert board.week_link(board.weeks[0]).endswith("valid_from=2026-09-14&valid_to=2026-09-20")
    assert board.weeks[0].height == 60


def test_an_outlook_shows_what_leaves_when_and_what_can_be_done_now() -> None:
    answer = pb_assessments.OutlookResponse(
        as_of="2026-09-14",
        now=pb_assessments.Outcome(grade="C"),
        changes=[pb_assessments.GradeTurn(on="2028-09-14", grade="B", leaves=["r1"])],
        steps=[
            pb_assessments.OpenStep(step="act", kind="award", possible_on="2026-09-14"),
            pb_assessments.OpenStep(step="repair", record_id="r1", possible_on="2027-09-14"),
            pb_assessments.OpenStep(step="wait", record_id="r1", possible_on="2028-09-14"),
        ],
    )
    line = outlook_line(answer)
    assert [(mark.number, mark.on.year, mark.x) for mark in line.marks] == [
        (1, 2027, 280),
        (2, 2028, 560),
    ]
    assert [step.step for step in line.now] == ["act"]
    assert [(one.grade, one.x) for one in line.stretches] == [("C", 0), ("B", 560)]
    assert outlook_line(pb_assessments.OutlookResponse(as_of="2026-09-14")).marks == ()
