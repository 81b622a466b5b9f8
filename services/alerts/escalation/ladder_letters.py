"""The letters of the ladder, from reminder to interview, and the minutes of an interview.

Each names the facts, the articles, what the subject is asked to do and by when, and what it is not
(S4 四(二); S1 12(二); R-130, R-131). The texts lie in `services/alerts/letter_texts/`.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from law.courses import RED_ALERT
from law.escalation import Step
from law.periods import SHANGHAI
from law.reader.texts import spell_articles
from plumbing.papers.letter_template import LetterText
from services.alerts.escalation.texts import DocumentFacts
from services.alerts.letter_template import of_alerts
from services.alerts.notices.texts import Text, body, remedy


def reminder_words(facts: DocumentFacts) -> str:
    """Returns the platform's own words for the part of a reminder that a person may alter."""
    return _write("reminder_words", Step.REMINDER, facts).body


def reminder(facts: DocumentFacts, words: str = "") -> Text:
    """Writes the 《提醒》: which instruments are red or what is the matter, and what is asked.

    `words` are those of a person or of the bureau; empty means the platform's own.
    """
    words = words or reminder_words(facts)
    written = _write("reminder", Step.REMINDER, facts, words=words)
    red = f"{len(facts.listed)} 台计量器具处于红色警示状态"
    what = red if facts.course == RED_ALERT else facts.matter
    return Text(f"{written.title}：{what}", body(written.body))


def measures_words(facts: DocumentFacts) -> str:
    """Returns the platform's own words: each measure that the grade permits, with its article."""
    told = [(measure.zh, spell_articles(measure.cite)) for measure in facts.measures]
    return _write("measures_words", Step.MEASURES, facts, measures=told).body


def measures(facts: DocumentFacts, words: str = "") -> Text:
    """Writes the 《监管措施告知》 (R-161): what is permitted, nothing of it by itself (C-23).

    `words` are those of the bureau; empty means the platform's own.
    """
    told = {"words": words or measures_words(facts), "remedy": remedy(facts.contact, facts.on)}
    written = _write("measures", Step.MEASURES, facts, **told)
    return Text(written.title, body(written.body))


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


def interview_words(
    facts: DocumentFacts, at: datetime, place: str, attendees: str, *, moved: bool = False
) -> str:
    """Returns the platform's own words of an invitation: why, when, where and with whom.

    `moved` says that it replaces an earlier invitation.
    """
    told = {"at": _moment(at), "place": place, "attendees": attendees, "moved": moved}
    return _write("interview_words", Step.INTERVIEW, facts, **told).body


def interview(
    facts: DocumentFacts,
    at: datetime,
    place: str,
    attendees: str,
    archive_cite: str,
    words: str = "",
    *,
    moved: bool = False,
) -> Text:
    """Writes the 《约谈通知》: why, when, where, with whom, and whether it is recorded (R-131).

    `archive_cite` is the article by which the archive records the interview; empty if it does not.
    `words` are those of the bureau; empty means the platform's own. `moved` says that it replaces
    an earlier invitation.
    """
    told = {
        "words": words or interview_words(facts, at, place, attendees, moved=moved),
        "archived_by": spell_articles(archive_cite) if archive_cite else "",
        "remedy": remedy(facts.contact, facts.on),
    }
    written = _write("interview", Step.INTERVIEW, facts, **told)
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
