"""Every text of the portal has its English, and the catalogue holds nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from services.portal.rendering import HERE

ROOT = HERE.parent.parent
KEYWORDS = {"say": None, "N_": None, "_": None, "gettext": None}
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
OPTIONS = {"templates/**.html": {"newstyle_gettext": "true"}}
BRACES = re.compile(r"\{\w*\}")


def texts() -> Iterator[str]:
    for _file, _line, message, _comments, _context in extract_from_dir(
        str(HERE), METHODS, OPTIONS, KEYWORDS
    ):
        assert isinstance(message, str)
        yield message


def english() -> dict[str, str]:
    file: Path = HERE / "locale" / "en" / "LC_MESSAGES" / "portal.po"
    with file.open("rb") as source:
        return {str(entry.id): str(entry.string) for entry in read_po(source) if entry.id}


def test_every_text_has_its_english_and_no_other_has() -> None:
    catalogue = english()
    assert set(texts()) == set(catalogue)
    assert [text for text, translation in catalogue.items() if not translation.strip()] == []


def test_a_translation_fills_in_the_same_values() -> None:
    differing = [
        text
        for text, translation in english().items()
        if sorted(BRACES.findall(text)) != sorted(BRACES.findall(translation))
    ]
    assert differing == []
