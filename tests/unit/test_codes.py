"""Every D-, R- and C-code in the tree is defined in it, and no document points outside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
DECISIONS = ROOT / "docs" / "decisions" / "README.md"
REQUIREMENTS = ROOT / "docs" / "law_requirements.yaml"
RULESETS = ROOT / "law" / "rulesets"
CODE = re.compile(r"(?<![\w-])[DRC]-\d{2,3}(?!\w)")
# Caches, environments and what the tools leave behind are not part of the tree.
SKIPPED = {".git", ".venv", "var", "node_modules", "__pycache__", "build", "dist", "htmlcov"}
TEXT = {".py", ".md", ".yaml", ".yml", ".toml", ".proto", ".pyi", ".conf", ".mako", ".sql", ".json"}
TRACKER = re.compile(r"\bissues? #?\d+\b|\b(the|this|that) issues?\b(?!\.py)", re.IGNORECASE)


def _files() -> Iterator[Path]:
    for path in sorted(ROOT.rglob("*")):
        parts = path.relative_to(ROOT).parts
        skipped = any(part in SKIPPED or part.startswith(".") for part in parts[:-1])
        if not skipped and path.is_file() and (path.suffix in TEXT or path.name == "Makefile"):
            yield path


def _defined() -> set[str]:
    decisions = re.findall(r"^## (D-\d{2}) ", DECISIONS.read_text("utf-8"), re.MULTILINE)
    sections = yaml.safe_load(REQUIREMENTS.read_text("utf-8"))["sections"]
    requirements = [entry["id"] for section in sections for entry in section["requirements"]]
    readings = [
        reading["id"]
        for path in RULESETS.glob("*.yaml")
        for reading in yaml.safe_load(path.read_text("utf-8")).get("ambiguities", ())
    ]
    return {*decisions, *requirements, *readings}


def test_every_code_in_the_tree_is_defined_in_it() -> None:
    defined = _defined()
    undefined = {
        f"{path.relative_to(ROOT)}: {code}"
        for path in _files()
        for code in CODE.findall(path.read_text("utf-8", errors="ignore"))
        if code not in defined
    }
    assert undefined == set()


def test_every_code_is_defined_without_a_gap() -> None:
    defined = _defined()
    for letter, digits, last in (("D", 2, 19), ("R", 3, 208), ("C", 2, 50)):
        codes = sorted(code for code in defined if code.startswith(letter))
        assert codes == [f"{letter}-{number:0{digits}}" for number in range(1, last + 1)]


def test_no_document_or_comment_mentions_a_tracker() -> None:
    mentions = [
        f"{path.relative_to(ROOT)}: {found.group()}"
        for path in _files()
        if path.suffix in {".md", ".py", ".yaml", ".toml"} and path != Path(__file__)
        for found in TRACKER.finditer(path.read_text("utf-8"))
    ]
    assert mentions == []
