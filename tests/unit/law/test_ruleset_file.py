"""A ruleset file is read as written, or refused with every fault and its path."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from law.errors import InvalidInput, NotFound, NotInForce
from law.evidence import RecordKind, RecordStatus
from law.grading.receipt_parts import Reason
from law.reader.data_file import canonical_hash, load_yaml
from law.reader.packaged import source
from law.reader.texts import TEXTS, TextStatus, is_citation
from law.texts_in_force.load import GRADING, list_rulesets, load
from law.texts_in_force.model import Effect, Method, Origin
from law.texts_in_force.read import parse
from tests.unit.law.broken_files import Document, fresh

TIANJIN, NATIONAL = "tianjin-pilot", "national-2017-566"


def _document(ruleset_id: str = "hangzhou-trial") -> Document:
    return fresh(ruleset_id)


def _parse(document: object) -> Any:
    return parse(document, "test")


def _faults(document: Document) -> dict[str, str]:
    with pytest.raises(InvalidInput) as refused:
        _parse(document)
    assert all(fault.message_zh and fault.message_en for fault in refused.value.faults)
    return {fault.field: fault.message_en for fault in refused.value.faults}


def _set(*path: Any, to: Any) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        for key in path[:-1]:
            document = document[key]
        document[path[-1]] = to

    return change


def _drop(*path: Any) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        for key in path[:-1]:
            document = document[key]
        del document[path[-1]]

    return change


@pytest.mark.parametrize(
    ("change", "field", "message"),
    [
        (_drop("window", "cite"), "window.cite", "missing"),
        (_set("window", "cite", to="S9 1"), "window.cite", "cites no known text"),
        (_set("window", "cite", to="S3"), "window.cite", "cites no known text"),
        (_drop("window", "valid_from"), "window.valid_from", "null where open"),
        (_drop("window", "valid_to"), "window.valid_to", "null where open"),
        (_set("window", "years", to=0), "window.years", "at least 1"),
        (_set("window", "years", to=2.5), "window.years", "whole number"),
        (_set("window", "origin", to="occurred_on"), "window.origin", "must be one of"),
        (_drop("base"), "base", "is missing"),
        (_set("base", "points", to="90"), "base.points", "whole number"),
        (_set("base", "surprise", to=1), "base.surprise", "unknown field"),
        (_drop("kinds", "penalty"), "kinds.penalty", "is not said"),
        (_set("kinds", "bribery", to={}), "kinds.bribery", "unknown kind"),
        (_set("kinds", "penalty", "points", to=2.5), "kinds.penalty.points", "whole number"),
        (_set("kinds", "penalty", "points", to=True), "kinds.penalty.points", "whole number"),
        (_set("kinds", "penalty", "points", to=-1), "kinds.penalty.points", "at least 0"),
        (_set("kinds", "penalty", "points", to=None), "kinds.penalty.points", "adds and deducts"),
        (_set("kinds", "penalty", "effect", to="adds"), "kinds.penalty.effect", "speak for"),
        (_set("kinds", "award", "effect", to="deducts"), "kinds.award.effect", "speak against"),
        (_set("kinds", "award", "effect", to="good"), "kinds.award.effect", "not of method"),
        (_set("kinds", "award", "effect", to="x"), "kinds.award.effect", "must be one of"),
        (_set("kinds", "penalty", "requires", to=["luck"]), "kinds.penalty.requires", "luck"),
        (_set("kinds", "penalty", "requires", to="final"), "kinds.penalty.requires", "list"),
        (_set("kinds", "award", "requires", to=["verified"]), "required.verified", "is missing"),
        (_set("bands", 1, "at_least", to=84), "bands", "overlap at 84"),
        (_set("bands", 1, "at_least", to=86), "bands", "gap at 85"),
        (_set("bands", 2, "at_least", to=None), "bands", "open in the middle"),
        (_set("bands", 0, "at_most", to=100), "bands", "open at both ends"),
        (_set("bands", 4, "at_least", to=0), "bands", "open at both ends"),
        (_drop("bands", 2), "bands", "every grade once"),
        (_set("bands", 0, "grade", to="S"), "bands[0].grade", "unknown grade"),
        (_set("bands", 0, "cite", to=""), "bands[0].cite", "non-empty"),
        (_set("direct", 0, "grade", to="F"), "direct[0].grade", "unknown grade"),
        (_set("direct", 0, "kind", to="award"), "direct", "award does not deduct"),
        (_set("direct", 0, "severity", to="awful"), "direct[0].severity", "must be one of"),
        (_set("direct", 0, "final", to="yes"), "direct[0].final", "true or false"),
        (_set("direct", to={}), "direct", "must be a list"),
        (_set("text", to="S9"), "text", "unknown legal text"),
        (_set("method", to="dice"), "method", "must be one of"),
        (_drop("grades"), "grades", "is missing"),
        (_drop("ended", "repaired"), "ended.repaired", "is missing"),
        (_set("ended", "repaired", to="somewhere"), "ended.repaired", "cites no known text"),
        (_set("ended", "active", to="S3 1; x"), "ended.active", "cites no known text"),
        (_set("ended", "lost", to="S3 1"), "ended.lost", "unknown field"),
        (_drop("subjects", "cite"), "subjects.cite", "is missing"),
        (_set("subjects", "kinds", to=["ghost"]), "subjects.kinds", "unknown value ghost"),
        (_set("sectors", "only", to=["moon"]), "sectors.only", "unknown value moon"),
        (_set("surprise", to=1), "surprise", "unknown field"),
        (_drop("ambiguities", 0, "reading_zh"), "ambiguities[0].reading_zh", "is missing"),
        (_drop("ambiguities", 0, "alternative_en"), "ambiguities[0].alternative_en", "is missing"),
        (_drop("ambiguities", 0, "changes_zh"), "ambiguities[0].changes_zh", "is missing"),
        (_set("ambiguities", 0, "id", to="47"), "ambiguities[0].id", "must be a number C-nn"),
        (_set("validity", "until", to=None), "validity.until", "unknown field"),
        (_set("validity", to=[]), "validity", "must be an object"),
    ],
)  # fmt: skip
def test_each_fault_is_found_where_it_is(
    change: Callable[[Document], None], field: str, message: str
) -> None:
    document = _document()
    change(document)
    assert message in _faults(document)[field]


@pytest.mark.parametrize(
    ("ruleset_id", "change", "field", "message"),
    [
        (TIANJIN, _drop("movements", 0), "movements", "first/adverse"),
        (TIANJIN, _drop("movements", 11), "movements", "3/clean"),
        (TIANJIN, _set("movements", 0, "finding", to="luck"), "movements", "luck"),
        (TIANJIN, _drop("good"), "good", "is missing"),
        (TIANJIN, _set("good", 0, "kind", to="award"), "good", "award is not a good"),
        (TIANJIN, _set("kinds", "award", "effect", to="adds"), "kinds.award.effect", "not of"),
        (NATIONAL, _drop("triggers"), "triggers", "is missing"),
        (NATIONAL, _set("triggers", 0, "kinds", to=["award"]), "triggers", "not adverse"),
        (NATIONAL, _set("triggers", 0, "at_least", to=0), "triggers[0].at_least", "1"),
        (NATIONAL, _set("triggers", 4, "within_years", to=0), "triggers[4].within_years", "1"),
        (NATIONAL, _set("good", to=[]), "good", "is missing"),
    ],
)  # fmt: skip
def test_each_fault_of_the_other_methods(
    ruleset_id: str, change: Callable[[Document], None], field: str, message: str
) -> None:
    document = _document(ruleset_id)
    change(document)
    assert message in _faults(document)[field]


def test_all_faults_are_listed_at_once() -> None:
    document = _document()
    for change in (
        _drop("window", "cite"),
        _set("bands", 1, "at_least", to=84),
        _drop("kinds", "crime"),
    ):
        change(document)
    assert set(_faults(document)) == {"window.cite", "bands", "kinds.crime"}


def test_a_figure_that_ends_before_the_text_is_not_revived() -> None:
    document = _document()
    document["kinds"]["penalty"]["valid_to"] = date(2027, 12, 31)
    assert _faults(document) == {"kinds.penalty": "is not said from 2028-01-01"}
    document = _document()
    document["window"]["valid_to"] = date(2027, 12, 31)
    assert "from 2028-01-01" in _faults(document)["window"]


def test_a_figure_must_not_end_before_it_begins() -> None:
    document = _document()
    document["window"] |= {"valid_from": date(2027, 1, 2), "valid_to": date(2027, 1, 1)}
    assert _faults(document)["window.valid_to"] == "is before valid_from"


def test_two_figures_must_not_hold_at_once() -> None:
    document = _document()
    document["window"] = [document["window"], {**document["window"], "years": 4}]
    assert "several figures" in _faults(document)["window"]
    document = _document()
    document["kinds"]["award"] = [document["kinds"]["award"], document["kinds"]["award"]]
    assert "several figures" in _faults(document)["kinds"]
    document = _document()
    document["base"] = [document["base"], document["base"]]
    assert "several figures" in _faults(document)["base"]


def test_figures_that_follow_one_another_make_editions() -> None:
    document = _document()
    old, new = {"valid_from": None, "valid_to": date(2027, 12, 31)}, {
        "valid_from": date(2028, 1, 1), "valid_to": None,
    }  # fmt: skip
    penalty = document["kinds"]["penalty"]
    document["kinds"]["penalty"] = [{**penalty, **old}, {**penalty, **new, "points": 12}]
    ruleset = _parse(document)
    assert [(one.valid_from, one.valid_to) for one in ruleset.editions] == [
        (None, date(2027, 12, 31)),
        (date(2028, 1, 1), None),
    ]
    points = [ruleset.at(day).kinds[RecordKind.PENALTY].points for day in (
        date(2020, 1, 1), date(2027, 12, 31), date(2028, 1, 1), date(2040, 1, 1),
    )]  # fmt: skip
    assert points == [10, 10, 12, 12]


def test_a_day_before_the_text_is_judged_by_the_first_edition() -> None:
    ruleset = load("hangzhou-2021-120")
    assert ruleset.at(date(2021, 9, 30)) is ruleset.editions[0]
    with pytest.raises(NotInForce) as refused:
        ruleset.at(date(2021, 9, 29))
    assert (refused.value.cite, refused.value.reason) == ("S4 四(三)", "NOT_IN_FORCE")
    assert ruleset.looking_back(date(2000, 1, 1)) is ruleset.editions[0]
    document = _document("hangzhou-2021-120")
    window = document["window"]
    document["window"] = [
        {**window, "valid_to": date(2024, 12, 31)},
        {**window, "valid_from": date(2025, 1, 1), "years": 4},
    ]
    changed = _parse(document)
    years = [changed.at(date(year, 6, 1)).window.years for year in (2022, 2024, 2025)]
    assert years == [5, 5, 4]


def test_an_ended_text_is_out_of_force_from_the_next_day() -> None:
    document = _document("hangzhou-2021-120")
    document["validity"]["valid_to"] = date(2026, 12, 31)
    ruleset = _parse(document)
    assert ruleset.at(date(2026, 12, 31)) is ruleset.editions[-1]
    for look in (ruleset.at, ruleset.looking_back):
        with pytest.raises(NotInForce):
            look(date(2027, 1, 1))
    assert ruleset.in_force(date(2026, 12, 31))
    assert not ruleset.in_force(date(2027, 1, 1))
    assert not ruleset.in_force(date(2021, 9, 29))


def test_a_document_that_is_no_mapping_is_refused() -> None:
    with pytest.raises(InvalidInput) as refused:
        _parse(["a list"])
    assert refused.value.faults[0].message_en == "must be an object"
    assert "test" in refused.value.zh


def test_the_hash_is_of_the_content_not_of_the_layout() -> None:
    again = _parse(load_yaml("# a remark\n" + source("hangzhou-trial"), "test"))
    assert again.hash == load("hangzhou-trial").hash
    text = '{"a":"2026-01-01","b":"文"}'
    expected = f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
    assert canonical_hash({"b": "文", "a": date(2026, 1, 1)}) == expected
    document = _document()
    document["kinds"]["award"]["points"] = 6
    assert _parse(document).hash != again.hash


def test_the_packaged_rulesets() -> None:
    found = {ruleset.id: ruleset for ruleset in list_rulesets()}
    assert tuple(found) == GRADING
    assert [one.status for one in found.values()] == [
        TextStatus.ISSUED, TextStatus.DRAFT, TextStatus.DRAFT, TextStatus.ISSUED,
    ]  # fmt: skip
    assert [one.example_valued for one in found.values()] == [True, True, False, False]
    windows = [one.at(date(2026, 1, 1)).window for one in found.values()]
    assert [(one.years, one.origin) for one in windows] == [
        (5, Origin.DETERMINED_ON),
        (3, Origin.ENTERED_ON),
        (2, Origin.DETERMINED_ON),
        (5, Origin.DETERMINED_ON),
    ]
    assert found["hangzhou-2021-120"] is load("hangzhou-2021-120")


def test_there_is_no_other_ruleset() -> None:
    for unknown in ("taizhou-scenic", "../jurisdictions", ""):
        with pytest.raises(NotFound):
            load(unknown)


@pytest.mark.parametrize("ruleset_id", GRADING)
def test_every_figure_of_the_annex_is_marked_as_an_example(ruleset_id: str) -> None:
    ruleset = load(ruleset_id)
    for rule in ruleset.at(date(2026, 1, 1)).kinds.values():
        assert rule.example == ("R-076" in rule.cite) == (ruleset.method is Method.POINTS)
        assert (rule.points is not None) == (rule.effect in (Effect.ADDS, Effect.DEDUCTS))


def test_one_example_value_marks_the_whole_text() -> None:
    document = _document()
    for kind in document["kinds"].values():
        kind.pop("example", None)
    assert not _parse(document).example_valued
    document["base"]["example"] = True
    ruleset = _parse(document)
    assert ruleset.example_valued
    assert ruleset.editions[0].base.example is True
    assert {rule.example for rule in ruleset.editions[0].kinds.values()} == {False}


@pytest.mark.parametrize("ruleset_id", GRADING)
def test_an_ambiguity_is_touched_by_facts_that_can_occur(ruleset_id: str) -> None:
    ruleset = load(ruleset_id)
    possible = {"counted", "no_record", "positive", "adverse", "direct", "above_100", "below_0"}
    possible |= {"not_graded", "score:64"}
    possible |= {f"kind:{kind}" for kind in RecordKind}
    possible |= {f"unused:{reason}" for reason in Reason}
    possible |= {f"grade:{known.id}" for known in ruleset.grades}
    for ambiguity in ruleset.ambiguities:
        assert ambiguity.touched_by
        assert ambiguity.touched_by <= possible
        assert is_citation(ambiguity.reading.id)
    ids = [ambiguity.reading.id for ambiguity in ruleset.ambiguities]
    assert ids == sorted(set(ids))


@pytest.mark.parametrize("ruleset_id", GRADING)
def test_each_text_cites_itself_for_its_own_rules(ruleset_id: str) -> None:
    ruleset = load(ruleset_id)
    edition = ruleset.at(date(2026, 1, 1))
    cites = [edition.window.cite, *(rule.cite for rule in edition.kinds.values())]
    cites += [known.cite for known in ruleset.grades]
    cites += [ruleset.ended[status] for status in RecordStatus if status is not RecordStatus.ACTIVE]
    assert all(cite.startswith(f"{ruleset.text} ") for cite in cites)
    assert ruleset.status is TEXTS[ruleset.text].status


def test_grades_are_ranked_best_first() -> None:
    ruleset = load("hangzhou-2021-120")
    assert [ruleset.rank(one) for one in "ABCDE"] == [0, 1, 2, 3, 4]
    assert ruleset.worse("B", "D") == ruleset.worse("D", "B") == "D"
    with pytest.raises(ValueError, match="F is not a grade"):
        ruleset.rank("F")


@pytest.mark.parametrize(
    "change",
    [
        _set("bands", 1, "at_least", to=84),
        _set("bands", 1, "at_least", to=86),
        _set("bands", 2, "at_least", to=None),
        _set("bands", 0, "at_most", to=100),
    ],
)
def test_bands_that_do_not_meet_are_refused_by_the_rule_of_whole_numbers(
    change: Callable[[Document], None],
) -> None:
    document = _document()
    change(document)
    with pytest.raises(InvalidInput) as refused:
        _parse(document)
    assert {(one.field, one.cite) for one in refused.value.faults} == {("bands", "C-10")}
