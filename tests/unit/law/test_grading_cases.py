"""Runs the grading cases of `cases/*.yaml`, recomputes each and checks its citation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import pytest

from law.evidence import Dossier, RecordKind, SubjectKind
from law.grading import grade, outlook, verify
from law.grading.receipt import Receipt
from law.reader.texts import is_citation
from law.texts_in_force.load import GRADING, governing, load
from law.texts_in_force.model import NotGraded
from tests.unit.law.case_files import documents

Given = Mapping[str, Any]
DAY = date(2026, 6, 30)
GOOD = ("compliance", "sound_management", "commitment_kept")
SOUND = ("compliance", "sound_management")


def _cases(rule: str) -> Iterator[Any]:
    for name, document in documents().items():
        if document.get("rule") == rule:
            for case in document["cases"]:
                ruleset = document.get("ruleset")
                yield pytest.param(ruleset, case, id=f"{name}: {case['name']}")


def _record(number: int, given: Given) -> dict[str, Any]:
    given = dict(given)
    day = given.pop("day", date(2026, 1, 5))
    dates = {name: str(given.pop(name, day)) for name in ("determined_on", "entered_on")}
    if "status_on" in given:
        dates["status_on"] = str(given.pop("status_on"))
    return {"id": f"r{number}", **dates, **given}


def _dossier(given: Given) -> Dossier:
    records = [_record(n, one) for n, one in enumerate(given["records"], 1)]
    for word, kinds in (("good", GOOD), ("sound", SOUND)):
        if word in given:
            records += [_record(0, {"id": k, "kind": k, "day": given[word]}) for k in kinds]
    document = {
        "subject": {
            "id": "case",
            "kind": given.get("kind", "organisation"),
            "bureau": "330106",
            "sector": given.get("sector", "optical"),
        },
        "records": records,
    }
    if "previous" in given:
        document["previous"] = given["previous"]
    return Dossier.from_json(document)


def _found(receipt: Receipt) -> dict[str, Any]:
    return {
        "grade": receipt.grade,
        "score": receipt.score,
        "prospective": receipt.prospective,
        "no_record": receipt.no_record,
        "in_force": receipt.in_force,
        "example_values": receipt.example_values,
        "direct": [one.rule for one in receipt.overrides if one.record],
        "overrides": [one.rule for one in receipt.overrides],
        "points": {one.record: one.points for one in receipt.lines if one.points is not None},
        "cites": {one.record: one.cite for one in receipt.lines},
        "because": [one.cite for one in receipt.overrides],
        "unused": {one.record: one.reason.value for one in receipt.lines if not one.counted},
        "window": receipt.window and [receipt.window.first, receipt.window.last],
        "contested": list(receipt.contested_records),
        "measures": list(receipt.measures),
        "not_graded": receipt.not_graded and receipt.not_graded.reason,
        "article": receipt.not_graded and receipt.not_graded.cite,
        "told": receipt.not_graded and [receipt.not_graded.reason_zh, receipt.not_graded.reason_en],
    }


@pytest.mark.parametrize(("ruleset_id", "case"), list(_cases("grade")))
def test_grade(ruleset_id: str, case: Given) -> None:
    given, expected = case["given"], dict(case["expect"])
    receipt = grade(_dossier(given), load(ruleset_id), given.get("as_of", DAY))
    touched = {reading.id for reading in receipt.ambiguities}
    assert set(expected.pop("touched", ())) <= touched
    assert not set(expected.pop("untouched", ())) & touched
    assert set(expected.pop("touches", touched)) == touched
    found = _found(receipt)
    assert {key: found[key] for key in expected} == expected
    assert verify(receipt) == []


@pytest.mark.parametrize(("_", "case"), list(_cases("governing")))
def test_governing(_: None, case: Given) -> None:
    given, expected = case["given"], case["expect"]
    kind = SubjectKind(given.get("kind", "organisation"))
    found = governing(given["bureau"], given["sector"], given.get("day", DAY), kind)
    if isinstance(found, NotGraded):
        assert expected == {"not_graded": found.reason}
        assert is_citation(found.cite)
        assert found.reason_zh
        assert found.reason_en
    else:
        assert expected == {"ruleset": found.id}


@pytest.mark.parametrize(("_", "case"), list(_cases("outlook")))
def test_outlook(_: None, case: Given) -> None:
    given, expected = case["given"], case["expect"]
    ahead = outlook(_dossier(given), load(given["ruleset"]), given.get("as_of", DAY))
    found = {
        "grade": ahead.grade,
        "turns": [[turn.on, turn.grade] for turn in ahead.turns],
        "path": ahead.path
        and {
            "day": ahead.path.on,
            "grade": ahead.path.grade,
            "steps": [f"{step.step} {step.record or step.kind}" for step in ahead.path.steps],
        },
    }
    assert {key: found[key] for key in expected} == expected


@pytest.mark.parametrize(
    ("_", "case"), [*_cases("grade"), *_cases("governing"), *_cases("outlook")]
)
def test_every_case_cites_its_article(_: object, case: Given) -> None:
    assert is_citation(case["cite"])
    assert all(is_citation(number) for number in case.get("requirements", ()))


@pytest.mark.parametrize("ruleset_id", GRADING)
def test_every_band_edge_and_every_direct_judgment_has_a_case(ruleset_id: str) -> None:
    edition = load(ruleset_id).at(DAY)
    cases = [param.values[1] for param in _cases("grade") if param.values[0] == ruleset_id]
    scores = {case["expect"].get("score") for case in cases}
    edges = {edge for band in edition.bands for edge in (band.at_least, band.at_most)}
    assert edges - {None} <= scores
    direct = {rule for case in cases for rule in case["expect"].get("direct", ())}
    assert direct == {rule.id for rules in edition.direct.values() for rule in rules}
    met = {rule for case in cases for rule in case["expect"].get("overrides", ())}
    assert {trigger.id for trigger in edition.triggers} <= met


@pytest.mark.parametrize("ruleset_id", GRADING)
@pytest.mark.parametrize("kind", RecordKind)
def test_every_kind_alone_never_helps_when_adverse_nor_hurts_when_positive(
    ruleset_id: str, kind: RecordKind
) -> None:
    ruleset = load(ruleset_id)
    # Determined in the year before, so that the classes of Tianjin see it too.
    record = {"kind": kind.value, "day": date(2025, 5, 1), "final": True, "severity": "serious"}
    without = grade(_dossier({"records": []}), ruleset, DAY)
    alone = grade(_dossier({"records": [record]}), ruleset, DAY)
    before, after = ruleset.rank(without.grade or ""), ruleset.rank(alone.grade or "")
    assert after <= before if kind.positive else after >= before
    assert is_citation(alone.lines[0].cite)
