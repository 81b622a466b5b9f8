"""What follows the events of cases: letters and notices, and what is contested meanwhile."""

from __future__ import annotations

from typing import Any

from law.objection import CaseKind
from plumbing.change import Change
from plumbing.events.envelope import Received
from protos.objection.v1 import events_pb2 as objection
from services.alerts.escalation.contests import put_contest
from services.alerts.escalation.holding import release
from services.alerts.exposure_lists.endings import follow_contest, follow_decision
from services.alerts.notices import case_notices, texts
from services.alerts.notices.arrivals import no_longer_new
from services.alerts.notices.issue import Matter, issue, known
from services.alerts.notices.parties import applicants
from services.alerts.notices.texts import Text
from services.alerts.tables import Bureau, NoticeKind


async def letter_issued(change: Change, received: Received[objection.LetterIssued]) -> None:
    """Issues a letter of an objection or repair case to the case's subject and to its agent.

    An agent whose mandate nobody has checked only hears that there is a letter.
    """
    case, letter = received.message.case, received.message.letter
    text, key = Text(letter.title, letter.body), f"letter/{letter.letter_id}"
    matter = Matter(f"case/{case.case_id}", letter.letter_id, letter.number, letter.check_code)
    for end, subject in await applicants(change, case):
        if end and not case.agent.checked_by:
            await case_notices.letter_withheld(change, case, key + end, subject)
            continue
        await issue(change, NoticeKind.LETTER, key + end, subject, case.bureau, text, matter)


async def case_lodged(change: Change, received: Received[Any]) -> None:
    """Tells of a case that was lodged; escalation waits for one that contests something."""
    await case_notices.case_lodged(change, received)
    await contest_changed(change, received)


async def no_longer_open_or_new(change: Change, received: Received[Any]) -> None:
    """Forgets a case that nobody need be told of, and has escalation wait for it or go on."""
    await no_longer_new(change, received)
    await contest_changed(change, received)


async def contest_changed(change: Change, received: Received[Any]) -> None:
    """Keeps what a case contests, and has the escalation cases of its subject wait or go on.

    An exposure ends if what it rests on was changed by the decision, or if the case ran already
    when it was made public. A repair contests nothing.
    """
    case = received.message.case
    if case.kind == CaseKind.REPAIR:
        return
    subject_id = await put_contest(change, received)
    await follow_decision(change, case, subject_id)
    await follow_contest(change, case.case_id, subject_id, received.time)
    await release(change, {subject_id})


async def objection_sent_back(
    change: Change, received: Received[objection.ObjectionSentBack]
) -> None:
    """Issues a notice to a bureau whose decision was sent back: its term runs at once (S3 27).

    The new case contests what the reconsideration did; no other event tells so before its decision.
    """
    await contest_changed(change, received)
    case = received.message.case
    bureau = await known(change.session, Bureau, case.bureau)
    text = Text(
        f"复核退回，重新办理：{case.number}",
        texts.body(
            "复核决定退回重办，由未参加原处理的人员重新作出决定。",
            f"新案号：{case.number}；期限至{case.term.target_on}，自退回之日起已经计算。",
        ),
    )
    matter = Matter(f"case/{case.case_id}")
    key = f"sent_back/{case.case_id}"
    await issue(change, NoticeKind.TERM, key, bureau, case.bureau, text, matter)


async def case_handed_over(change: Change, received: Received[objection.CaseHandedOver]) -> None:
    """Issues a notice to the bureau to which a case was handed over; the former hears no more."""
    await no_longer_new(change, received)
    message, case = received.message, received.message.case
    bureau = await known(change.session, Bureau, case.bureau)
    text = Text(
        f"移交办理：{case.number}",
        texts.body(
            f"{message.from_bureau}没有人可以办理{case.number}，现由你局办理：{message.reasons}",
            "请指定没有参加过该事项办理的人员；期限照常计算。",
        ),
    )
    matter = Matter(f"case/{case.case_id}")
    key = f"handed_over/{case.case_id}/{received.id}"
    await issue(change, NoticeKind.TERM, key, bureau, case.bureau, text, matter)
