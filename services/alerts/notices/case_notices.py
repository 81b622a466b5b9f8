"""Notices about how cases go on, to applicants and bureaus; letters under law are not among them.

An applicant hears that a case was received, what is to be supplemented, and what was decided on a
longer term or on recusal. A bureau hears at once of a request for a longer term or for recusal, and
of a note that names its people. A note itself is never in a mail.
"""

from __future__ import annotations

from datetime import UTC, date
from typing import Any

from law.objection import TERM_CITE
from law.reader.texts import spell_articles
from plumbing.change import Change
from plumbing.clock import local_date
from plumbing.events.envelope import Received
from protos.objection.v1 import events_pb2 as objection
from protos.objection.v1 import objection_pb2
from services.alerts.notices import arrivals
from services.alerts.notices.issue import Matter, contact_of, issue, known
from services.alerts.notices.parties import applicants, parties
from services.alerts.notices.texts import Contact, Text, body
from services.alerts.tables import Bureau, NoticeKind, Subject

_KINDS_EN = {"objection": "objection", "reconsideration": "reconsideration", "repair": "repair"}


async def case_lodged(change: Change, received: Received[Any]) -> None:
    """Sends the applicant a receipt, and keeps the case for the daily digest of its bureau.

    The receipt has the number, and the day by which acceptance is decided or, for a repair, the
    last day of its term.
    """
    case = received.message.case
    bureau = await contact_of(change.session, case.bureau)
    await arrivals.keep(change, case)
    await _tell_applicant(
        change, case, f"received/{case.case_id}", _receipt(case, bureau), _receipt_en(case, bureau)
    )


async def extension_requested(
    change: Change, received: Received[objection.ExtensionRequested]
) -> None:
    """Tells a bureau at once that its head is to decide on a longer term."""
    case = received.message.case
    text = Text(
        f"请单位负责人审批延期：{case.number}",
        body(
            f"{case.number}申请延长 {case.extension_requested_days} 个工作日："
            f"{case.extension_ground}",
            f"审批之前期限照常计算，现至{case.term.target_on}届满（{spell_articles(TERM_CITE)}）。",
        ),
    )
    await _tell_bureau(change, case, f"extension/{case.case_id}/{received.id}", text)


async def extension_decided(change: Change, received: Received[objection.ExtensionDecided]) -> None:
    """Tells the applicant whether the term became longer, and its last day."""
    event, case = received.message, received.message.case
    last, ground = case.term.target_on, spell_articles(TERM_CITE)
    zh, en = ("已批准延长", "was extended") if event.approved else ("未延长", "was not extended")
    text = Text(
        f"办理期限{zh}：{case.number}",
        body(f"您的案件{case.number}的办理期限{zh}，至{last}届满（{ground}）。"),
    )
    english = Text(
        f"The term {en}: {case.number}",
        body(f"The term of your case {case.number} {en}; its last day is {last}."),
    )
    await _tell_applicant(change, case, f"extended/{case.case_id}/{received.id}", text, english)


async def colleagues_named(change: Change, received: Received[objection.ColleaguesNamed]) -> None:
    """Tells a bureau that a note on a case asks colleagues to look; the note stays in the case."""
    event = received.message
    names = "、".join(event.names)
    text = Text(
        f"请{names}查看备注：{event.case.number}",
        body(
            f"{event.author_name}在{event.case.number}的内部备注中请{names}留意。",
            "备注只在平台上查看，不随邮件发出。",
        ),
    )
    await _tell_bureau(change, event.case, f"note/{event.note_id}", text)


async def supplement_due(change: Change, received: Received[objection.SupplementDue]) -> None:
    """Issues a notice to the subject that the bureau waits for a supplement to its case."""
    message, case = received.message, received.message.case
    text = Text(
        f"请补正：{case.number}",
        body(message.message_zh, f"须补正的内容：{case.supplement.missing}"),
    )
    key = f"supplement/{case.case_id}/{message.rung}"
    for end, subject in await applicants(change, case):
        matter = Matter(f"case/{case.case_id}")
        await issue(change, NoticeKind.TERM, key + end, subject, case.bureau, text, matter)


