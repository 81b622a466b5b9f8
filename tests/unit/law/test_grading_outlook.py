"""The outlook of a subject: coming changes, open steps, and the shortest way to a better grade."""

from __future__ import annotations

from datetime import date

from law.evidence import Previous, RecordStatus, SubjectKind
from law.grading import Step, grade, outlook
from law.reader.texts import is_citation
from law.texts_in_force.load import load
from tests.unit.law.dossiers import DAY, H120, NATIONAL, TIANJIN, TRIAL, dossier_of, entry


def _steps(steps: tuple[Step, ...]) -> list[tuple[str, str]]:
    return [(step.step.value, step.record or step.kind.value) for step in steps]


def test_the_outlook_lists_the_turns_with_their_records() -> None:
    dossier = dossier_of(entry("crime", points=0), entry("penalty", "r2", date(2022, 1, 5)))
    ahead = outlook(dossier, load(H120), DAY)
    assert (ahead.grade, ahead.score) == ("E", 80)
    (turn,) = ahead.turns
    assert (turn.on, turn.grade, turn.score) == (date(2031, 1, 6), "B", 90)
    assert (turn.enters, turn.leaves) == ((), ("r1", "r2"))
    near = outlook(dossier, load(H120), DAY, date(2031, 1, 5))
    assert near.turns == ()
    assert outlook(dossier, load(H120), DAY, date(2031, 1, 6)).turns == (turn,)


def test_a_record_that_enters_makes_a_turn() -> None:
    ahead = outlook(dossier_of(entry("crime", on=date(2026, 9, 1))), load(H120), DAY)
    assert [(turn.on, turn.grade, turn.enters) for turn in ahead.turns] == [
        (date(2026, 9, 1), "E", ("r1",)),
        (date(2031, 9, 2), "B", ()),
    ]


# The text itself, and the national measures of 2026 beside it (C-37).
REPAIR_CITE = (
    "S4 四(四); NDRC-REPAIR 申请条件(一); GBF-2025-22 二; C-37; NDRC-REPAIR 申请条件(二); "
    "NDRC-REPAIR 申请条件(三); GBF-2025-22 申请材料"
)


def test_the_steps_open_are_waiting_repair_and_acts() -> None:
    ahead = outlook(dossier_of(entry("penalty", points=12)), load(H120), DAY)
    wait, repair, *acts = ahead.steps
    assert _steps((wait, repair)) == [("wait", "r1"), ("repair", "r1")]
    assert (wait.possible_on, wait.points) == (date(2031, 1, 6), 12)
    assert (repair.possible_on, repair.points, repair.cite) == (DAY, 12, REPAIR_CITE)
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


def test_only_what_counts_against_the_subject_is_a_step() -> None:
    records = (
        entry("penalty", points=12),
        entry("penalty", "r2", status=RecordStatus.WITHDRAWN),
        entry("penalty", "r3", date(2020, 1, 5)),
        entry("award", "r4"),
    )
    ahead = outlook(dossier_of(*records), load(H120), DAY)
    assert {step.record for step in ahead.steps} == {"r1", ""}


def test_each_article_of_a_step_is_cited_once() -> None:
    for ruleset_id in (H120, TRIAL):
        ahead = outlook(dossier_of(entry("crime", points=0)), load(ruleset_id), DAY)
        for step in ahead.steps:
            articles = step.cite.split("; ")
            assert len(articles) == len(set(articles)), step.cite


def test_for_a_better_class_acts_must_come_in_the_year_before() -> None:
    good = (entry("compliance"), entry("commitment_kept", "r2"))
    path = outlook(dossier_of(*good), load(TIANJIN), DAY).path
    assert path is not None
    assert (path.on, path.act_by) == (date(2027, 1, 1), date(2026, 12, 31))
    elsewhere = outlook(dossier_of(entry("adverse_other", points=9)), load(H120), DAY).path
    assert elsewhere is not None
    assert elsewhere.act_by == elsewhere.on == DAY


