"""The letters of the ladder whose texts are data: guidance letter, invitation, and the minutes.

Each names the facts, the articles, what the subject is asked to do and by when, and what it is not
(S4 四(二); R-130, R-131). The texts lie in `services/alerts/letter_texts/`.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from law.escalation import Step
from law.periods import SHANGHAI
from law.reader.texts import spell_articles
from plumbing.papers.letter_template import LetterText
from services.alerts.escalation.texts import DocumentFacts
from services.alerts.letter_template import of_alerts
from services.alerts.notices.texts import Text, body, remedy


def guidance_words(facts: DocumentFacts, correct_by: date) -> str:
    """Returns the platform's own words for the part of a guidance letter that a person may alter.

    `correct_by` is the last day to correct, inclusive.
    """
    return _write("guidance_words", Step.GUIDANCE_LETTER, facts, correct_by=correct_by).body


def guidance_letter(facts: DocumentFacts, correct_by: date, words: str = "") -> Text:
    """Writes the 《行政指导建议书》: the facts, the articles, and the last day to correct (R-130).

    `correct_by` is that last day, inclusive; `words` are those of a person who altered the letter,
    empty means the platform's own.
    """
    words = words or guidance_words(facts, correct_by)
    written = _write("guidance_letter", Step.GUIDANCE_LETTER, facts, words=words)
    return Text(f"{written.title}：请于 {correct_by} 前改正", body(written.body))


def interview(
    facts: DocumentFacts,
    at: datetime,
    place: str,
    attendees: str,
    archive_cite: str,
    *,
    moved: bool = False,
) -> Text:
    """Writes the 《约谈通知》: why, when, where, with whom, and whether it is recorded (R-131).

    `archive_cite` is the article by which the archive records the interview; empty if it does not.
    `moved` says that it replaces an earlier invitation.
    """
    written = _write(
        "interview",
        Step.INTERVIEW,
        facts,
        at=_moment(at),
        place=place,
        attendees=attendees,
        moved=moved,
        archived_by=spell_articles(archive_cite) if archive_cite else "",
        remedy=remedy(facts.contact, facts.on),
    )
    return Text(f"{written.title}：{_moment(at)}", body(written.body))


def minutes(facts: DocumentFacts, at: datetime, place: str, attendees: str) -> str:
    """Returns the beginning of the minutes of an interview, to be filled in."""
    told = {"at": _moment(at), "place": place, "attendees": attendees}
    return _write("minutes", Step.INTERVIEW, facts, **told).body


def _write(name: str, step: Step, facts: DocumentFacts, **told: Any) -> LetterText:
    known = {"facts": facts, "ground": facts.ground(step)}
    return of_alerts().write(name, facts.on, {**known, **told})


def _moment(at: datetime) -> str:
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
