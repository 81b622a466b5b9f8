"""Broken data files are refused: terms, colours, the catalogue, the calendar."""

from __future__ import annotations

from datetime import date

import pytest

from tests.unit.law.broken_files import Change, message_of, twice


@pytest.mark.parametrize(
    ("name", "change", "field", "says"),
    [
        ("terms", lambda d: d["definitions"][0].update(days=0), "definitions[0].days", "least 1"),
        ("terms", lambda d: d["definitions"][0].update(days=2.5), "definitions[0].days", "whole"),
        ("terms", lambda d: d["definitions"][0].update(unit="days"), "definitions[0].unit", "one"),
        (
            "terms",
            lambda d: d["definitions"][0].update(cap_by="x"),
            "definitions[0].cap_by",
            "x is",
        ),
        (
            "terms",
            lambda d: d["definitions"][1].update(valid_to=date(2021, 9, 29), valid_from=None),
            "definitions[0].cap_by",
            "objection_total is not in force",
        ),
        ("terms", lambda d: d["definitions"][0].update(days=21), "definitions[0].cap_by", "fewer"),
        (
            "terms",
            lambda d: d["definitions"][0].update(extension_approver="anyone"),
            "definitions[0].extension_approver",
            "unit_head",
        ),
        (
            "terms",
            lambda d: d["definitions"][0].pop("adopted_for"),
            "definitions[0].adopted_for",
            "",
        ),
        (
            "terms",
            lambda d: d["definitions"][4].update(adopted_for="x"),
            "definitions[4].adopted_for",
            "adopted only",
        ),
        (
            "terms",
            lambda d: d["definitions"].append(d["definitions"][4]),
            "definitions.repair",
            "several versions",
        ),
        (
            "terms",
            lambda d: d["definitions"][0].update(reminders=["never"]),
            "definitions[0].reminders",
            "no reminder point never",
        ),
        (
            "terms",
            lambda d: d["definitions"][0].update(ambiguities=["C-30"]),
            "definitions[0].ambiguities",
            "C-30 is not declared",
        ),
        (
            "terms",
            lambda d: d["definitions"][0].update(requirements=["C-12"]),
            "definitions[0].requirements",
            "R-nnn",
        ),
        (
            "terms",
            lambda d: d["reminder_points"][0].update(house=False),
            "reminder_points[0].house",
            "must be marked as the house's own practice",
        ),
        (
            "terms",
            lambda d: d["reminder_points"][0].update(local_hour=24),
            "reminder_points[0].local_hour",
            "0 to 23",
        ),
        ("terms", lambda d: d["suspension"].pop("rule_en"), "suspension.rule_en", "missing"),
        (
            "colours",
            lambda d: d["months_before"]["green"].update(months=1),
            "months_before.yellow.months",
            "fewer",
        ),
        ("colours", lambda d: d["months_before"].pop("yellow"), "months_before.yellow", "not said"),
        ("colours", lambda d: d["red"].pop("rejected"), "red.rejected", "not said"),
        ("colours", lambda d: d["red"].update(tired={}), "red.tired", "unknown field"),
        ("colours", lambda d: d["none"]["valid"].pop("name_en"), "none.valid.name_en", "missing"),
        (
            "colours",
            lambda d: d["red"].update(overdue=twice(d["red"]["overdue"])),
            "red.overdue",
            "several versions",
        ),
        (
            "instruments",
            lambda d: d["types"][1].update(code="FUEL"),
            "types[1].code",
            "repeats FUEL",
        ),
        (
            "instruments",
            lambda d: d["types"][0].update(cycle_months=0),
            "types[0].cycle_months",
            "least 1",
        ),
        (
            "instruments",
            lambda d: d["types"][5]["earlier"][0].update(valid_to=date(2017, 5, 28)),
            "types[5].earlier",
            "follow each other",
        ),
        (
            "instruments",
            lambda d: d["types"][5]["earlier"][0].update(valid_to=date(2017, 5, 30)),
            "types[5].earlier",
            "follow each other",
        ),
        (
            "instruments",
            lambda d: d["types"][0].update(valid_from=date(2024, 1, 1)),
            "types[0].earlier",
            "follow each other",
        ),
        ("instruments", lambda d: d["types"][0].update(mode="never"), "types[0].mode", "one of"),
        (
            "instruments",
            lambda d: d["types"][0].update(
                earlier_modes=[
                    {"mode": "periodic", "cite": "METROLOGY-LAW 9"}
                    | {"valid_from": date(2020, 1, 1), "valid_to": date(2026, 12, 31)}
                ]
            ),
            "types[0].earlier_modes",
            "follow each other",
        ),
        (
            "instruments",
            lambda d: d["types"][0].update(confidence=None),
            "types[0].confidence",
            "missing",
        ),
        (
            "workdays",
            lambda d: d["editions"][3].update(number=7),
            "editions[3].number",
            "must be 2",
        ),
        (
            "workdays",
            lambda d: d["editions"][3].update(valid_from=date(2019, 11, 21)),
            "editions[3].valid_from",
            "later",
        ),
        (
            "workdays",
            lambda d: d["editions"][3].update(valid_from=None),
            "editions[3].valid_from",
            "later",
        ),
        (
            "workdays",
            lambda d: d["editions"][2]["make_up"].append(date(2020, 1, 1)),
            "editions[2].make_up",
            "no day of rest",
        ),
        (
            "workdays",
            lambda d: d["editions"][2]["days_off"].append(date(2020, 1, 19)),
            "editions[2].make_up",
            "off and worked: 2020-01-19",
        ),
        (
            "workdays",
            lambda d: d["editions"][2]["days_off"].append("2020-05-05..2020-05-01"),
            "editions[2].days_off",
            "is not of 2020",
        ),
        (
            "workdays",
            lambda d: d["editions"][2]["days_off"].append(date(2021, 1, 1)),
            "editions[2].days_off",
            "is not of 2020",
        ),
        (
            "workdays",
            lambda d: d["editions"][2]["days_off"].append("soon"),
            "editions[2].days_off",
            "is no day: soon",
        ),
        (
            "workdays",
            lambda d: d["editions"][2].update(make_up="x"),
            "editions[2].make_up",
            "list of days",
        ),
        ("workdays", lambda d: d["editions"][2].update(year=0), "editions[2].year", "no year"),
    ],
)
def test_a_broken_file_of_days_is_refused(name: str, change: Change, field: str, says: str) -> None:
    assert says in message_of(name, change, field)
