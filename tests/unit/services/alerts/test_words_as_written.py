"""English mails introduce what a person wrote as such: it is in whatever language they wrote."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import services.alerts
from services.alerts.notices.english import as_written

WRITTEN_BY_PERSONS = ("ground", "reasons", "note", "summary", "words")
ROOT = Path(services.alerts.__file__).parent


def test_words_of_persons_are_introduced() -> None:
    assert as_written("Ground", "铭牌上没有") == "Ground, as written: 铭牌上没有"


def test_no_english_text_quotes_a_person_otherwise() -> None:
    found = [
        f"{folder}/{file.name}"
        for folder in ("notices", "escalation", "exposure_lists")
        for file in sorted((ROOT / folder).glob("*.py"))
        for _ in _quoting(file)
    ]
    assert found == ["notices/english.py"], "only `as_written` does"


def _quoting(file: Path) -> Iterator[int]:
    """The lines of English texts of a file that have words of persons in them."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.JoinedStr) and _is_english(node):
            values = [one.value for one in node.values if isinstance(one, ast.FormattedValue)]
            if any(_name(value).endswith(WRITTEN_BY_PERSONS) for value in values):
                yield node.lineno


def _is_english(text: ast.JoinedStr) -> bool:
    written = "".join(str(one.value) for one in text.values if isinstance(one, ast.Constant))
    return written.isascii() and " " in written


def _name(value: ast.expr) -> str:
    return value.attr if isinstance(value, ast.Attribute) else getattr(value, "id", "")
