"""The document of an escalation step, made from the database rows of its case.

Before the approval of the step the document is a draft.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from sqlmodel.ext.asyncio.session import AsyncSession

from law.courses import RED_ALERT, following, rung_of
from law.escalation import Step, as_own, correct_by
from law.evidence import SubjectKind
from law.measures.rule import measures
from law.terms.workdays import edition
from services.alerts.escalation import ladder_letters, matter_texts, texts
from services.alerts.escalation.red_alerts import red_lines
from services.alerts.escalation.texts import DocumentFacts
from services.alerts.ladders.own import own_figures
from services.alerts.notices.issue import contact_of
from services.alerts.notices.texts import Text, grade_name
from services.alerts.tables import Escalation, EscalationDraft, EscalationStep, Subject
from services.alerts.templates.own import words_of_steps
from services.alerts.templates.words import Places, filled


class _Documents(Protocol):
    """The documents of a case, as the modules `texts` and `matter_texts` both write them."""

    def reminder_words(self, facts: DocumentFacts) -> str: ...
    def reminder(self, facts: DocumentFacts, words: str = "") -> Text: ...
    def statement(self, facts: DocumentFacts) -> str: ...
    def exposure(self, facts: DocumentFacts, media: Sequence[str], published: str) -> Text: ...


def _written(facts: DocumentFacts) -> _Documents:
    return texts if facts.course == RED_ALERT else matter_texts


async def facts_of(
    session: AsyncSession, case: Escalation, subject: Subject, on: date, number: str
) -> DocumentFacts:
    """Returns the facts for a case document dated `on`; an empty `number` makes it a draft."""
    contact = await contact_of(session, case.bureau)
    own = await own_figures(session, case.bureau, on)
    wordings = await words_of_steps(session, case.bureau)
    if case.course == RED_ALERT:
        lines = await red_lines(session, case)
        return DocumentFacts(subject.name, on, lines, contact, number, own=own, wordings=wordings)
    grade = grade_name(case.ruleset_id, case.grade) if case.grade else ""
    return DocumentFacts(
        subject.name,
        on,
        (),
        contact,
        number,
        case.course,
        occasion=matter_texts.of_grade(grade, case.receipt_id) if grade else case.facts,
        grade=grade,
        receipt_id=case.receipt_id,
        measures=measures(case.ruleset_id, case.grade, on) if grade else (),
        own=own,
        wordings=wordings,
    )


def corrected_by(facts: DocumentFacts, step: Step, kind: SubjectKind) -> date | None:
    """Returns the last day to correct, inclusive, for a guidance letter with these facts.

    None for every other step.
    """
    if step is not Step.GUIDANCE_LETTER:
        return None
    on = facts.on
    after = following(facts.course, step, kind, on) or rung_of(facts.course, step, on)
    return correct_by(as_own(after, facts.own), on, edition())


def words_of(step: EscalationStep, facts: DocumentFacts, day: date | None) -> str:
    """Returns the words for the part of a document that a person may alter.

    They are the platform's own, in the template of the bureau if it has one. `day` is the last day
    to correct, of a guidance letter. Empty for a step whose document nobody alters.
    """
    written, words = _written(facts), ""
    if step.step is Step.REMINDER:
        words = written.reminder_words(facts)
    elif step.step is Step.GUIDANCE_LETTER and day:
        words = ladder_letters.guidance_words(facts, day)
    template = _template_of(step, facts)
    if not words or not template:
        return words
    places = Places(facts.name, facts.contact.name, facts.on)
    return filled(template, places.chinese(words.rstrip("\n")))


def _template_of(step: EscalationStep, facts: DocumentFacts) -> str:
    """The template that was in force when a step was proposed; empty if there was none.

    So a document is approved in the words in which it was looked at.
    """
    known = facts.wordings.get(step.step, ())
    return next((words for since, words in reversed(known) if since <= step.proposed_at), "")


def last_day(
    step: Step, facts: DocumentFacts, kind: SubjectKind, draft: EscalationDraft | None
) -> date | None:
    """Returns the last day to correct of a document: as a person set it, or the usual one."""
    usual = corrected_by(facts, step, kind)
    return (draft.correct_by if draft else None) or usual


def text_of(
    step: EscalationStep,
    facts: DocumentFacts,
    kind: SubjectKind,
    draft: EscalationDraft | None = None,
) -> Text | None:
    """Returns the text of a step's document; None for an interview that has no appointment yet.

    `draft` is the document as a person altered it; None takes the platform's own words, in the
    template of the bureau if it has one.
    """
    written = _written(facts)
    day = last_day(step.step, facts, kind, draft)
    words = draft.text if draft else ""
    if not words and step.step in facts.wordings:
        words = words_of(step, facts, day)
    if day is not None:
        return ladder_letters.guidance_letter(facts, day, words)
    if step.step is Step.MEASURES:
        return matter_texts.measures(facts)
    if step.step is Step.EXPOSURE:
        return written.exposure(facts, step.media, written.statement(facts))
    if step.step is Step.REMINDER:
        return written.reminder(facts, words)
    if step.meets_at is None:
        return None
    where = (step.place, step.attendees, step.archive_cite)
    return ladder_letters.interview(facts, step.meets_at, *where, moved=step.moved)


def statement_of(facts: DocumentFacts) -> str:
    """Returns the text that an exposure makes public."""
    written = _written(facts)
    return written.statement(facts)