def test_the_fewest_steps_take_the_ones_worth_most() -> None:
    records = [entry("adverse_other", f"r{n}", points=n) for n in (2, 9, 3)]
    ahead = outlook(dossier_of(*records), load(H120), DAY)
    assert (ahead.grade, ahead.score) == ("C", 76)
    assert ahead.path is not None
    assert _steps(ahead.path.steps) == [("repair", "r9")]
    assert (ahead.path.grade, ahead.path.score, ahead.path.on) == ("B", 85, DAY)


def test_a_way_ends_every_direct_judgment() -> None:
    records = [
        entry("crime", "r1", date(2026, 5, 1), points=5),
        entry("permit_fraud", "r2", date(2026, 5, 1), points=6),
        entry("adverse_other", "r3", points=1),
    ]
    ahead = outlook(dossier_of(*records), load(H120), DAY)
    assert ahead.path is not None
    # A year from the day E came, in May; both judgments, and nothing else.
    assert ahead.path.on == date(2027, 5, 1)
    assert _steps(ahead.path.steps) == [("repair", "r1"), ("repair", "r2")]
    assert (ahead.path.grade, ahead.path.score) == ("B", 89)


def test_a_second_crime_bars_the_repair_of_the_first_but_not_its_own() -> None:
    """Only records other than the one to be repaired count as new (S3 21(三), R-124)."""
    crimes = [entry("crime", f"c{n}", date(2026, n, 1)) for n in (5, 6)]
    ahead = outlook(dossier_of(*crimes), load(H120), DAY)
    repairs = [step for step in ahead.steps if step.step.value == "repair"]
    assert [(step.record, step.possible_on) for step in repairs] == [("c6", date(2027, 5, 1))]
    assert ahead.path is not None
    assert ahead.path.on == date(2031, 5, 2)
    assert _steps(ahead.path.steps) == [("wait", "c5"), ("repair", "c6")]


def test_repair_of_an_e_becomes_possible_after_a_year() -> None:
    ahead = outlook(dossier_of(entry("crime", points=0)), load(H120), DAY)
    repairs = [step for step in ahead.steps if step.step.value == "repair"]
    assert [step.possible_on for step in repairs] == [date(2027, 1, 5)]
    assert ahead.soonest is not None
    assert ahead.soonest.on == date(2027, 1, 5)
    assert ahead.path == ahead.soonest


def test_waiting_can_take_fewer_steps_than_acting() -> None:
    leaving = entry("adverse_other", "r1", date(2021, 8, 1), points=1)
    others = [entry("adverse_other", f"o{n}", points=2) for n in range(8)]
    ahead = outlook(dossier_of(leaving, *others), load(TRIAL), date(2024, 7, 1))
    assert ahead.grade == "B"
    ahead = outlook(dossier_of(leaving, *others), load(H120), DAY)
    assert (ahead.grade, ahead.score) == ("D", 73)
    assert ahead.path is not None
    assert len(ahead.path.steps) == 1


def test_without_repair_only_time_leads_out_of_class_3() -> None:
    dossier = dossier_of(entry("overdue_use", on=date(2025, 5, 1)))
    ahead = outlook(dossier, load(TIANJIN), DAY)
    assert ahead.grade == "3"
    assert ahead.path is not None
    assert (ahead.path.on, ahead.path.grade) == (date(2028, 1, 1), "2")
    assert _steps(ahead.path.steps) == [("wait", "r1")]
    assert not [step for step in ahead.steps if step.step.value == "repair"]


def test_a_record_of_this_year_is_in_the_way_of_the_next_class() -> None:
    # Class 2 today; the record of March makes it 3 next year, and only its leaving helps.
    dossier = dossier_of(entry("overdue_use", on=date(2026, 3, 1)), entry("award", "r2"))
    ahead = outlook(dossier, load(TIANJIN), DAY)
    assert ahead.grade == "2"
    assert _steps(ahead.steps)[:1] == [("wait", "r1")]
    assert ("wait", "r2") not in _steps(ahead.steps)
    # One that decided the class but has left since the year-end still stands in the way.
    decided = dossier_of(entry("overdue_use", on=date(2024, 1, 5)))
    assert grade(decided, load(TIANJIN), DAY).grade == "3"
    (wait, *acts) = outlook(decided, load(TIANJIN), DAY).steps
    assert _steps((wait,)) == [("wait", "r1")]
    assert wait.possible_on == date(2026, 1, 6)
    assert {step.step.value for step in acts} == {"act"}


