"""Issues the documents of escalation steps as numbered notices, and finds them by their number."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.courses import rung_of
from law.escalation import Step
from law.evidence import SubjectKind
from plumbing.change import Change
from plumbing.papers.check_code import new_check_code
from plumbing.papers.servicer import IssuedLetter
from services.alerts.escalation import drafts
from services.alerts.escalation.documents import facts_of, last_day, text_of
from services.alerts.escalation.texts import LETTER_TITLES
from services.alerts.notices.issue import Matter, issue
from services.alerts.tables import (
    DocumentNumber,
    Escalation,
    EscalationDraft,
    EscalationStep,
    Notice,
    NoticeKind,
    Subject,
)


async def issue_document(
    change: Change,
    case: Escalation,
    step: EscalationStep,
    subject: Subject,
    draft: EscalationDraft | None = None,
) -> None:
    """Issues the document of a step, as a person altered it: a numbered notice to the subject.

    A step has several documents if its interview was moved; the step names the last one.
    """
    kind = SubjectKind(subject.kind)
    step.number = await _next_number(change, case, step.step)
    facts = await facts_of(change.session, case, subject, change.today, step.number)
    drafts.require_current(draft, facts)
    step.correct_by = last_day(step.step, facts, kind, draft)
    if (text := text_of(step, facts, kind, draft)) is None:
        raise AssertionError("An interview is appointed before its document is made")
    key = _key(step) + (f"/{step.number}" if step.moved else "")
    about = f"escalation/{case.escalation_id}"
    matter = Matter(about, str(uuid4()), step.number, new_check_code())
    notice = await issue(change, NoticeKind.ESCALATION, key, subject, case.bureau, text, matter)
    step.notice_id = notice.notice_id if notice else ""


async def _next_number(change: Change, case: Escalation, step: Step) -> str:
    year = change.today.year
    key = (case.bureau, step, year)
    row = await change.session.get(DocumentNumber, key, with_for_update=True)
    row = row or DocumentNumber(bureau=case.bureau, step=step, year=year, last=0)
    row.last += 1
    change.session.add(row)
    name = rung_of(case.course, step, change.today).name_zh
    return f"{name}〔{year}〕{case.bureau}-{row.last:04d}号"


def _key(step: EscalationStep) -> str:
    """The key of the notice with the document of a step, and how those of later ones begin."""
    return f"escalation/{step.escalation_id}/{step.step_id}"


async def replaced(session: AsyncSession, step: EscalationStep) -> Sequence[Notice]:
    """Returns the letters of a step that a later one replaced, the oldest first."""
    if not step.moved:
        return ()
    key = _key(step)
    later = col(Notice.key).startswith(f"{key}/", autoescape=True)
    rows = select(Notice).where(
        (col(Notice.key) == key) | later,
        col(Notice.notice_id) != step.notice_id,
        col(Notice.letter_id) != "",
    )
    return (await session.exec(rows.order_by(col(Notice.created_at)))).all()


async def find_letters(session: AsyncSession, number: str) -> list[IssuedLetter]:
    """Returns the documents of escalation steps with a number; at most one.

    A letter of a case, of which alerts has only a notice, is checked by its own service.
    """
    of_steps = select(Notice).where(
        col(Notice.number) == number,
        col(Notice.letter_id) != "",
        col(Notice.kind) == NoticeKind.ESCALATION,
    )
    letters = list[IssuedLetter]()
    for notice in await session.exec(of_steps):
        # An interview that was moved has several letters; the step names the last one.
        step_id = int(notice.key.removeprefix(f"{notice.about}/").partition("/")[0])
        step = await session.get_one(EscalationStep, step_id)
        title = LETTER_TITLES[step.step]
        letters.append(
            IssuedLetter(number, notice.check_code, title, notice.body, notice.created_at)
        )
    return letters
