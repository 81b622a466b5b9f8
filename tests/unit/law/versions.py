"""Data files of the law in which a figure changes on a day, put in the place of the packaged."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from law import escalation
from law.colours import data as colour_data
from law.disclosure import data as disclosure_data
from law.measures import data as measure_data
from law.reader.data_file import understand
from law.repair import data as repair_data
from law.terms import data as term_data
from tests.unit.law.spoiling import Document, fresh

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
    "measures": (measure_data.read_measures, ("law.measures.rule.measure_table",)),
    "repair": (repair_data.read_repair, ("law.repair.rule.repair_rules",)),
    "sampling": (measure_data.read_sampling, ("law.measures.rule.sampling_table",)),
    "terms": (term_data.read_terms, ("law.terms.data.terms_data",)),
}


def two_versions(figure: Document, **changed: object) -> list[Document]:
    """A figure up to the day before `SINCE`, and with other values from that day on."""
    return [{**figure, "valid_to": SINCE - _DAY}, {**figure, "valid_from": SINCE, **changed}]


def put_in_place(
    monkeypatch: pytest.MonkeyPatch, name: str, change: Callable[[Document], object]
) -> None:
    """Lets the law read a packaged file as changed."""
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
