"""What time does to a grade, what the subject can do, and what another text would say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from law.errors import AlreadyExists, NotFound
from law.evidence import Dossier, Previous, Record, RecordKind, RecordStatus, Sector, SubjectKind
from law.grading import (
    Addition,
    Change,
    Ending,
    Step,
    changed,
    compare,
    grade,
    impact,
    next_change_on,
    outlook,
    spell_began_on,
    what_if,
)
from law.grading.comparison import Move, impact_of
from law.ruleset import GRADING, load
from law.texts import is_citation

DAY = date(2026, 6, 30)
ON = date(2026, 1, 5)
H120, TRIAL, TIANJIN, NATIONAL = GRADING


def _record(kind: str, record_id: str = "r1", on: date = ON, **more: Any) -> Record:
    return Record(record_id, RecordKind(kind), on, on, **more)


def _dossier(*records: Record, **more: Any) -> Dossier:
    subject = {"sector": Sector.OPTICAL, "subject_kind": SubjectKind.ORGANISATION} | more
    return Dossier("S1", records=records, bureau="330106", **subject)


def _steps(steps: tuple[Step, ...]) -> list[tuple[str, str]]:
    return [(step.step.value, step.record or step.kind.value) for step in steps]


# What if


def test_a_record_withdrawn_repaired_or_added() -> None:
    dossier, ruleset = _dossier(_record("crime"), _record("award", "r2")), load(H120)
    assert grade(dossier, ruleset, DAY).grade == "E"
    for status in (RecordStatus.WITHDRAWN, RecordStatus.REPAIRED):
        assert what_if(dossier, ruleset, DAY, [Ending("r1", status, DAY)]).grade == "A"
        later = Ending("r1", status, date(2026, 7, 1))
        assert what_if(dossier, ruleset, DAY, [later]).grade == "E"
    added: list[Change] = [
        Ending("r1", RecordStatus.WITHDRAWN),
        Addition(_record("penalty", "r3", points=6)),
    ]
    receipt = what_if(dossier, ruleset, DAY, added)
    assert (receipt.grade, receipt.score) == ("B", 89)
    assert receipt.inputs == changed(dossier, added)
    assert [record.id for record in receipt.inputs.records] == ["r1", "r2", "r3"]
    assert dossier.records[0].status is RecordStatus.ACTIVE
    assert what_if(dossier, ruleset, DAY, []) == grade(dossier, ruleset, DAY)


def test_changes_that_cannot_be_made_are_refused() -> None:
    dossier = _dossier(_record("crime"))
    with pytest.raises(NotFound, match="No record r9"):
        changed(dossier, [Ending("r9", RecordStatus.WITHDRAWN)])
    with pytest.raises(AlreadyExists, match="r1 is on file"):
        changed(dossier, [Addition(_record("award"))])


# Time


def test_the_next_change_is_the_day_after_the_window() -> None:
    dossier = _dossier(_record("penalty"), _record("award", "r2", date(2024, 2, 29)))
    assert next_change_on(dossier, load(H120), DAY) == date(2029, 3, 1)
    assert next_change_on(dossier, load(H120), date(2029, 3, 1)) == date(2031, 1, 6)
    assert next_change_on(dossier, load(H120), date(2031, 1, 6)) is None


def test_a_change_that_is_none_is_passed_over() -> None:
    # Both leave on one day, +5 and -5: the result stays.
    dossier = _dossier(_record("award"), _record("overdue_use", "r2"))
    assert next_change_on(dossier, load(H120), DAY) is None


def test_a_record_to_come_and_a_status_to_come_are_changes() -> None:
    future = _dossier(_record("penalty", on=date(2026, 9, 1)))
    assert next_change_on(future, load(H120), DAY) == date(2026, 9, 1)
    ending = _record("penalty", status=RecordStatus.WITHDRAWN, status_on=date(2026, 8, 1))
    assert next_change_on(_dossier(ending), load(H120), DAY) == date(2026, 8, 1)


def test_classes_change_on_new_years_day_only() -> None:
    dossier = _dossier(_record("overdue_use", on=date(2024, 3, 1)))
    receipts = {day: grade(dossier, load(TIANJIN), day) for day in (DAY, date(2027, 1, 1))}
    assert [one.grade for one in receipts.values()] == ["3", "2"]
    assert next_change_on(dossier, load(TIANJIN), DAY) == date(2027, 1, 1)
    # The class to come changes on the day itself.
    leaving = _dossier(_record("overdue_use", on=date(2024, 8, 1)))
    assert grade(leaving, load(TIANJIN), DAY).prospective == "3"
    assert next_change_on(leaving, load(TIANJIN), DAY) == date(2026, 8, 2)
    # 3 → 2 → 1 takes two year-ends after the record has left.
    goods = ("compliance", "sound_management", "commitment_kept")
    records = [_record(kind, kind, date(2025, 6, 1)) for kind in goods]
    ahead = outlook(
        _dossier(_record("overdue_use", on=date(2023, 6, 1)), *records), load(TIANJIN), DAY
    )
    assert [(turn.on, turn.grade) for turn in ahead.turns] == [
        (date(2027, 1, 1), "1"),
        (date(2028, 1, 1), "2"),
    ]


def test_a_spell_began_when_the_grade_came() -> None:
    first, second = date(2025, 3, 1), date(2026, 2, 1)
    ruleset = load(H120)
    dossier = _dossier(_record("crime", on=first), _record("crime", "r2", second))
    assert spell_began_on(dossier, ruleset, grade(dossier, ruleset, DAY)) == first
    gap = replace(dossier.records[0], status=RecordStatus.REPAIRED, status_on=date(2025, 9, 1))
    dossier = replace(dossier, records=(gap, dossier.records[1]))
    assert spell_began_on(dossier, ruleset, grade(dossier, ruleset, DAY)) == second


def test_a_spell_may_begin_today_and_after_a_single_day_of_another_grade() -> None:
    ruleset = load(H120)
    gone = _record("crime", status=RecordStatus.WITHDRAWN, status_on=date(2026, 2, 2))
    dossier = _dossier(gone, _record("crime", "r2", date(2026, 2, 3)))
    for day in (date(2026, 2, 3), DAY):
        assert spell_began_on(dossier, ruleset, grade(dossier, ruleset, day)) == date(2026, 2, 3)
    between = grade(dossier, ruleset, date(2026, 2, 2))
    assert between.grade == "B"
    assert spell_began_on(dossier, ruleset, between) == date(2026, 2, 2)


def test_a_spell_is_no_older_than_the_text() -> None:
    dossier = _dossier(_record("crime", on=date(2021, 6, 1)))
    receipt = grade(dossier, load(H120), date(2022, 1, 1))
    assert spell_began_on(dossier, load(H120), receipt) == date(2021, 9, 30)


def test_a_grade_that_no_record_brought_has_no_first_day() -> None:
    dossier = _dossier(_record("administrative_measure", points=0))
    assert spell_began_on(dossier, load(TRIAL), grade(dossier, load(TRIAL), DAY)) is None
    assert spell_began_on(_dossier(), load(TRIAL), grade(_dossier(), load(TRIAL), DAY)) is None


# Outlook


def test_the_outlook_lists_the_turns_with_their_records() -> None:
    dossier = _dossier(_record("crime", points=0), _record("penalty", "r2", date(2022, 1, 5)))
    ahead = outlook(dossier, load(H120), DAY)
    assert (ahead.grade, ahead.score) == ("E", 80)
    (turn,) = ahead.turns
    assert (turn.on, turn.grade, turn.score) == (date(2031, 1, 6), "B", 90)
    assert (turn.enters, turn.leaves) == ((), ("r1", "r2"))
    near = outlook(dossier, load(H120), DAY, date(2031, 1, 5))
    assert near.turns == ()
    assert outlook(dossier, load(H120), DAY, date(2031, 1, 6)).turns == (turn,)


def test_a_record_that_enters_makes_a_turn() -> None:
    ahead = outlook(_dossier(_record("crime", on=date(2026, 9, 1))), load(H120), DAY)
    assert [(turn.on, turn.grade, turn.enters) for turn in ahead.turns] == [
        (date(2026, 9, 1), "E", ("r1",)),
        (date(2031, 9, 2), "B", ()),
    ]


def test_the_steps_open_are_waiting_repair_and_acts() -> None:
    ahead = outlook(_dossier(_record("penalty", points=12)), load(H120), DAY)
    wait, repair, *acts = ahead.steps
    assert _steps((wait, repair)) == [("wait", "r1"), ("repair", "r1")]
    assert (wait.possible_on, wait.points) == (date(2031, 1, 6), 12)
    assert (repair.possible_on, repair.points, repair.cite) == (DAY, 12, "S4 四(四)")
    assert {step.kind.value: step.points for step in acts} == {
        "award": 5,
        "certification": 3,
        "commitment_made": 1,
        "commitment_kept": 2,
        "public_service": 2,
        "sound_management": 2,
        "compliance": 1,
        "positive_other": 1,
    }
    assert all(step.possible_on == DAY for step in acts)


def test_the_fewest_steps_take_the_ones_worth_most() -> None:
    records = [_record("adverse_other", f"r{n}", points=n) for n in (2, 9, 3)]
    ahead = outlook(_dossier(*records), load(H120), DAY)
    assert (ahead.grade, ahead.score) == ("C", 76)
    assert ahead.path is not None
    assert _steps(ahead.path.steps) == [("repair", "r9")]
    assert (ahead.path.grade, ahead.path.score, ahead.path.on) == ("B", 85, DAY)


def test_every_direct_judgment_in_the_way_must_go() -> None:
    records = [
        _record("crime", "r1", date(2026, 5, 1), points=5),
        _record("permit_fraud", "r2", date(2026, 5, 1), points=6),
        _record("adverse_other", "r3", points=1),
    ]
    ahead = outlook(_dossier(*records), load(H120), DAY)
    assert ahead.path is not None
    # A year from the day E came, in May; both judgments, and nothing else.
    assert ahead.path.on == date(2027, 5, 1)
    assert _steps(ahead.path.steps) == [("repair", "r1"), ("repair", "r2")]
    assert (ahead.path.grade, ahead.path.score) == ("B", 89)


def test_a_second_crime_bars_the_repair_of_the_first_but_not_its_own() -> None:
    """New is what comes besides the record to be repaired (S3 21(三), R-124)."""
    crimes = [_record("crime", f"c{n}", date(2026, n, 1)) for n in (5, 6)]
    ahead = outlook(_dossier(*crimes), load(H120), DAY)
    repairs = [step for step in ahead.steps if step.step.value == "repair"]
    assert [(step.record, step.possible_on) for step in repairs] == [("c6", date(2027, 5, 1))]
    assert ahead.path is not None
    assert ahead.path.on == date(2031, 5, 2)
    assert _steps(ahead.path.steps) == [("wait", "c5"), ("repair", "c6")]


def test_repair_of_an_e_becomes_possible_after_a_year() -> None:
    ahead = outlook(_dossier(_record("crime", points=0)), load(H120), DAY)
    repairs = [step for step in ahead.steps if step.step.value == "repair"]
    assert [step.possible_on for step in repairs] == [date(2027, 1, 5)]
    assert ahead.soonest is not None
    assert ahead.soonest.on == date(2027, 1, 5)
    assert ahead.path == ahead.soonest


def test_waiting_can_take_fewer_steps_than_acting() -> None:
    leaving = _record("adverse_other", "r1", date(2021, 8, 1), points=1)
    others = [_record("adverse_other", f"o{n}", points=2) for n in range(8)]
    ahead = outlook(_dossier(leaving, *others), load(TRIAL), date(2024, 7, 1))
    assert ahead.grade == "B"
    ahead = outlook(_dossier(leaving, *others), load(H120), DAY)
    assert (ahead.grade, ahead.score) == ("D", 73)
    assert ahead.path is not None
    assert len(ahead.path.steps) == 1


def test_without_repair_only_time_leads_out_of_class_3() -> None:
    dossier = _dossier(_record("overdue_use", on=date(2025, 5, 1)))
    ahead = outlook(dossier, load(TIANJIN), DAY)
    assert ahead.grade == "3"
    assert ahead.path is not None
    assert (ahead.path.on, ahead.path.grade) == (date(2028, 1, 1), "2")
    assert _steps(ahead.path.steps) == [("wait", "r1")]
    assert not [step for step in ahead.steps if step.step.value == "repair"]


def test_a_record_of_this_year_is_in_the_way_of_the_next_class() -> None:
    # Class 2 today; the record of March makes it 3 next year, and only its leaving helps.
    dossier = _dossier(_record("overdue_use", on=date(2026, 3, 1)), _record("award", "r2"))
    ahead = outlook(dossier, load(TIANJIN), DAY)
    assert ahead.grade == "2"
    assert _steps(ahead.steps)[:1] == [("wait", "r1")]
    assert ("wait", "r2") not in _steps(ahead.steps)
    # One that decided the class but has left since the year-end still stands in the way.
    decided = _dossier(_record("overdue_use", on=date(2024, 1, 5)))
    assert grade(decided, load(TIANJIN), DAY).grade == "3"
    (wait, *acts) = outlook(decided, load(TIANJIN), DAY).steps
    assert _steps((wait,)) == [("wait", "r1")]
    assert wait.possible_on == date(2026, 1, 6)
    assert {step.step.value for step in acts} == {"act"}


def test_class_2_needs_what_is_missing_of_the_good_records() -> None:
    dossier = _dossier(_record("compliance"), previous=(Previous("2"),))
    ahead = outlook(dossier, load(TIANJIN), DAY)
    assert ahead.path is not None
    assert (ahead.path.on, ahead.path.grade) == (date(2027, 1, 1), "1")
    assert _steps(ahead.path.steps) == [("act", "sound_management"), ("act", "commitment_kept")]


def test_basically_trusted_needs_sound_management_and_compliance() -> None:
    ahead = outlook(_dossier(), load(NATIONAL), DAY)
    assert ahead.path is not None
    assert _steps(ahead.path.steps) == [("act", "compliance"), ("act", "sound_management")]
    assert ahead.path.grade == "trusted"


def test_only_the_expiries_that_matter_are_in_the_way_up() -> None:
    complaints = [
        _record("complaint_upheld", f"c{year}", date(year, 6, 1)) for year in range(2022, 2026)
    ]
    ahead = outlook(_dossier(*complaints), load(NATIONAL), DAY)
    assert ahead.grade == "untrusted"
    assert ahead.path is not None
    # Four complaints: the count of three is missed once two have left.
    assert (ahead.path.on, ahead.path.grade) == (date(2028, 6, 2), "basically_trusted")
    assert _steps(ahead.path.steps) == [("wait", "c2022"), ("wait", "c2023")]
    # What leaves by then without having stood in the way is no step.
    idle = _record("commitment_missing", "idle", date(2022, 1, 1))
    again = outlook(_dossier(idle, *complaints), load(NATIONAL), DAY)
    assert again.path == ahead.path
    assert ("wait", "idle") in _steps(again.steps)


def test_there_is_no_way_up_from_the_best_or_without_a_grade() -> None:
    best = outlook(_dossier(_record("award")), load(H120), DAY)
    assert (best.grade, best.path, best.soonest) == ("A", None, None)
    assert best.steps
    none = outlook(_dossier(subject_kind=SubjectKind.NATURAL_PERSON), load(H120), DAY)
    assert (none.grade, none.path, none.steps, none.turns) == (None, None, (), ())


def test_nothing_within_the_horizon_is_no_way() -> None:
    dossier = _dossier(_record("overdue_use", on=date(2025, 5, 1)))
    assert outlook(dossier, load(TIANJIN), DAY, date(2027, 12, 31)).path is None
    assert outlook(dossier, load(TIANJIN), DAY, date(2028, 1, 1)).path is not None


def test_the_outlook_as_json() -> None:
    dossier, horizon = _dossier(_record("penalty", points=12)), date(2031, 12, 31)
    document = outlook(dossier, load(H120), DAY, horizon).to_json()
    repair = {
        "step": "repair",
        "record": "r1",
        "kind": "penalty",
        "possible_on": "2026-06-30",
        "points": 12,
        "cite": "S4 四(四)",
    }
    path = {
        "on": "2026-06-30",
        "grade": "B",
        "score": 90,
        "act_by": "2026-06-30",
        "steps": [repair],
    }
    steps = document.pop("steps")
    assert document == {
        "subject": "S1",
        "ruleset": H120,
        "as_of": "2026-06-30",
        "horizon": "2031-12-31",
        "grade": "C",
        "score": 78,
        "changes": [
            {"on": "2031-01-06", "grade": "B", "score": 90, "enters": [], "leaves": ["r1"]}
        ],
        "path": path,
        "soonest": path,
    }
    assert isinstance(steps, list)
    wait = {"step": "wait", "possible_on": "2031-01-06", "cite": "S4 三(二); C-01; C-02"}
    assert steps[:2] == [{**repair, **wait}, repair]
    act = {"step": "act", "record": None, "kind": "award", "points": 5}
    assert steps[2] == {**repair, **act, "cite": "S4 四(三); S4 附件; R-076"}


def test_the_outlook_of_the_best_as_json() -> None:
    document = outlook(_dossier(_record("award")), load(H120), DAY).to_json()
    assert (document["path"], document["soonest"], document["horizon"]) == (None, None, None)


def test_conditions_of_repair_are_cited_once_each() -> None:
    ahead = outlook(_dossier(_record("crime")), load(TRIAL), DAY)
    (repair,) = (step for step in ahead.steps if step.step.value == "repair")
    parts = repair.cite.split("; ")
    assert "S3 21(一)" in parts
    assert len(parts) == len(set(parts))
    assert is_citation(repair.cite)


# Other texts


def test_compare_puts_every_text_side_by_side() -> None:
    dossier = _dossier(_record("permit_fraud"))
    found = compare(dossier, DAY)
    assert [(one.ruleset_id, one.grade) for one in found] == [
        (H120, "E"),
        (TRIAL, "D"),
        (TIANJIN, "2"),
        (NATIONAL, "untrusted"),
    ]
    assert compare(dossier, DAY, [load(TRIAL)]) == (found[1],)


def test_impact_says_who_moves_from_where_to_where() -> None:
    fraud, clean = _dossier(_record("permit_fraud", points=0)), _dossier()
    person = _dossier(subject_kind=SubjectKind.NATURAL_PERSON)
    named = [
        replace(one, subject_id=f"S{n}") for n, one in enumerate((fraud, clean, fraud, person))
    ]
    found = impact(named, load(H120), load(TRIAL), DAY)
    assert found.total == 4
    assert found.counts == ((None, None, 1), ("B", "B", 1), ("E", "D", 2))
    assert found.moves == (Move("S0", "E", "D"), Move("S2", "E", "D"))
    assert found.to_json() == {
        "old_ruleset": H120,
        "new_ruleset": TRIAL,
        "as_of": "2026-06-30",
        "total": 4,
        "moved": 2,
        "counts": [
            {"old": None, "new": None, "subjects": 1},
            {"old": "B", "new": "B", "subjects": 1},
            {"old": "E", "new": "D", "subjects": 2},
        ],
        "moves": [
            {"subject": "S0", "old": "E", "new": "D"},
            {"subject": "S2", "old": "E", "new": "D"},
        ],
    }


def test_the_counts_of_an_impact_are_in_order() -> None:
    moves = [Move("S", old, new) for old, new in ("BA", "AB", "BB", "AA", "EA", "AE")]
    found = impact_of([Move("S", None, "A"), *moves], load(H120), load(TRIAL), DAY)
    pairs = [(old, new) for old, new, _ in found.counts]
    assert pairs == [
        (None, "A"),
        *[("A", new) for new in "ABE"],
        ("B", "A"),
        ("B", "B"),
        ("E", "A"),
    ]
