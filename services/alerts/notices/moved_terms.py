"""Tells bureaus and applicants of terms that a new edition of the calendar moves.

What a bureau is to be told of many cases at once comes in one notice, as reminders of terms do.
"""

from __future__ import annotations

from plumbing.change import Change
from plumbing.events.envelope import Received
from protos.objection.v1 import events_pb2 as objection
from services.alerts.notices.issue import Matter, issue, known
from services.alerts.notices.parties import applicants
from services.alerts.notices.texts import Text, body
from services.alerts.tables import Bureau, NoticeKind, TermNote

_TERMS = {
    "case": ("办理期限", "the term of the case"),
    "intake": ("决定是否受理的期限", "the term to accept or decline it"),
    "supplement": ("补正期限", "the term to supplement it"),
}


async def term_moved(change: Change, received: Received[objection.TermMoved]) -> None:
    """Tells the bureau of a case, its subject and its agent the new last day of a term.

    A day that only is no longer provisional stands in the case, and is told to nobody.
    """
    event, case = received.message, received.message.case
    if event.old_on == event.new_on:
        return
    await known(change.session, Bureau, case.bureau)
    note = TermNote(
        event_id=str(received.id),
        bureau=case.bureau,
        case_id=case.case_id,
        case_number=case.number,
        message_zh=event.message_zh,
        at=change.at,
    )
    change.session.add(note)
    key = f"calendar/{event.calendar_edition}/{event.term}/{case.case_id}"
    matter = Matter(f"case/{case.case_id}")
    text, english = _chinese(event), _english(event)
    for end, subject in await applicants(change, case):
        await issue(
            change,
            NoticeKind.CASE,
            key + end,
            subject,
            case.bureau,
            text,
            matter,
            in_english=lambda: english,
        )


def _chinese(event: objection.TermMoved) -> Text:
    name, number = _TERMS[event.term][0], event.case.number
    also = "该日仍为暂定，待次年放假安排公布后确定。" if event.provisional else ""
    return Text(
        f"{name}的届满日有变动：{number}",
        body(
            f"国务院公布的放假安排（{event.document}）改变了工作日的计算。"
            f"您的案件{number}的{name}，届满日由{event.old_on}改为{event.new_on}。{also}",
            "其他事项不变，您不需要做什么。",
        ),
    )


def _english(event: objection.TermMoved) -> Text:
    name, number = _TERMS[event.term][1], event.case.number
    also = " That day is still provisional." if event.provisional else ""
    return Text(
        f"A last day has moved: {number}",
        body(
            f"The State Council's arrangement of holidays ({event.document}) changes which days are"
            f" working days. Of your case {number}, {name} ended on {event.old_on} and now ends on"
            f" {event.new_on}.{also}",
            "Nothing else changes, and you need not do anything.",
        ),
    )
