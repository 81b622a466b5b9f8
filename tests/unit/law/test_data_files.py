"""Every data file of the law is refused whole, with every fault and its path, in one error."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from law.corpus import READERS, check, declared
from law.data_file import Dated, Validity, in_force, in_force_or_next, load_yaml
from law.errors import InvalidInput, NotInForce
from law.packaged import read, source

Document = dict[str, Any]
LANGS = ("zh", "en")


class _NoAliases(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _document(name: str) -> Document:
    return copy.deepcopy(_plain(name))


@cache
def _plain(name: str) -> Document:
    # Through YAML and back, as anchors of the file would be shared by the changes of a test.
    plain: Document = yaml.safe_load(yaml.dump(read(name), Dumper=_NoAliases))
    return plain


def _faults(name: str, document: object) -> dict[str, str]:
    with pytest.raises(InvalidInput) as refused:
        check(name, document)
    assert name in refused.value.zh
    assert name in refused.value.en
    assert all(fault.message_zh and fault.message_en for fault in refused.value.faults)
    return {fault.field: fault.message_en for fault in refused.value.faults}


def _mappings(node: Any, path: str = "") -> Iterator[tuple[str, dict[Any, Any]]]:
    if isinstance(node, dict):
        yield path, node
        for key, below in node.items():
            yield from _mappings(below, f"{path}.{key}" if path else str(key))
    elif isinstance(node, list):
        for place, below in enumerate(node):
            yield from _mappings(below, f"{path}[{place}]")


def _spoilt(name: str, key: str, spoil: Callable[[dict[Any, Any]], object]) -> None:
    document = _document(name)
    places = [(path, node) for path, node in _mappings(document) if key in node]
    for _, node in places:
        spoil(node)
    expected = {f"{path}.{key}" if path else key for path, _ in places}
    assert expected <= set(_faults(name, document))


DATED = sorted(set(READERS) - {"readings"})


def test_every_packaged_file_has_its_reader() -> None:
    packaged = {one.name for one in files("law.rulesets").iterdir() if one.name.endswith(".yaml")}
    assert packaged == {f"{name}.yaml" for name in READERS}


@pytest.mark.parametrize("name", READERS)
def test_a_packaged_file_has_no_fault(name: str) -> None:
    check(name, read(name))


@pytest.mark.parametrize("name", DATED)
def test_every_citation_left_out_is_a_fault(name: str) -> None:
    _spoilt(name, "cite", lambda node: node.pop("cite"))


@pytest.mark.parametrize("name", DATED)
def test_every_citation_of_no_known_text_is_a_fault(name: str) -> None:
    _spoilt(name, "cite", lambda node: node.update(cite="S9 1"))


@pytest.mark.parametrize("key", ["valid_from", "valid_to"])
@pytest.mark.parametrize("name", DATED)
def test_every_day_left_out_is_a_fault(name: str, key: str) -> None:
    _spoilt(name, key, lambda node: node.pop(key))


@pytest.mark.parametrize("name", DATED)
def test_an_end_before_the_beginning_is_a_fault(name: str) -> None:
    days = {"valid_from": date(2026, 1, 2), "valid_to": date(2026, 1, 1)}
    _spoilt(name, "valid_to", lambda node: node.update(days))


@pytest.mark.parametrize("name", READERS)
def test_a_field_nobody_reads_is_a_fault(name: str) -> None:
    document = _document(name)
    document["surprise"] = 1
    assert _faults(name, document) == {"surprise": "unknown field"}


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("document", [None, [], "text", 1, {}])
def test_what_is_no_such_file_is_refused(name: str, document: object) -> None:
    assert _faults(name, document)


JUNK: tuple[Any, ...] = (
    None, "", "junk", -1, 0, 1.5, 10**9, True, [], {}, [None], [{}], {"x": 1}, date(1, 1, 1),
)  # fmt: skip


def _places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Every place of a document: its holder and the key in it."""
    pairs = node.items() if isinstance(node, dict) else enumerate(node)
    for key, below in list(pairs):
        yield node, key
        if isinstance(below, dict | list):
            yield from _places(below)