async def recusal_asked(change: Change, received: Received[objection.RecusalAsked]) -> None:
    """Issues a notice to the bureau whose unit head decides on a request for recusal."""
    message, case = received.message, received.message.case
    bureau = await known(change.session, Bureau, message.decided_by_bureau)
    by = "本人提出" if message.recusal.own_accord else "申请人提出"
    text = Text(
        f"回避申请：{case.number}",
        body(
            f"{case.number}一案中，{by}由{message.recusal.name}回避，请单位负责人决定。",
            "决定之前办理期限照常计算，但被申请回避的人员不得作出处理决定。",
        ),
    )
    key = f"recusal_asked/{message.recusal.recusal_id}"
    matter = Matter(f"case/{case.case_id}")
    await issue(change, NoticeKind.TERM, key, bureau, bureau.code, text, matter)


async def recusal_decided(change: Change, received: Received[objection.RecusalDecided]) -> None:
    """Issues a notice of a decision on recusal: to the subject that asked, and to the bureau."""
    message, case = received.message, received.message.case
    recusal = message.recusal
    verdict = "决定回避" if recusal.answer == "approved" else "决定不予回避"
    text = Text(
        f"{verdict}：{case.number}",
        body(f"{case.number}一案中，对{recusal.name}{verdict}。理由：{recusal.answer_reasons}"),
    )
    session, matter = change.session, Matter(f"case/{case.case_id}")
    key = f"recusal_decided/{recusal.recusal_id}"
    bureau = await known(session, Bureau, case.bureau)
    await issue(change, NoticeKind.TERM, key, bureau, case.bureau, text, matter)
    if not recusal.own_accord:
        key = f"{key}/subject"
        for end, subject in await parties(change, case):
            await issue(change, NoticeKind.TERM, key + end, subject, case.bureau, text, matter)


async def _tell_bureau(change: Change, case: objection_pb2.Case, key: str, text: Text) -> None:
    bureau = await known(change.session, Bureau, case.bureau)
    await issue(change, NoticeKind.CASE, key, bureau, case.bureau, text, _about(case))


async def letter_withheld(
    change: Change, case: objection_pb2.Case, key: str, agent: Subject
) -> None:
    """Tells an agent of a letter that it does not get, for nobody has checked its mandate."""
    text = Text(
        f"案件有新的文书：{case.number}",
        body(
            f"您代理的案件{case.number}有新的文书，已发给委托单位。委托书尚未经监管部门核对，"
            "文书不发给代理人。案件的进展可在平台查看。",
        ),
    )
    english = Text(
        f"A new letter: {case.number}",
        body(
            f"There is a new letter in case {case.number}, in which you act for another. It went to"
            " that firm, for your mandate has not been checked. The platform shows the case.",
        ),
    )
    await issue(
        change,
        NoticeKind.CASE,
        key,
        agent,
        case.bureau,
        text,
        _about(case),
        in_english=lambda: english,
    )


async def _tell_applicant(
    change: Change, case: objection_pb2.Case, key: str, text: Text, english: Text
) -> None:
    for end, subject in await applicants(change, case):
        await issue(
            change,
            NoticeKind.CASE,
            key + end,
            subject,
            case.bureau,
            text,
            _about(case),
            in_english=lambda: english,
        )


def _about(case: objection_pb2.Case) -> Matter:
    return Matter(f"case/{case.case_id}")


def _receipt(case: objection_pb2.Case, bureau: Contact) -> Text:
    kind = arrivals.KINDS.get(case.kind, case.kind)
    if case.kind == "repair":
        then = f"办理期限自提交之日起计算，至{case.term.target_on}届满。"
    else:
        example = "（天数为示例值，各文本没有规定）" if case.accept_by_example else ""
        then = f"将不晚于{case.accept_by}{example}决定是否受理；受理后办理期限从次日起计算。"
    return Text(
        f"收件回执：{kind} {case.number}",
        body(
            f"您的{kind}申请已于{_day(case)}收到，编号{case.number}，由{bureau.name}办理。",
            then,
            f"查询进展请登录平台；有疑问请联系{bureau}。",
        ),
    )


def _receipt_en(case: objection_pb2.Case, bureau: Contact) -> Text:
    kind = _KINDS_EN.get(case.kind, case.kind)
    if case.kind == "repair":
        then = f"Its term runs from today; the last day is {case.term.target_on}."
    else:
        example = (
            " (an example number of days, no text states it)" if case.accept_by_example else ""
        )
        then = f"Whether it is accepted is decided by {case.accept_by}{example}."
    return Text(
        f"Received: {kind} {case.number}",
        body(
            f"Your {kind} {case.number} was received on {_day(case)}.", then, f"Questions: {bureau}"
        ),
    )


def _day(case: objection_pb2.Case) -> date:
    return local_date(case.lodged_at.ToDatetime(UTC))