def test_class_2_needs_the_missing_good_records() -> None:
    dossier = dossier_of(entry("compliance"), previous=(Previous("2"),))
    ahead = outlook(dossier, load(TIANJIN), DAY)
    assert ahead.path is not None
    assert (ahead.path.on, ahead.path.grade) == (date(2027, 1, 1), "1")
    assert _steps(ahead.path.steps) == [("act", "sound_management"), ("act", "commitment_kept")]


def test_basically_trusted_needs_sound_management_and_compliance() -> None:
    ahead = outlook(dossier_of(), load(NATIONAL), DAY)
    assert ahead.path is not None
    assert _steps(ahead.path.steps) == [("act", "compliance"), ("act", "sound_management")]
    assert ahead.path.grade == "trusted"


def test_a_way_has_only_the_expiries_that_matter() -> None:
    complaints = [
        entry("complaint_upheld", f"c{year}", date(year, 6, 1)) for year in range(2022, 2026)
    ]
    ahead = outlook(dossier_of(*complaints), load(NATIONAL), DAY)
    assert ahead.grade == "untrusted"
    assert ahead.path is not None
    # Four complaints: the count of three is missed once two have left.
    assert (ahead.path.on, ahead.path.grade) == (date(2028, 6, 2), "basically_trusted")
    assert _steps(ahead.path.steps) == [("wait", "c2022"), ("wait", "c2023")]
    # What leaves by then without having stood in the way is no step.
    idle = entry("commitment_missing", "idle", date(2022, 1, 1))
    again = outlook(dossier_of(idle, *complaints), load(NATIONAL), DAY)
    assert again.path == ahead.path
    assert ("wait", "idle") in _steps(again.steps)


def test_there_is_no_way_up_from_the_best_or_without_a_grade() -> None:
    best = outlook(dossier_of(entry("award")), load(H120), DAY)
    assert (best.grade, best.path, best.soonest) == ("A", None, None)
    assert best.steps
    none = outlook(dossier_of(subject_kind=SubjectKind.NATURAL_PERSON), load(H120), DAY)
    assert (none.grade, none.path, none.steps, none.turns) == (None, None, (), ())


def test_without_a_change_within_the_horizon_there_is_no_way() -> None:
    dossier = dossier_of(entry("overdue_use", on=date(2025, 5, 1)))
    assert outlook(dossier, load(TIANJIN), DAY, date(2027, 12, 31)).path is None
    assert outlook(dossier, load(TIANJIN), DAY, date(2028, 1, 1)).path is not None


def test_the_outlook_as_json() -> None:
    dossier, horizon = dossier_of(entry("penalty", points=12)), date(2031, 12, 31)
    document = outlook(dossier, load(H120), DAY, horizon).to_json()
    repair = {
        "step": "repair",
        "record": "r1",
        "kind": "penalty",
        "possible_on": "2026-06-30",
        "points": 12,
        "cite": REPAIR_CITE,
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
    document = outlook(dossier_of(entry("award")), load(H120), DAY).to_json()
    assert (document["path"], document["soonest"], document["horizon"]) == (None, None, None)


def test_conditions_of_repair_are_cited_once_each() -> None:
    ahead = outlook(dossier_of(entry("crime")), load(TRIAL), DAY)
    (repair,) = (step for step in ahead.steps if step.step.value == "repair")
    parts = repair.cite.split("; ")
    assert "S3 21(一)" in parts
    assert len(parts) == len(set(parts))
    assert is_citation(repair.cite)