@given(st.sampled_from(sorted(READERS)), st.integers(0, 10**6), st.sampled_from(JUNK))
def test_junk_anywhere_is_a_fault_or_harmless_but_never_a_crash(
    name: str, place: int, junk: Any
) -> None:
    document = _document(name)
    places = list(_places(document))
    holder, key = places[place % len(places)]
    holder[key] = copy.deepcopy(junk)
    try:
        check(name, document)
    except InvalidInput as error:
        messages = [(fault.message_zh, fault.message_en) for fault in error.faults]
    else:
        messages = [("无", "none")]
    assert messages
    assert all(zh and en for zh, en in messages)


Change = Callable[[Document], object]


def _twice(figure: Any, **later: Any) -> list[Any]:
    return [figure, {**figure, **later}]


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
            "",
        ),
        (
            "terms",
            lambda d: d["reminder_points"][0].update(local_hour=24),
            "reminder_points[0].local_hour",
            "0 to 23",
        ),
        ("terms", lambda d: d["suspension"].pop("rule_en"), "suspension.rule_en", "missing"),
        (
            "measures",
            lambda d: d["rulesets"].pop("tianjin-pilot"),
            "rulesets.tianjin-pilot",
            "not said",
        ),
        (
            "measures",
            lambda d: d["rulesets"]["hangzhou-trial"]["grades"].pop("B"),
            "rulesets.hangzhou-trial.grades.B",
            "missing",
        ),
        (
            "measures",
            lambda d: d["rulesets"]["hangzhou-trial"]["grades"].update(F=[]),
            "rulesets.hangzhou-trial.grades.F",
            "unknown",
        ),
        (
            "measures",
            lambda d: d["rulesets"]["hangzhou-trial"]["inherits"].update(E="F"),
            "rulesets.hangzhou-trial.inherits",
            "unknown grade E: F",
        ),
        (
            "measures",
            lambda d: d["rulesets"]["hangzhou-trial"].update(status="issued"),
            "rulesets.hangzhou-trial.status",
            "not the status",
        ),
        (
            "measures",
            lambda d: d["rulesets"]["hangzhou-trial"]["grades"]["A"].append(
                d["rulesets"]["hangzhou-trial"]["grades"]["A"][0]
            ),
            "rulesets.hangzhou-trial.grades.A.commendation",
            "several versions",
        ),
        (
            "measures",
            lambda d: d["alerts"]["red"][0].update(kind="favour"),
            "alerts.red[0].kind",
            "must be one of",
        ),
        ("measures", lambda d: d["alerts"].update(purple=[]), "alerts.purple", "unknown field"),
        (
            "sampling",
            lambda d: d["rulesets"]["tianjin-pilot"]["classes"]["3"].update(at_least_percent=101),
            "rulesets.tianjin-pilot.classes.3.at_least_percent",
            "at most 100",
        ),
        (
            "sampling",
            lambda d: d["rulesets"]["tianjin-pilot"]["classes"].update({"4": {}}),
            "rulesets.tianjin-pilot.classes.4",
            "unknown field",
        ),
        (
            "sampling",
            lambda d: d["rulesets"]["tianjin-pilot"]["classes"].update(
                {"3": _twice(d["rulesets"]["tianjin-pilot"]["classes"]["3"])}
            ),
            "rulesets.tianjin-pilot.classes.3",
            "several versions",
        ),
        (
            "sampling",
            lambda d: d["rulesets"]["tianjin-pilot"].pop("principle_en"),
            "rulesets.tianjin-pilot.principle_en",
            "missing",
        ),
        ("repair", lambda d: d.update(term="none"), "term", "no such term"),
        (
            "repair",
            lambda d: d["rulesets"]["hangzhou-trial"]["grades"]["E"][0].pop("years"),
            "rulesets.hangzhou-trial.grades.E[0].years",
            "",
        ),
        (
            "repair",
            lambda d: d["rulesets"]["hangzhou-trial"]["grades"]["E"][1].update(years=1),
            "rulesets.hangzhou-trial.grades.E[1].years",
            "after_years only",
        ),
        (
            "repair",
            lambda d: d["rulesets"]["hangzhou-trial"]["grades"]["E"][3].pop("kinds"),
            "rulesets.hangzhou-trial.grades.E[3].kinds",
            "not of the same kind",
        ),
        (
            "repair",
            lambda d: d["rulesets"]["hangzhou-trial"]["grades"]["E"][3]["kinds"][0].update(
                kind="award"
            ),
            "rulesets.hangzhou-trial.grades.E[3].kinds[0].kind",
            "nobody's way",
        ),
        (
            "repair",
            lambda d: d["rulesets"]["hangzhou-trial"]["grades"].update(G=[]),
            "rulesets.hangzhou-trial.grades.G",
            "unknown field",
        ),
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
            lambda d: d["red"].update(overdue=_twice(d["red"]["overdue"])),
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
        ("instruments", lambda d: d["types"][0].update(mode="never"), "types[0].mode", "one of"),
        (
            "instruments",
            lambda d: d["types"][0].update(confidence=None),
            "types[0].confidence",
            "missing",
        ),
        (
            "workdays",
            lambda d: d["editions"][1].update(number=7),
            "editions[1].number",
            "must be 2",
        ),
        (
            "workdays",
            lambda d: d["editions"][1].update(valid_from=date(2019, 11, 21)),
            "editions[1].valid_from",
            "later",
        ),
        (
            "workdays",
            lambda d: d["editions"][1].update(valid_from=None),
            "editions[1].valid_from",
            "later",
        ),
        (
            "workdays",
            lambda d: d["editions"][0]["make_up"].append(date(2020, 1, 1)),
            "editions[0].make_up",
            "no day of rest",
        ),
        (
            "workdays",
            lambda d: d["editions"][0]["days_off"].append(date(2020, 1, 19)),
            "editions[0].make_up",
            "off and worked: 2020-01-19",
        ),
        (
            "workdays",
            lambda d: d["editions"][0]["days_off"].append("2020-05-05..2020-05-01"),
            "editions[0].days_off",
            "is not of 2020",
        ),
        (
            "workdays",
            lambda d: d["editions"][0]["days_off"].append(date(2021, 1, 1)),
            "editions[0].days_off",
            "is not of 2020",
        ),
        (
            "workdays",
            lambda d: d["editions"][0]["days_off"].append("soon"),
            "editions[0].days_off",
            "is no day: soon",
        ),
        (
            "workdays",
            lambda d: d["editions"][0].update(make_up="x"),
            "editions[0].make_up",
            "list of days",
        ),
        ("workdays", lambda d: d["editions"][0].update(year=0), "editions[0].year", "no year"),
        (
            "disclosure",
            lambda d: d["periods"].pop("tianjin-pilot"),
            "periods.tianjin-pilot",
            "not said",
        ),
        (
            "disclosure",
            lambda d: d["periods"]["tianjin-pilot"].update(origin="occurred_on"),
            "periods.tianjin-pilot.origin",
            "one of",
        ),
        (
            "disclosure",
            lambda d: d["periods"]["tianjin-pilot"].update(delete_cite="somewhere"),
            "periods.tianjin-pilot.delete_cite",
            "cites no text",
        ),
        (
            "disclosure",
            lambda d: d["fields"].pop("natural_person"),
            "fields.natural_person",
            "not said",
        ),
        (
            "disclosure",
            lambda d: d["fields"]["natural_person"].pop("public"),
            "fields.natural_person.public",
            "not said",
        ),
        (
            "disclosure",
            lambda d: d["fields"]["natural_person"]["public"].update(fields=["name"]),
            "fields.natural_person.public.fields",
            "never shown openly",
        ),
        (
            "disclosure",
            lambda d: d["fields"]["organisation"]["public"].update(fields=["shoe_size"]),
            "fields.organisation.public.fields",
            "unknown value",
        ),
        (
            "disclosure",
            lambda d: d["classifications"].pop("privacy"),
            "classifications.privacy",
            "not said",
        ),
        ("disclosure", lambda d: d["audiences"].pop("scan"), "audiences.scan", "not said"),
        (
            "disclosure",
            lambda d: d["severity_caps"].append(d["severity_caps"][0]),
            "severity_caps.minor",
            "several versions",
        ),
        (
            "disclosure",
            lambda d: d["severity_caps_source"].update(looked_at=[]),
            "severity_caps_source.looked_at",
            "names its places",
        ),
        (
            "attention",
            lambda d: d["grounds"][0].update(kinds=["award"]),
            "grounds[0].kinds",
            "adverse",
        ),
        ("attention", lambda d: d["grounds"][0].update(kinds=[]), "grounds[0].kinds", "adverse"),
        (
            "attention",
            lambda d: d["grounds"][0].update(at_least=0),
            "grounds[0].at_least",
            "least 1",
        ),
        (
            "attention",
            lambda d: d["grounds"].append(d["grounds"][0]),
            "grounds.many_complaints",
            "several",
        ),
        ("measures", lambda d: d["uses"].update(nowhere=[]), "uses.nowhere", "unknown field"),
        (
            "measures",
            lambda d: d["uses"]["hangzhou-trial"][0].update(by="anyone"),
            "uses.hangzhou-trial[0].by",
            "one of",
        ),
        ("escalation", lambda d: d["ladder"].reverse(), "ladder", "mildest first"),
        (
            "escalation",
            lambda d: d["ladder"].append(d["ladder"][0]),
            "ladder.reminder",
            "several versions",
        ),
        (
            "escalation",
            lambda d: d["ladder"][0].update(approver="anyone"),
            "ladder[0].approver",
            "one of",
        ),
        (
            "escalation",
            lambda d: d["review"].update(at_most_days=1),
            "review.at_most_days",
            "at least 5",
        ),
        (
            "escalation",
            lambda d: d["exposure"].update(verified_cite="x"),
            "exposure.verified_cite",
            "cites",
        ),
        (
            "escalation",
            lambda d: d["archive"][0].update(grades=["Z"]),
            "archive[0].grades",
            "no such",
        ),
        (
            "escalation",
            lambda d: d["archive"][0].update(ruleset="Z"),
            "archive[0].grades",
            "no such",
        ),
        (
            "readings",
            lambda d: d["ambiguities"][0].pop("why_en"),
            "ambiguities[0].why_en",
            "missing",
        ),
        ("readings", lambda d: d["ambiguities"][0].update(id="R-22"), "ambiguities[0].id", "C-nn"),
        (
            "readings",
            lambda d: d["ambiguities"][0].pop("text_en"),
            "ambiguities[0].text_en",
            "missing",
        ),
        (
            "taizhou-scenic",
            lambda d: d["base"][2].update(floor=6),
            "base[2].each",
            "floor from 0",
        ),
        (
            "taizhou-scenic",
            lambda d: d["base"][30].update(threshold_percent=101),
            "base[30].threshold_percent",
            "from 0 to 100",
        ),
    ],
)
def test_a_broken_file_is_refused(name: str, change: Change, field: str, says: str) -> None:
    document = _document(name)
    change(document)
    assert says in _faults(name, document)[field]


