"""Every text of the portal has its English, and the catalogue holds nothing else."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from services.portal.rendering import HERE, catalogue
from tools.messages import texts, updated

BRACES = re.compile(r"\{\w*\}")
# A number and a word for several of a thing, which a single one of them would make wrong.
PLURAL = re.compile(
    r"\{(?:n|days|count|total|number|points|score|minutes|cap|budget|alerts|drops|subjects|most|"
    r"high|low|decided|done|times|rows|cases)\}"
    r"(?: (?:more|working|unread|green|red|yellow))? [a-z]+s\b"
)
VERBS = re.compile(r" (is|was|has|does|lies)$")


def english() -> dict[str, str]:
    file: Path = HERE / "locale" / "en" / "LC_MESSAGES" / "portal.po"
    with file.open("rb") as source:
        return {str(entry.id): str(entry.string) for entry in read_po(source) if entry.id}


def test_every_text_has_its_english_and_no_other_has() -> None:
    catalogue = english()
    assert texts() == set(catalogue)
    assert [text for text, translation in catalogue.items() if not translation.strip()] == []


def test_no_text_hides_within_another() -> None:
    """A text that is marked inside an f-string is not found by whoever extracts the texts."""
    hidden = [
        (file.name, ast.unparse(call))
        for file in HERE.rglob("*.py")
        for whole in ast.walk(ast.parse(file.read_text()))
        if isinstance(whole, ast.JoinedStr)
        for call in ast.walk(whole)
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "N_"
    ]
    assert hidden == []


def test_the_catalogue_is_sorted_and_holds_no_text_twice() -> None:
    source = (HERE / "locale" / "en" / "LC_MESSAGES" / "portal.po").read_bytes()
    assert updated(source) == source


def test_a_word_after_a_number_has_its_form_for_one() -> None:
    found = (PLURAL.search(translation) for translation in english().values())
    assert [one[0] for one in found if one and not VERBS.search(one[0])] == []


@pytest.mark.parametrize(
    ("chinese", "count", "written"),
    [("{days} 天", 1, "1 day"), ("{days} 天", 0, "0 days"), ("{days} 天", 11, "11 days")],
)
def test_one_is_singular(chinese: str, count: int, written: str) -> None:
    assert catalogue("en").gettext(chinese).format(days=count) == written


def test_a_translation_fills_in_the_same_values() -> None:
    differing = [
        text
        for text, translation in english().items()
        if sorted(BRACES.findall(text)) != sorted(BRACES.findall(translation))
    ]
    assert differing == []
