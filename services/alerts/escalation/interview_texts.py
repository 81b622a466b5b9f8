"""The texts around an interview: answers to its invitation, and undertakings."""

from __future__ import annotations

from datetime import date, datetime

from law.periods import SHANGHAI
from services.alerts.notices.english import as_written, questions
from services.alerts.notices.texts import Contact, Text, body


def answered(name: str, at: datetime, answer: str, asked_for: date | None, reasons: str) -> Text:
    """Writes the notice to the bureau of how a subject answered the invitation to an interview."""
    day = f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    if answer == "attend":
        return Text(f"约谈答复：{name}将按时参加", body(f"{name}将参加 {day} 的约谈。", reasons))
    return Text(
        f"约谈答复：{name}请求改期",
        body(
            f"{name}不能参加 {day} 的约谈，请求改在 {asked_for}：{reasons}",
            "请决定是否改期；不改期的，原定时间照常。",
        ),
    )


def undertaking_ends(name: str, until: date, words: str, bureau: Contact) -> Text:
    """Writes the reminder to the subject `name` that the day of its undertaking comes."""
    return Text(
        f"承诺的改正期限将至：{until}",
        body(
            f"{name}：\n贵单位在约谈中承诺于 {until}（含当日）前完成：",
            words,
            "已经完成的，请将情况告知我局，以便核实。",
            f"如有疑问，请联系{bureau}。",
        ),
    )


def undertaking_ends_in_english(name: str, until: date, words: str, bureau: Contact) -> Text:
    """Writes that reminder in English; the undertaking stays as it was recorded."""
    return Text(
        f"The day of your undertaking comes: {until}",
        body(
            f"{name}:\nAt the interview you undertook to do by {until}, that day included:",
            as_written("Undertaking", words),
            "If it is done, please tell the bureau, which will verify it.",
            questions(bureau),
        ),
    )


def undertaking_over(name: str, until: date, words: str, *, last: bool) -> Text:
    """Writes the notice to the bureau that the day of an undertaking has passed.

    `last` says that no step comes after the interview.
    """
    after = (
        "约谈是这件督促的最后一步，平台不再提出其他步骤" if last else "未完成的，下一步骤随即提出"
    )
    return Text(
        f"约谈承诺的期限已过：{name}",
        body(
            f"{name}承诺于 {until} 前完成：{words}",
            f"请核实是否完成，并在督促的页面记录；{after}。",
        ),
    )