@pytest.mark.parametrize("name", sorted(set(READERS) - {"sampling", "workdays", "jurisdictions"}))
def test_an_ambiguity_says_everything_in_both_languages(name: str) -> None:
    for said in ("reading", "alternative", "changes"):
        for lang in LANGS:
            document = _document(name)
            del document["ambiguities"][0][f"{said}_{lang}"]
            assert _faults(name, document) == {f"ambiguities[0].{said}_{lang}": "is missing"}
    document = _document(name)
    document["ambiguities"].append(document["ambiguities"][0])
    place = f"ambiguities[{len(document['ambiguities']) - 1}].id"
    assert "repeats" in _faults(name, document)[place]


def test_every_ambiguity_of_the_texts_is_declared() -> None:
    found = declared()
    assert {one.reading.id for one in found} >= {f"C-{number:02}" for number in range(1, 33)}
    assert {one.reading.id for one in found if one.why_zh and one.why_en} == {
        "C-22",
        "C-26",
        "C-27",
    }
    assert [one for one in found if bool(one.why_zh) != (one.file == "readings")] == []
    zh = [
        one for one in found if not any("一" <= letter <= "鿿" for letter in one.reading.reading_zh)
    ]
    assert zh == []


@pytest.mark.parametrize("name", READERS)
def test_no_key_is_written_twice(name: str) -> None:
    assert load_yaml(source(name), name) == read(name)


