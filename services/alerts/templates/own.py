"""The templates of a bureau that are in force, and the texts that are written by them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.alerts.tables import Notice, NoticeKind
from services.alerts.templates.tables import NoticeTemplate, TemplateState
from services.alerts.templates.words import Places, filled

MINUTES = "minutes"  # how the minutes of an interview begin; they are no step, but written so
# Letters of cases are written by the service of cases, and links that set a password by nobody.
NOTICES = frozenset(
    {
        NoticeKind.DIGEST,
        NoticeKind.REJECTED,
        NoticeKind.ADVERSE_RECORD,
        NoticeKind.GRADE_FELL,
        NoticeKind.ORDER,
        NoticeKind.RESULT,
        NoticeKind.CALIBRATION,
        NoticeKind.ENDING,
        NoticeKind.FILING,
        # no document: a case ended, an undertaking ends soon, an exposure came down
        NoticeKind.ESCALATION,
    }
)


async def in_force(session: AsyncSession, bureau: str) -> dict[str, NoticeTemplate]:
    """Returns the templates of a bureau that are in force, by kind; the emptied ones too."""
    return {row.kind: row for row in await _approved(session, bureau)}


async def _approved(session: AsyncSession, bureau: str) -> Sequence[NoticeTemplate]:
    """The templates of a bureau that are or were in force, the earliest first."""
    rows = select(NoticeTemplate).where(
        col(NoticeTemplate.bureau) == bureau, col(NoticeTemplate.state) == TemplateState.APPROVED
    )
    return (await session.exec(rows.order_by(col(NoticeTemplate.version)))).all()


async def template_of(
    session: AsyncSession, bureau: str, kind: NoticeKind
) -> NoticeTemplate | None:
    """Returns the template by which notices of a kind are written; None for those without one."""
    return (await in_force(session, bureau)).get(kind) if kind in NOTICES else None


def put_words(
    notice: Notice, template: NoticeTemplate | None, subject: str, bureau: str, on: date
) -> None:
    """Puts a new notice to the subject of that name into the words of its bureau.

    A notice that brings a letter stays as it is.
    """
    if template is None or not notice.subject_id or notice.letter_id:
        return
    places = Places(subject, bureau, on)
    if template.words:
        notice.body = filled(template.words, places.chinese(notice.body.rstrip("\n"))) + "\n"
    if template.words_en and notice.body_en:
        text = places.english(notice.body_en.rstrip("\n"))
        notice.body_en = filled(template.words_en, text) + "\n"


async def words_of_steps(
    session: AsyncSession, bureau: str
) -> Mapping[str, Sequence[tuple[datetime, str]]]:
    """Returns the words of a bureau for the documents of follow-ups, by kind, the earliest first.

    Each with the moment at which they came into force; empty words are the platform's own again.
    """
    words: defaultdict[str, list[tuple[datetime, str]]] = defaultdict(list)
    for row in await _approved(session, bureau):
        if row.decided_at is not None:
            words[row.kind].append((row.decided_at, row.words))
    return words
