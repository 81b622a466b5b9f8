"""No page gives its template a value under a name that every template already has."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from services.portal import rendering

PORTAL = Path(rendering.__file__).parent
GIVES_VALUES = {"page", "show", "_page", "_letter_page"}


def calls(path: Path, names: set[str]) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in names:
                yield node


def test_no_value_of_a_page_hides_what_every_template_has() -> None:
    every = {
        keyword.arg
        for call in calls(Path(rendering.__file__), {"render"})
        for keyword in call.keywords
        if keyword.arg
    }
    assert {"words", "day", "number"} <= every
    hidden = [
        f"{path.relative_to(PORTAL)}:{call.lineno} {keyword.arg}"
        for path in sorted(PORTAL.rglob("*.py"))
        for call in calls(path, GIVES_VALUES)
        for keyword in call.keywords
        if keyword.arg in every
    ]
    assert hidden == []
