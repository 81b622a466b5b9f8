"""The texts of the letters in `letter_texts/`."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from plumbing.papers.letter_template import Letters

TEXTS = Path(__file__).parent / "letter_texts"


@cache
def of_alerts() -> Letters:
    """Returns the texts of the letters that alerts writes."""
    return Letters(TEXTS)
