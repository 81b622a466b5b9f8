"""Cells of lists hold plain values, which go into files as well; only templates write markup."""

from __future__ import annotations

import ast
from datetime import date
from pathlib import Path

import pytest
from markupsafe import Markup

from protos.alerts.v1.alerts_pb2 import InstrumentColour
from services.portal import pages
from services.portal.pages.reading import article_cell, last_day_cell
from services.portal.rendering import catalogue
from services.portal.wording import Words

PAGES = Path(pages.__file__).parent


def words(language: str = "zh-CN") -> Words:
    return Words(catalogue(language).gettext, language)


@pytest.mark.parametrize(
    ("citation", "link"), [("S1 12(二); C-42", "/law/S1#"), ("S1 12(二); S4 四(二)", "")]
)
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_an_article_in_a_list_is_plain_text(citation: str, link: str, language: str) -> None:
    cell = article_cell(words(language), citation)
    assert isinstance(cell.plain, str)
    assert not isinstance(cell.plain, Markup)
    assert not {"<", "C-42"} & {*cell.plain, cell.plain[-4:]}
    assert "12" in cell.plain
    assert cell.link.startswith(link) is (bool(link) or not cell.link)


def test_no_article_makes_an_empty_cell() -> None:
    assert article_cell(words(), "").plain == ""


def test_no_page_puts_markup_into_a_list() -> None:
    written = [
        f"{path.name}:{node.lineno}"
        for path in sorted(PAGES.glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if (isinstance(node, ast.Attribute) and node.attr == "article")
        or (isinstance(node, ast.Name) and node.id == "article_links")
    ]
    assert written == []


def test_an_instrument_under_no_compulsory_verification_is_not_overdue() -> None:
    due = InstrumentColour(valid_until="2026-09-01")
    free = InstrumentColour(valid_until="2026-09-01", non_compulsory=True)
    cell = last_day_cell(words(), due, "2026-09-03")
    assert (cell.value, cell.note) == (date(2026, 9, 1), "已过有效期 2 天")
    assert not any((last_day_cell(words(), free, "2026-09-03").value, ""))
    assert last_day_cell(words(), free, "2026-09-03").note == ""


@pytest.mark.parametrize(
    ("ruleset", "grade", "zh", "en"),
    [
        ("national-2017-566", "untrusted", "失信", "Untrusted"),
        ("national-2017-566", "basically_trusted", "基本守信", "Basically trusted"),
        ("tianjin-pilot", "3", "三类", "Class 3"),
        ("hangzhou-2021-120", "E", "E级（失信）", "E (untrustworthy)"),
    ],
)
def test_a_class_is_called_as_the_text_calls_it(ruleset: str, grade: str, zh: str, en: str) -> None:
    assert words().grade(ruleset, grade) == zh
    assert words("en").grade(ruleset, grade) == en
