"""Altered drafts of documents: what they must name, and that exactly the version seen is approved.

The law leaves the words of a reminder and of a guidance letter to the bureau (S4 四(二)). What it
asks of every such document stays: the instruments, the article, and the last day to correct.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import Fault, InvalidInput, WrongState
from law.escalation import Step
from plumbing.papers.letter_text import digest
from services.alerts.escalation.cases import CITE
from services.alerts.escalation.texts import DocumentFacts
from services.alerts.notices.texts import Text
from services.alerts.tables import EscalationDraft

ALTERABLE = (Step.REMINDER, Step.GUIDANCE_LETTER)


async def newest(
    session: AsyncSession, step_ids: Collection[int | None]
) -> dict[int | None, EscalationDraft]:
    """Returns the newest altered draft of each step, by the number of the step."""
    rows = select(EscalationDraft).where(col(EscalationDraft.step_id).in_(step_ids))
    in_order = rows.order_by(col(EscalationDraft.version))
    return {draft.step_id: draft for draft in await session.exec(in_order)}


def version_of(draft: EscalationDraft | None) -> int:
    """Returns the version of a draft; 0 for a document in the platform's own words."""
    return draft.version if draft else 0


def require_version(draft: EscalationDraft | None, seen: int) -> None:
    """Raises WrongState if the draft is no longer the version that a person has seen."""
    now = version_of(draft)
    if now != seen:
        zh = f"这份文书在您打开之后又有人改过：现在是第 {now} 稿，您看到的是第 {seen} 稿"
        en = f"The draft was altered meanwhile: it is version {now} now, you have seen {seen}"
        raise WrongState(zh, en, cite=CITE, version=str(now))


def require_seen(draft: EscalationDraft | None, seen: int | None) -> None:
    """Raises WrongState unless an altered draft is approved in the version that was seen.

    `seen` is None if the approval names no version, which is enough for the platform's own words.
    """
    if seen is not None:
        require_version(draft, seen)
    elif draft is not None:
        zh = f"文书已有人改过，批准时须写明所见的稿次（现为第 {draft.version} 稿）"
        en = f"The draft was altered; an approval names the version seen (now {draft.version})"
        raise WrongState(zh, en, cite=CITE, version=str(draft.version))


def require_same(text: Text | None, seen: str) -> None:
    """Raises WrongState if a draft no longer says what a person has seen.

    `seen` is the SHA-256 of that; empty if the approval names none.
    """
    if seen and (text is None or digest(text.body) != seen):
        zh = "您看过之后这份文书已有变化，没有批准；请看过现在的文书再决定"
        en = "The draft says something else than what you have seen; look at it again"
        raise WrongState(zh, en, cite=CITE)


def require_current(draft: EscalationDraft | None, facts: DocumentFacts) -> None:
    """Raises WrongState if an altered draft no longer agrees with the facts of today."""
    if draft is not None and (why := outdated(draft, facts)):
        raise WrongState(*why, cite=CITE)


def outdated(draft: EscalationDraft, facts: DocumentFacts) -> tuple[str, str] | None:
    """Returns why a draft no longer agrees with the facts, in Chinese and English; or None."""
    if draft.text and draft.instruments != facts.serials:
        zh = "修改之后，红色警示的器具有变化，请按现在的器具重新修改"
        return zh, "The red instruments have changed since; alter the draft again"
    if draft.text and draft.receipt_id != facts.receipt_id:
        zh = "修改之后，信用等级有变化，请按现在的等级重新修改"
        return zh, "The grade has changed since; alter the draft again"
    if draft.correct_by is not None and draft.correct_by <= facts.on:
        zh = f"改正期限 {draft.correct_by} 已到，请重新修改"
        return zh, f"The last day to correct, {draft.correct_by}, has come; alter the draft again"
    return None


def require_complete(step: Step, text: str, day: date | None, facts: DocumentFacts) -> None:
    """Raises InvalidInput if an altered text lacks what every such document names.

    The fault names all that is missing. `day` is the last day to correct, of a guidance letter.
    """
    lacks = [serial for serial in facts.serials if serial not in text]
    zh = [f"出厂编号 {serial}" for serial in lacks]
    en = [f"the serial number {serial}" for serial in lacks]
    if facts.ground(step) not in text:
        zh.append(f"依据 {facts.ground(step)}")
        en.append(f"the ground {facts.ground(step)}")
    if day is not None and day.isoformat() not in text:
        zh.append(f"改正期限 {day}")
        en.append(f"the last day to correct {day}")
    if zh:
        fault = f"正文还须写明：{'、'.join(zh)}", f"must also name {', '.join(en)}"
        raise InvalidInput(faults=[Fault("draft_text", *fault)], cite=CITE)


def require_possible(step: Step, day: date | None, today: date, latest: date) -> None:
    """Raises InvalidInput for a last day to correct that the step does not have or cannot have.

    `latest` is the latest day that may be asked for.
    """
    if day is None or (step is Step.GUIDANCE_LETTER and today < day <= latest):
        return
    zh, en = f"改正期限应在今日之后，最迟 {latest}", f"must be after today, at the latest {latest}"
    if step is not Step.GUIDANCE_LETTER:
        zh, en = "这份文书没有改正期限", "this document has no last day to correct"
    raise InvalidInput(faults=[Fault("correct_by", zh, en)])
