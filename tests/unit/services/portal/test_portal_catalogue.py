"""Every text of the portal has its English, and the catalogue holds nothing else."""

from __future__ import annotations

import re
from pathlib import Path

from babel.messages.pofile import read_po

from services.portal.rendering import HERE
from tools.messages import texts, updated

BRACES = re.compile(r"\{\w*\}")


def english() -> dict[str, str]:
    file: Path = HERE / "locale" / "en" / "LC_MESSAGES" / "portal.po"
    with file.open("rb") as source:
        return {str(entry.id): str(entry.string) for entry in read_po(source) if entry.id}


def test_every_text_has_its_english_and_no_other_has() -> None:
    catalogue = english()
    assert texts() == set(catalogue)
    assert [text for text, translation in catalogue.items() if not translation.strip()] == []


def test_the_catalogue_is_sorted_and_holds_no_text_twice() -> None:
    source = (HERE / "locale" / "en" / "LC_MESSAGES" / "portal.po").read_bytes()
    assert updated(source) == source


def test_a_translation_fills_in_the_same_values() -> None:
    differing = [
        text
        for text, translation in english().items()
        if sorted(BRACES.findall(text)) != sorted(BRACES.findall(translation))
    ]
    assert differing == []
