"""What the documents name exists: files, and the functions that the tour goes through."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOUR = (ROOT / "docs" / "tour.md").read_text(encoding="utf-8")
DOCUMENTS = (
    "README.md",
    "docs/architecture.md",
    "docs/development.md",
    "docs/operations.md",
    "docs/tour.md",
)
STEPS_A_TALE = 9
_PLACE = re.compile(r"`([\w/]+\.py)`,\s+`([\w.]+)`")
_ROW = re.compile(r"\]\(([\w/.]+)\) \| (\d+) (words|lines) \| ([\d.]+) \|")
A_MINUTE = {"words": 200, "lines": 25}
_PATH = re.compile(r"`((?:law|protos|plumbing|services|tests|tools|deploy|docs)/[\w./-]*)`")


def names_in(path: Path) -> set[str]:
    """Functions, classes, methods and constants of a module, methods as `Class.method`."""
    names: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        names |= _names(node)
        if isinstance(node, ast.ClassDef):
            names |= {f"{node.name}.{name}" for inner in node.body for name in _names(inner)}
    return names


def _names(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Assign):
        return {target.id for target in node.targets if isinstance(target, ast.Name)}
    return set()


def test_every_function_of_the_tour_exists() -> None:
    places = _PLACE.findall(TOUR)
    missing = [
        f"{file}: {name}"
        for file, name in places
        if not (ROOT / file).is_file() or name not in names_in(ROOT / file)
    ]
    assert missing == []


def test_every_step_of_the_tour_names_its_function() -> None:
    tales = TOUR.split("\n## ")[1:]
    assert len(tales) == 4
    for tale in tales:
        steps = re.split(r"\n\d\. ", tale)[1:]
        assert len(steps) == STEPS_A_TALE
        assert [step for step in steps if not _PLACE.search(step)] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_path_in_a_document_exists(document: str) -> None:
    paths = set(_PATH.findall((ROOT / document).read_text(encoding="utf-8")))
    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []


def test_the_reading_path_takes_the_time_that_it_says() -> None:
    """Sizes may be off by a tenth, until somebody counts again."""
    rows = _ROW.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    assert len(rows) == 5
    measured = 0.0
    for path, size, unit, minutes in rows:
        text = (ROOT / path).read_text(encoding="utf-8")
        count = len(text.split() if unit == "words" else text.splitlines())
        measured += count / A_MINUTE[unit]
        assert abs(count - int(size)) <= count / 10, path
        assert abs(int(size) / A_MINUTE[unit] - float(minutes)) < 0.1, path
    assert measured <= 30
