"""The texts around an interview: answers, the beginning of the minutes, undertakings."""

from __future__ import annotations

from datetime import date, datetime

from law.escalation import Step
from law.periods import SHANGHAI
from services.alerts.escalation.texts import DocumentFacts
from services.alerts.notices.english import questions
from services.alerts.notices.texts import Contact, Text, body

# The beginning of the minutes. Whoever holds the interview fills in what follows each colon.
_MINUTES = """约谈时间：{at}
约谈地点：{place}
约谈单位：{bureau}
被约谈单位：{name}
参加人员：{attendees}
约谈事由：{matter}（依据：{ground}）
一、告知的事实：
{facts}
二、被约谈单位的陈述：
三、提出的要求：
四、被约谈单位的意见："""


def minutes(facts: DocumentFacts, at: datetime, place: str, attendees: str) -> str:
    """Returns the beginning of the minutes of an interview, to be filled in."""
    return _MINUTES.format(
        at=f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}",
        place=place,
        bureau=facts.contact.name,
        name=facts.name,
        attendees=attendees,
        matter=facts.matter,
        ground=facts.ground(Step.INTERVIEW),
        facts="\n".join(facts.listed) or facts.occasion,
    )


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
            words,
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
