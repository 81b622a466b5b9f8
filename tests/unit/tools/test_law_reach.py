"""Which rules the services can reach: by name, through one another, and by method."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.law_reach import is_reached, public_functions

ROOT = Path(__file__).resolve().parents[3]
LAW = """
from law.other import helper as renamed
from law.package import passed_on

RULES = {"a": lambda: in_a_table()}


class Ledger:
    def pause(self): ...
    def resume(self): ...
    def _order(self): return hidden()


def rule(): return renamed() + RULES["a"]() + passed_on()
def in_a_table(): ...
def hidden(): ...
def nobody(): return only_by_nobody()
def only_by_nobody(): ...
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tree")
    for path, text in {
        "law/rules.py": LAW,
        "law/other.py": "def helper(): ...",
        "law/package/__init__.py": "from law.package.inner import passed_on",
        "law/package/inner.py": "def passed_on(): ...",
        "services/a/commands.py": "from law.rules import Ledger, rule\nLedger().resume(); rule()",
        "services/b/process.py": "import backoff\nbackoff.pause()",
        "plumbing/nothing.py": "",
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


@pytest.mark.parametrize(
    "name",
    [
        "law.rules.rule",
        "law.rules.in_a_table",
        "law.rules.hidden",
        "law.rules.Ledger.resume",
        "law.other.helper",
        "law.package.passed_on",
        "law.package.inner.passed_on",
    ],
)
def test_what_a_service_names_or_what_that_names_is_reached(tree: Path, name: str) -> None:
    assert is_reached(tree, name)


def test_what_no_service_names_is_not(tree: Path) -> None:
    unreached = [name for name in public_functions(tree) if not is_reached(tree, name)]
    assert unreached == ["law.rules.Ledger.pause", "law.rules.nobody", "law.rules.only_by_nobody"]


def test_the_rules_of_today() -> None:
    for name in ("law.colours.rule.colour", "law.grading.grade", "law.terms.ledger.Term.extend"):
        assert is_reached(ROOT, name)
    for name in ("law.measures.attention.attention", "law.terms.ledger.Term.pause"):
        assert not is_reached(ROOT, name)
