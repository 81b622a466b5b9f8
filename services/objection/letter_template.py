"""The texts of the letters of cases in `letter_texts/`, and what every one of them may name."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from law.objection import OBJECTION_CITE, OUTCOME_CITE, REPAIR_CITE, TERM_CITE, TERM_OF, CaseKind
from law.reader.texts import spell_articles
from law.terms.data import Basis, definition
from plumbing.papers.letter_template import Letters

TEXTS = Path(__file__).parent / "letter_texts"
_CITES = {
    "objection": OBJECTION_CITE,
    "outcome": OUTCOME_CITE,
    "reconsideration": f"{OUTCOME_CITE}; {OBJECTION_CITE}",
    "repair": REPAIR_CITE,
    "term": TERM_CITE,
}


@cache
def of_cases() -> Letters:
    """Returns the texts of the letters of cases."""
    return Letters(TEXTS, _always)


def _always(on: date) -> dict[str, Any]:
    return {"cites": _cites(), "terms": _terms(on)}


@cache
def _cites() -> dict[str, str]:
    return {name: spell_articles(cite) for name, cite in _CITES.items()}


def _terms(on: date) -> dict[str, dict[str, Any]]:
    """The terms of which letters speak, in working days, and whether a text states the number."""
    kinds = CaseKind.OBJECTION, CaseKind.RECONSIDERATION
    terms = {kind: definition(TERM_OF[kind], on) for kind in kinds}
    return {
        kind.value: {"days": term.days, "cap": term.cap, "adopted": term.basis is Basis.ADOPTED}
        for kind, term in terms.items()
    }
