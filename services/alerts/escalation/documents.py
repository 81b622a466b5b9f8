"""The document of an escalation step, made from the database rows of its case.

Before the approval of the step the document is a draft.
"""

from __future__ import annotations

from datetime import date

from sqlmodel.ext.asyncio.session import AsyncSession

from law.courses import RED_ALERT, following, rung_of
from law.escalation import Step, as_own, correct_by
from law.evidence import SubjectKind
from law.measures.rule import measures
from law.terms.workdays import edition
from services.alerts.escalation import ladder_letters, matter_texts
from services.alerts.escalation.red_alerts import red_lines
from services.alerts.escalation.texts import DocumentFacts
from services.alerts.ladders.own import own_figures
from services.alerts.notices.issue import contact_of
from services.alerts.notices.texts import Text, grade_name
from services.alerts.tables import Escalation, EscalationDraft, EscalationStep, Subject
from services.alerts.templates.own import MINUTES, words_of_steps
from services.alerts.templates.words import Places, filled


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
    """Returns the words of a document between its heading and what the law asks to stand below.

    They are the platform's own, in the template of the bureau if it has one. `day` is the last day
    to correct, of a guidance letter. Empty for an interview that has no appointment yet, and for an
    exposure, of which a list tells its subject.
    """
    words, template = _words_of(step, facts, day), _template_of(step, facts)
    if not words or not template:
        return words
    return filled(template, _places(facts).chinese(words.rstrip("\n")))


def _places(facts: DocumentFacts) -> Places:
    return Places(facts.name, facts.contact.name, facts.on)


def _words_of(step: EscalationStep, facts: DocumentFacts, day: date | None) -> str:
    """The platform's own words."""
    if step.step is Step.REMINDER:
        return ladder_letters.reminder_words(facts)
    if step.step is Step.MEASURES:
        return ladder_letters.measures_words(facts)
    if step.step is Step.INTERVIEW:
        return _invitation(step, facts)
    return ladder_letters.guidance_words(facts, day) if day else ""


def _invitation(step: EscalationStep, facts: DocumentFacts) -> str:
    if step.meets_at is None:
        return ""
    where = (step.meets_at, step.place, step.attendees)
    return ladder_letters.interview_words(facts, *where, moved=step.moved)


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

    None for an exposure too. `draft` is the document as a person altered it; without one it has the
    platform's own words, in the template of the bureau if it has one.
    """
    day = last_day(step.step, facts, kind, draft)
    words = (draft.text if draft else "") or words_of(step, facts, day)
    if day is not None:
        return ladder_letters.guidance_letter(facts, day, words)
    if step.step is Step.MEASURES:
        return ladder_letters.measures(facts, words)
    if step.step is Step.REMINDER:
        return ladder_letters.reminder(facts, words)
    if step.meets_at is None:
        return None
    where = (step.meets_at, step.place, step.attendees)
    return ladder_letters.interview(facts, *where, step.archive_cite, words, moved=step.moved)


def minutes_of(step: EscalationStep, facts: DocumentFacts) -> str:
    """Returns how the minutes of an appointed interview begin, in the bureau's template of today.

    Empty for an interview that has no appointment yet.
    """
    if step.meets_at is None:
        return ""
    words = ladder_letters.minutes(facts, step.meets_at, step.place, step.attendees)
    known = facts.wordings.get(MINUTES, ())
    template = known[-1][1] if known else ""
    return filled(template, _places(facts).chinese(words.rstrip("\n"))) if template else words
