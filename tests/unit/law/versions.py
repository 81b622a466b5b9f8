"""Helpers: packaged data files in which a figure changes on a day, in place of the originals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

import pytest

from law import escalation
from law.colours import data as colour_data
from law.disclosure import data as disclosure_data
from law.instruments import read_catalogue
from law.measures import data as measure_data
from law.reader.data_file import understand
from law.repair import data as repair_data
from law.terms import data as term_data
from law.texts_in_force.model import Ruleset
from law.texts_in_force.read import parse
from tests.unit.law.broken_files import Document, fresh

_DAY = timedelta(days=1)
SINCE = date(2027, 1, 1)
"""The first day of the second version of every figure that changes in these tests."""

_LOADERS: dict[str, tuple[Callable[..., Any], tuple[str, ...]]] = {
    "colours": (colour_data.read_colours, ("law.colours.rule.colour_rules",)),
    "disclosure": (
        disclosure_data.read_disclosure,
        ("law.disclosure.rule.disclosure_rules", "law.disclosure.retention.disclosure_rules"),
    ),
    "escalation": (escalation.read_escalation, ("law.escalation._rules",)),
    "instruments": (read_catalogue, ("law.instruments.catalogue",)),
    "measures": (measure_data.read_measures, ("law.measures.rule.measure_table",)),
    "repair": (repair_data.read_repair, ("law.repair.rule.repair_rules",)),
    "sampling": (measure_data.read_sampling, ("law.measures.rule.sampling_table",)),
    "terms": (term_data.read_terms, ("law.terms.data.definitions",)),
}


def two_versions(figure: Document, **changed: object) -> list[Document]:
    """Two versions of a figure: up to the day before `SINCE`, and changed from that day on."""
    return [{**figure, "valid_to": SINCE - _DAY}, {**figure, "valid_from": SINCE, **changed}]


def put_in_place(
    monkeypatch: pytest.MonkeyPatch, name: str, change: Callable[[Document], object]
) -> None:
    """Makes the law read a changed file instead of the packaged one."""
    document = fresh(name)
    change(document)
    read, targets = _LOADERS[name]
    rules = understand(document, name, read)
    for target in targets:
        monkeypatch.setattr(target, lambda: rules)


def more_months(document: Document) -> None:
    """Yellow two months before the last valid day and green three, instead of one and two."""
    months = document["months_before"]
    months["yellow"] = two_versions(months["yellow"], months=2)
    months["green"] = two_versions(months["green"], months=3)


def fewer_months(document: Document) -> None:
    """Yellow one month before the last valid day and green two, instead of three and five."""
    months = document["months_before"]
    months["yellow"] = two_versions({**months["yellow"], "months": 3}, months=1)
    months["green"] = two_versions({**months["green"], "months": 5}, months=2)


def verified_by(**modes: str) -> Callable[[Document], None]:
    """Changes how types are verified; the code of a type has `_` for a hyphen."""

    def change(document: Document) -> None:
        for type_ in _types(document, modes):
            type_["mode"] = modes[type_["code"].replace("-", "_")]

    return change


def verified_since(**modes: str) -> Callable[[Document], None]:
    """Changes how types are verified from `SINCE` on."""

    def change(document: Document) -> None:
        for type_ in _types(document, modes):
            before = {"mode": type_["mode"], "cite": "CATALOGUE-2020-42 1"}
            type_["earlier_modes"] = [{**before, "valid_from": None, "valid_to": SINCE - _DAY}]
        verified_by(**modes)(document)

    return change


def _types(document: Document, modes: Mapping[str, str]) -> list[Document]:
    return [one for one in document["types"] if one["code"].replace("-", "_") in modes]


def longer_periods(document: Document) -> None:
    """Disclosure for five years instead of three, and a ceiling of six months instead of three."""
    periods = document["periods"]
    periods["hangzhou-trial"] = two_versions(periods["hangzhou-trial"], years=5)
    _ceiling(document, 6)


def shorter_periods(document: Document) -> None:
    """Disclosure for one year instead of three, and a ceiling of one month instead of three."""
    periods = document["periods"]
    periods["hangzhou-trial"] = two_versions(periods["hangzhou-trial"], years=1)
    _ceiling(document, 1)


def _ceiling(document: Document, months: int) -> None:
    minor, *others = document["severity_caps"]
    document["severity_caps"] = [*two_versions(minor, months=months), *others]


def window_of(ruleset_id: str, years: int) -> Ruleset:
    """A packaged text of which the evidence window changes on `SINCE`."""
    document = fresh(ruleset_id)
    document["window"] = two_versions(document["window"], years=years)
    return parse(document, ruleset_id)


def wait(years: int) -> Callable[[Document], None]:
    """Changes the wait at grade E before an application for repair, which is one year."""

    def change(document: Document) -> None:
        demands = document["rulesets"]["hangzhou-2021-120"]["grades"]["E"]
        [place] = [place for place, one in enumerate(demands) if one["id"] == "waited"]
        demands[place : place + 1] = two_versions(demands[place], years=years)

    return change


def one_more_fact(document: Document) -> None:
    """From `SINCE` on, one more fact must be confirmed before a repair."""
    demands = document["rulesets"]["hangzhou-2021-120"]["grades"]["E"]
    demands.append({**demands[0], "id": "trained", "valid_from": SINCE})


def other_days(name: str, days: int) -> Callable[[Document], None]:
    """Changes the working days of a term."""

    def change(document: Document) -> None:
        terms = document["definitions"]
        [place] = [place for place, term in enumerate(terms) if term["id"] == name]
        terms[place : place + 1] = two_versions(terms[place], days=days)

    return change


def earlier_reminder(document: Document) -> None:
    """The reminder goes out with four working days left, instead of two."""
    first, *others = document["reminder_points"]
    document["reminder_points"] = [*two_versions(first, working_days_left=4), *others]


def slower_ladder(document: Document) -> None:
    """Ten working days before the guidance letter, instead of five."""
    reminder, letter, *others = document["ladder"]
    document["ladder"] = [reminder, *two_versions(letter, days=10), *others]


def other_measures(document: Document) -> None:
    """From `SINCE` on, another measure at grade A, and only the letter after a red alert."""
    measures = document["rulesets"]["hangzhou-2021-120"]["grades"]["A"]
    measures[:1] = two_versions(measures[0], zh="新的激励措施")
    document["alerts"]["red"][0]["valid_to"] = SINCE - _DAY
