"""The Chinese letter that asks a subject to supplement its application; pure functions."""

from __future__ import annotations

from law.objection import CaseKind
from law.terms.ledger import Term
from plumbing.papers.letter_template import LetterText
from services.objection.letter_template import of_cases
from services.objection.letters import LetterFacts
from services.objection.schedule import last_day_zh


def supplement_letter(
    kind: CaseKind, facts: LetterFacts, missing: str, term: Term, time: int
) -> LetterText:
    """Writes the letter that asks to supplement an application: what is missing, until when.

    `time` counts these letters of the case from 1; from the second on the title contains the
    number.
    """
    again = f"（第{time}次）" if time > 1 else ""
    told = {"facts": facts, "missing": missing, "last_day": last_day_zh(term)}
    return of_cases().write(f"{kind}_supplement", facts.on, told, again=again)


def supplement_title(kind: CaseKind) -> str:
    """Returns the title with which the letters of a case begin that ask for a supplement."""
    return of_cases().templates[f"{kind}_supplement"].title
