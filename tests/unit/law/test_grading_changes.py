"""How time, a change of records, or another text changes a grade."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from law.errors import AlreadyExists, NotFound
from law.evidence import RecordStatus
from law.grading import (
    Addition,
    Change,
    Ending,
    changed,
    compare,
    grade,
    next_change_on,
    outlook,
    spell_began_on,
    what_if,
)
from law.texts_in_force.load import load
from tests.unit.law.dossiers import DAY, H120, NATIONAL, TIANJIN, TRIAL, dossier_of, entry

# What if


def test_a_record_withdrawn_repaired_or_added() -> None:
    dossier, ruleset = dossier_of(entry("crime"), entry("award", "r2")), load(H120)
    assert grade(dossier, ruleset, DAY).grade == "E"
    for status in (RecordStatus.WITHDRAWN, RecordStatus.REPAIRED):
        assert what_if(dossier, ruleset, DAY, [Ending("r1", status, DAY)]).grade == "A"
        later = Ending("r1", status, date(2026, 7, 1))
        assert what_if(dossier, ruleset, DAY, [later]).grade == "E"
    added: list[Change] = [
        Ending("r1", RecordStatus.WITHDRAWN),
        Addition(entry("penalty", "r3", points=6)),
    ]
    receipt = what_if(dossier, ruleset, DAY, added)
    assert (receipt.grade, receipt.score) == ("B", 89)
    assert receipt.inputs == changed(dossier, added)
    assert [record.id for record in receipt.inputs.records] == ["r1", "r2", "r3"]
    assert dossier.records[0].status is RecordStatus.ACTIVE
    assert what_if(dossier, ruleset, DAY, []) == grade(dossier, ruleset, DAY)


def test_changes_that_cannot_be_made_are_refused() -> None:
    dossier = dossier_of(entry("crime"))
    with pytest.raises(NotFound, match="No record r9"):
        changed(dossier, [Ending("r9", RecordStatus.WITHDRAWN)])
    with pytest.raises(AlreadyExists, match="r1 is on file"):
        changed(dossier, [Addition(entry("award"))])


# Time


def test_the_next_change_is_the_day_after_the_window() -> None:
    dossier = dossier_of(entry("penalty"), entry("award", "r2", date(2024, 2, 29)))
    assert next_change_on(dossier, load(H120), DAY) == date(2029, 3, 1)
    assert next_change_on(dossier, load(H120), date(2029, 3, 1)) == date(2031, 1, 6)
    assert next_change_on(dossier, load(H120), date(2031, 1, 6)) is None


def test_a_day_without_a_change_is_skipped() -> None:
    # Both leave on one day, +5 and -5: the result stays.
    dossier = dossier_of(entry("award"), entry("overdue_use", "r2"))
    assert next_change_on(dossier, load(H120), DAY) is None


def test_a_record_to_come_and_a_status_to_come_are_changes() -> None:
    future = dossier_of(entry("penalty", on=date(2026, 9, 1)))
    assert next_change_on(future, load(H120), DAY) == date(2026, 9, 1)
    ending = entry("penalty", status=RecordStatus.WITHDRAWN, status_on=date(2026, 8, 1))
    assert next_change_on(dossier_of(ending), load(H120), DAY) == date(2026, 8, 1)


def test_classes_change_on_new_years_day_only() -> None:
    dossier = dossier_of(entry("overdue_use", on=date(2024, 3, 1)))
    receipts = {day: grade(dossier, load(TIANJIN), day) for day in (DAY, date(2027, 1, 1))}
    assert [one.grade for one in receipts.values()] == ["3", "2"]
    assert next_change_on(dossier, load(TIANJIN), DAY) == date(2027, 1, 1)
    # The class to come changes on the day itself.
    leaving = dossier_of(entry("overdue_use", on=date(2024, 8, 1)))
    assert grade(leaving, load(TIANJIN), DAY).prospective == "3"
    assert next_change_on(leaving, load(TIANJIN), DAY) == date(2026, 8, 2)
    # 3 → 2 → 1 takes two year-ends after the record has left.
    goods = ("compliance", "sound_management", "commitment_kept")
    records = [entry(kind, kind, date(2025, 6, 1)) for kind in goods]
    ahead = outlook(
        dossier_of(entry("overdue_use", on=date(2023, 6, 1)), *records), load(TIANJIN), DAY
    )
    assert [(turn.on, turn.grade) for turn in ahead.turns] == [
        (date(2027, 1, 1), "1"),
        (date(2028, 1, 1), "2"),
    ]


def test_a_spell_began_when_the_grade_came() -> None:
    first, second = date(2025, 3, 1), date(2026, 2, 1)
    ruleset = load(H120)
    dossier = dossier_of(entry("crime", on=first), entry("crime", "r2", second))
    assert spell_began_on(dossier, ruleset, grade(dossier, ruleset, DAY)) == first
    gap = replace(dossier.records[0], status=RecordStatus.REPAIRED, status_on=date(2025, 9, 1))
    dossier = replace(dossier, records=(gap, dossier.records[1]))
    assert spell_began_on(dossier, ruleset, grade(dossier, ruleset, DAY)) == second


def test_a_spell_may_begin_today_and_after_a_single_day_of_another_grade() -> None:
    ruleset = load(H120)
    gone = entry("crime", status=RecordStatus.WITHDRAWN, status_on=date(2026, 2, 2))
    dossier = dossier_of(gone, entry("crime", "r2", date(2026, 2, 3)))
    for day in (date(2026, 2, 3), DAY):
        assert spell_began_on(dossier, ruleset, grade(dossier, ruleset, day)) == date(2026, 2, 3)
    between = grade(dossier, ruleset, date(2026, 2, 2))
    assert between.grade == "B"
    assert spell_began_on(dossier, ruleset, between) == date(2026, 2, 2)


def test_a_spell_is_no_older_than_the_text() -> None:
    dossier = dossier_of(entry("crime", on=date(2021, 6, 1)))
    receipt = grade(dossier, load(H120), date(2022, 1, 1))
    assert spell_began_on(dossier, load(H120), receipt) == date(2021, 9, 30)


def test_a_grade_without_a_record_has_no_first_day() -> None:
    dossier = dossier_of(entry("administrative_measure", points=0))
    assert spell_began_on(dossier, load(TRIAL), grade(dossier, load(TRIAL), DAY)) is None
    assert spell_began_on(dossier_of(), load(TRIAL), grade(dossier_of(), load(TRIAL), DAY)) is None


# Other texts


def test_compare_grades_under_every_text() -> None:
    dossier = dossier_of(entry("permit_fraud"))
    found = compare(dossier, DAY)
    assert [(one.ruleset_id, one.grade) for one in found] == [
        (H120, "E"),
        (TRIAL, "D"),
        (TIANJIN, "2"),
        (NATIONAL, "untrusted"),
    ]
    assert compare(dossier, DAY, [load(TRIAL)]) == (found[1],)
