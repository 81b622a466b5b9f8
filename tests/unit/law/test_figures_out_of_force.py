"""To ask for a figure outside its days is an error with its article, for every data file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from law import escalation
from law.colours import data as colour_data
from law.colours.rule import Colour, InstrumentState, VerificationResult, changes, colour
from law.colours.rule import latest_valid_until as latest
from law.courses import RED_ALERT, ladder
from law.disclosure import data as disclosure_data
from law.disclosure.retention import retention
from law.disclosure.rule import Audience, Field, record_visible, visible, visible_fields
from law.errors import NotInForce
from law.escalation import Step, archive_cite, exposure_rules, review_on
from law.evidence import Dossier, Record, RecordKind, Sector, Severity, SubjectKind
from law.grading import explain, grade, next_change_on, outlook
from law.indices import data as index_tables
from law.indices.rule import assess
from law.measures import attention
from law.measures import data as measure_data
from law.measures.rule import alert_measures, measures, sampling, uses
from law.reader.data_file import understand
from law.reader.packaged import read
from law.repair import data as repair_data
from law.repair.rule import Application, check
from law.terms import calendar as editions
from law.terms.workdays import edition
from law.texts_in_force.load import GRADING, load
from law.texts_in_force.model import Ruleset
from law.texts_in_force.read import parse
from tests.unit.law.broken_files import fresh

LAST, GONE = date(2026, 3, 31), date(2026, 4, 1)
H120 = "hangzhou-2021-120"
RECORD = Record("r1", RecordKind.PENALTY, date(2025, 1, 6), date(2025, 1, 7))
FINDINGS: dict[str, object] = {}


def _ended(name: str) -> dict[str, Any]:
    """A packaged file in which every figure ended on 31 March 2026."""
    document = fresh(name)
    for node in _mappings(document):
        if "valid_to" in node and (node["valid_from"] or LAST) <= LAST:
            node["valid_to"] = LAST
    return document


def _mappings(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    for below in (
        node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    ):
        yield from _mappings(below)


@pytest.fixture(autouse=True)
def ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """All figures except those of the rulesets have ended."""
    reads: list[tuple[str, str, Callable[..., Any]]] = [
        ("measures", "law.measures.rule.measure_table", measure_data.read_measures),
        ("sampling", "law.measures.rule.sampling_table", measure_data.read_sampling),
        ("repair", "law.repair.rule.repair_rules", repair_data.read_repair),
        ("colours", "law.colours.rule.colour_rules", colour_data.read_colours),
        ("disclosure", "law.disclosure.rule.disclosure_rules", disclosure_data.read_disclosure),
        (
            "disclosure",
            "law.disclosure.retention.disclosure_rules",
            disclosure_data.read_disclosure,
        ),
        ("escalation", "law.escalation._rules", escalation.read_escalation),
        ("attention", "law.measures.attention._grounds", attention.read_attention),
    ]
    for name, target, reader in reads:
        found = understand(_ended(name), name, reader)
        monkeypatch.setattr(target, lambda found=found: found)
    table = index_tables.parse(_ended("taizhou-block"), "sha256:0", "taizhou-block")
    monkeypatch.setattr("law.indices.rule.table", lambda _: table)


def _colour(on: date) -> object:
    return colour(
        valid_until=date(2026, 4, 15),
        state=InstrumentState.IN_USE,
        last_result=VerificationResult.PASS,
        on=on,
    )


def _repair(ruleset_id: str, grade: str) -> Callable[[date], object]:
    return lambda on: check(ruleset_id, Application(grade, on, date(2025, 1, 1), (RECORD,)))


FIGURES: dict[str, tuple[Callable[[date], object], str]] = {
    "measures": (lambda on: measures(H120, "A", on), "S4 四(五)A1"),
    "measures inherited": (lambda on: measures("hangzhou-trial", "E", on), "S3 24(一)"),
    "uses": (lambda on: uses("hangzhou-trial", on), "S3 22"),
    "measures after an alert": (lambda on: alert_measures(Colour.RED, on), "S4 四(二)"),
    "sampling": (lambda on: sampling("tianjin-pilot", "3", on), "S0 三(三)1"),
    "repair at E": (_repair(H120, "E"), "S4 四(四)"),
    "repair at another grade": (_repair("hangzhou-trial", "C"), "S3 20"),
    "no repair": (_repair("tianjin-pilot", "3"), "S0 附件三1"),
    "colour": (_colour, "S4 四(一)"),
    "colour of a set": (lambda on: latest(Colour.GREEN, on), "S4 四(一)"),
    "retention": (lambda on: retention("hangzhou-trial", RECORD, on), "S3 18"),
    "fields": (lambda on: visible_fields(SubjectKind.ORGANISATION, Audience.PUBLIC, on), "S3 17"),
    "field": (
        lambda on: visible(Field.NAME, SubjectKind.ORGANISATION, Audience.SUBJECT, on),
        "S1 19",
    ),
    "ladder": (lambda on: ladder(RED_ALERT, SubjectKind.ORGANISATION, on), "S4 四(二)"),
    "exposure": (exposure_rules, "S1 18"),
    "review": (lambda on: review_on(None, on, edition()), "S4 四(二)"),
}


WORDS = {
    "measures": (f"{H120} A的措施", f"measures of {H120} A"),
    "sampling": ("tianjin-pilot 3的抽查比例", "the share of 3"),
    "retention": ("披露期", "the disclosure period of hangzhou-trial"),
    "field": ("披露规则", "the rule of disclosure"),
}


@pytest.mark.parametrize("name", WORDS)
def test_a_figure_that_is_not_in_force_is_named(name: str) -> None:
    with pytest.raises(NotInForce) as refused:
        FIGURES[name][0](GONE)
    zh, en = WORDS[name]
    assert refused.value.zh == f"{GONE}时“{zh}”无效力"
    assert refused.value.en == f"{en} is not in force on {GONE}"


@pytest.mark.parametrize("name", FIGURES)
def test_on_its_last_day_a_figure_holds_and_on_the_next_it_is_refused(name: str) -> None:
    ask, cite = FIGURES[name]
    assert ask(LAST)
    with pytest.raises(NotInForce) as refused:
        ask(GONE)
    assert str(refused.value.cite).startswith(cite)
    assert str(GONE) in refused.value.zh
    assert str(GONE) in refused.value.en
    assert [fault.field for fault in refused.value.faults] == ["on"]


def test_without_a_day_an_index_of_a_table_that_ended_is_refused() -> None:
    with pytest.raises(NotInForce):
        assess("taizhou-block", FINDINGS)


def test_a_table_without_an_entry_has_not_ended() -> None:
    assert measures(H120, "D", GONE) == ()
    assert alert_measures(Colour.GREEN, GONE) == ()
    assert sampling(H120, "B", GONE) is None


def test_an_index_of_a_day_is_by_the_table_of_that_day() -> None:
    with pytest.raises(NotInForce) as refused:
        assess("taizhou-block", FINDINGS, GONE)
    assert refused.value.cite == "S2 附件4"
    zh, en = index_tables.table("taizhou-block").name_zh, "taizhou-block"
    assert refused.value.zh == f"{GONE}时“{zh}”无效力"
    assert refused.value.en == f"{en} is not in force on {GONE}"


def test_a_ground_for_inspection_ends_with_its_last_day() -> None:
    tampering = replace(RECORD, kind=RecordKind.TAMPERING, determined_on=date(2026, 3, 2))
    assert [one.ground.id for one in attention.attention([tampering], LAST)] == [
        "suspected_cheating"
    ]
    assert attention.attention([tampering], GONE) == ()


def test_measures_are_those_of_the_day_of_the_receipt() -> None:
    dossier = _dossier(replace(RECORD, kind=RecordKind.CRIME, verified=True, final=True))
    told = explain(grade(dossier, load(H120), LAST), "zh")
    assert [one for one in told if one.startswith("措施")]
    later = grade(dossier, load(H120), GONE)
    assert (later.grade, later.measures) == ("E", ())
    assert not [one for one in explain(later, "zh") if one.startswith("措施")]


def _seen(kind: str, on: date) -> bool:
    record = replace(RECORD, kind=RecordKind(kind), verified=True)
    organisation, public = SubjectKind.ORGANISATION, Audience.PUBLIC
    return record_visible("hangzhou-trial", record, organisation, public, on).allowed


def test_a_record_is_seen_by_the_rules_of_the_day_for_its_kind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert (_seen("award", LAST), _seen("penalty", LAST)) == (True, True)
    with pytest.raises(NotInForce):
        _seen("award", GONE)
    document = _ended("disclosure")
    document["fields"]["organisation"]["public"]["fields"].remove("positive_record")
    found = understand(document, "disclosure", disclosure_data.read_disclosure)
    monkeypatch.setattr("law.disclosure.rule.disclosure_rules", lambda: found)
    assert (_seen("award", LAST), _seen("penalty", LAST)) == (False, True)


def test_an_interview_is_noted_only_while_the_article_holds() -> None:
    assert archive_cite("hangzhou-trial", "D", LAST) == "S3 24(三); S3 25"
    assert archive_cite("hangzhou-trial", "D", GONE) == ""


def test_changes_to_come_never_follow_an_ended_figure() -> None:
    facts = {"state": InstrumentState.IN_USE, "last_result": VerificationResult.PASS}
    assert changes(valid_until=LAST, **facts)  # type: ignore[arg-type]
    assert changes(valid_until=date(2020, 1, 1), **facts)  # type: ignore[arg-type]
    with pytest.raises(NotInForce):
        changes(valid_until=GONE, **facts)  # type: ignore[arg-type]


def test_a_ceiling_that_ended_binds_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    document = fresh("disclosure")
    old = next(one for one in document["severity_caps"] if one["severity"] == "minor")
    document["severity_caps"].append({**old, "months": 3, "valid_from": date(2026, 7, 1)})
    old |= {"months": 1, "valid_from": GONE, "valid_to": date(2026, 6, 30)}
    found = understand(document, "disclosure", disclosure_data.read_disclosure)
    monkeypatch.setattr("law.disclosure.retention.disclosure_rules", lambda: found)
    day = date(2026, 7, 1)
    record = Record("r1", RecordKind.PENALTY, day, day, severity=Severity.MINOR)
    assert retention("hangzhou-trial", record, day).disclosed_until == date(2026, 10, 1)
    # The shorter one ends before the record is a month old.
    on_its_last_day = retention("hangzhou-trial", record, date(2026, 6, 30))
    assert on_its_last_day.disclosed_until == date(2026, 10, 1)


def test_a_ceiling_runs_from_the_day_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    document = fresh("disclosure")
    old = next(one for one in document["severity_caps"] if one["severity"] == "minor")
    old |= {"origin": "entered_on", "valid_from": None}
    found = understand(document, "disclosure", disclosure_data.read_disclosure)
    monkeypatch.setattr("law.disclosure.retention.disclosure_rules", lambda: found)
    determined, entered = date(2026, 7, 1), date(2026, 7, 9)
    record = Record("r1", RecordKind.PENALTY, determined, entered, severity=Severity.MINOR)
    assert retention(H120, record, entered).disclosed_until == date(2026, 10, 9)


def _text(ruleset_id: str, **validity: date | None) -> Ruleset:
    """A packaged text with other days of validity."""
    document = fresh(ruleset_id)
    days = {**document["validity"], **validity}
    for node in _mappings(document):
        node.update(days if "valid_to" in node else {})
    return parse(document, ruleset_id)


def _dossier(*records: Record) -> Dossier:
    return Dossier("S1", Sector.OPTICAL, SubjectKind.ORGANISATION, records)


@pytest.mark.parametrize("ruleset_id", GRADING)
def test_figures_of_a_text_that_ended_are_refused_with_its_name(ruleset_id: str) -> None:
    text = _text(ruleset_id, valid_to=LAST)
    with pytest.raises(NotInForce) as refused:
        text.at(GONE)
    assert refused.value.zh == f"{GONE}时“{text.title_zh}”无效力"
    assert refused.value.en == f"{text.id} is not in force on {GONE}"
    assert refused.value.cite == text.cite


@pytest.mark.parametrize("ruleset_id", GRADING)
def test_a_text_that_ended_grades_nobody_from_the_next_day(ruleset_id: str) -> None:
    text, dossier = _text(ruleset_id, valid_to=LAST), _dossier(RECORD)
    assert grade(dossier, text, LAST).grade == grade(dossier, load(ruleset_id), LAST).grade
    receipt = grade(dossier, text, GONE)
    assert (receipt.grade, receipt.score, receipt.window) == (None, None, None)
    assert receipt.not_graded is not None
    assert receipt.not_graded.reason == "not_in_force"
    assert receipt.not_graded.cite == f"{text.grades[0].cite}; D-08"


@pytest.mark.parametrize("ruleset_id", GRADING)
def test_the_end_of_a_text_is_foretold_and_no_way_leads_beyond_it(ruleset_id: str) -> None:
    text, day = _text(ruleset_id, valid_to=LAST), date(2026, 1, 5)
    crime = Record("r1", RecordKind.CRIME, date(2025, 1, 6), date(2025, 1, 6))
    ahead = outlook(_dossier(crime), text, day)
    assert [(turn.on, turn.grade) for turn in ahead.turns] == [(GONE, None)]
    assert ahead.path is None or ahead.path.on <= LAST
    assert next_change_on(_dossier(crime), text, day) == GONE


def test_classes_look_back_to_year_ends_before_the_text() -> None:
    text = _text("tianjin-pilot", valid_from=date(2026, 6, 1))
    bad = Record("r1", RecordKind.OVERDUE_USE, date(2025, 5, 1), date(2025, 5, 1))
    assert grade(_dossier(bad), text, date(2026, 5, 31)).grade is None
    assert grade(_dossier(bad), text, date(2026, 6, 1)).grade == "3"


def test_every_edition_of_the_calendar_holds_from_its_publication() -> None:
    assert [one.published_on for one in editions.packaged()] == sorted(
        one["valid_from"] for one in read("workdays")["editions"]
    )
    assert Step.REMINDER in {one.step for one in ladder(RED_ALERT, SubjectKind.ORGANISATION, LAST)}
