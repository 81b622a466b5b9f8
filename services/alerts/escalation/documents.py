"""The document of an escalation step, made from the database rows of its case.

Before the approval of the step the document is a draft.
"""

from __future__ import annotations

from datetime import date

from sqlmodel.ext.asyncio.session import AsyncSession

from law.escalation import Step, correct_by, following, rung
from law.evidence import SubjectKind
from law.terms.workdays import edition
from services.alerts.escalation import texts
from services.alerts.escalation.cases import red_lines
from services.alerts.escalation.texts import DocumentFacts
from services.alerts.notices.issue import contact_of
from services.alerts.notices.texts import Text
from services.alerts.tables import Escalation, EscalationDraft, EscalationStep, Subject


async def facts_of(
    session: AsyncSession, case: Escalation, subject: Subject, on: date, number: str
) -> DocumentFacts:
    """Returns the facts for a case document dated `on`; an empty `number` makes it a draft."""
    contact = await contact_of(session, case.bureau)
    return DocumentFacts(subject.name, on, await red_lines(session, case), contact, number)


def corrected_by(step: Step, kind: SubjectKind, on: date) -> date | None:
    """Returns the last day to correct, inclusive, for a guidance letter dated `on`.

    None for every other step.
    """
    if step is not Step.GUIDANCE_LETTER:
        return None
    return correct_by(following(step, kind, on) or rung(step, on), on, edition())


def words_of(step: Step, facts: DocumentFacts, day: date | None) -> str:
    """Returns the platform's own words for the part of a document that a person may alter.

    `day` is the last day to correct, of a guidance letter. Empty for a step whose document nobody
    alters.
    """
    if step is Step.REMINDER:
        return texts.reminder_words(facts)
    return texts.guidance_words(facts, day) if step is Step.GUIDANCE_LETTER and day else ""


def last_day(
    step: Step, facts: DocumentFacts, kind: SubjectKind, draft: EscalationDraft | None
) -> date | None:
    """Returns the last day to correct of a document: as a person set it, or the usual one."""
    return (draft.correct_by if draft else None) or corrected_by(step, kind, facts.on)


def text_of(
    step: EscalationStep,
    facts: DocumentFacts,
    kind: SubjectKind,
    draft: EscalationDraft | None = None,
) -> Text | None:
    """Returns the text of a step's document; None for an interview that has no appointment yet.

    `draft` is the document as a person altered it; None takes the platform's own words.
    """
    day = last_day(step.step, facts, kind, draft)
    words = draft.text if draft else ""
    if day is not None:
        return texts.guidance_letter(facts, day, words)
    if step.step is Step.EXPOSURE:
        return texts.exposure(facts, step.media, texts.statement(facts))
    if step.step is Step.REMINDER:
        return texts.reminder(facts, words)
    if step.meets_at is None:
        return None
    return texts.interview(facts, step.meets_at, step.place, step.attendees, step.archive_cite)