def test_a_key_written_twice_is_no_yaml() -> None:
    for text in ("a: [", "id: x\nid: y", "a: {b: 1, b: 2}"):
        with pytest.raises(InvalidInput) as refused:
            load_yaml(text, "terms")
        assert "not valid YAML" in refused.value.faults[0].message_en
        assert "terms" in refused.value.zh


FIRST = Dated("old", "S4 一(一)", Validity(date(2021, 9, 30), date(2026, 3, 31)))
SECOND = Dated("new", "S4 一(二)", Validity(date(2026, 5, 1), None))


@pytest.mark.parametrize(
    ("on", "found"),
    [
        (date(2021, 9, 30), "old"),
        (date(2026, 3, 31), "old"),
        (date(2026, 5, 1), "new"),
        (date.max, "new"),
    ],
)
def test_a_figure_holds_from_its_first_to_its_last_day(on: date, found: str) -> None:
    assert in_force([FIRST, SECOND], on, "期限", "the term") == found


@pytest.mark.parametrize("on", [date(2021, 9, 29), date(2026, 4, 1), date(2026, 4, 30)])
def test_outside_its_days_a_figure_is_refused_with_its_article(on: date) -> None:
    with pytest.raises(NotInForce) as refused:
        in_force([FIRST, SECOND], on, "期限", "the term")
    assert refused.value.cite == "S4 一(一); S4 一(二)"
    assert refused.value.zh == f"{on}时“期限”无效力"
    assert refused.value.en == f"the term is not in force on {on}"
    assert [fault.field for fault in refused.value.faults] == ["on"]


def test_reckoning_back_takes_the_figure_to_come_but_never_one_that_ended() -> None:
    assert in_force_or_next([SECOND, FIRST], date(2020, 1, 1), "期限", "the term") == "old"
    assert in_force_or_next([SECOND, FIRST], date(2026, 4, 1), "期限", "the term") == "new"
    with pytest.raises(NotInForce):
        in_force_or_next([FIRST], date(2026, 4, 1), "期限", "the term")


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        ((None, None), (None, None), True),
        ((None, date(2026, 1, 1)), (date(2026, 1, 1), None), True),
        ((None, date(2026, 1, 1)), (date(2026, 1, 2), None), False),
        ((date(2026, 1, 2), None), (None, date(2026, 1, 1)), False),
        ((date(2026, 1, 1), date(2026, 1, 1)), (date(2026, 1, 1), date(2026, 1, 1)), True),
    ],
)
def test_two_periods_meet_where_they_share_a_day(one: Any, other: Any, meet: bool) -> None:
    assert Validity(*one).meets(Validity(*other)) is meet
