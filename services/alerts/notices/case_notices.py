"""Notices about how cases go on: who has a case, notes, supplements that are due, and recusal.

They go to the bureau, whose people have no mail address here, or to the subject. A note itself is
never in a mail.
"""

from __future__ import annotations

from plumbing.change import Change
from plumbing.events.envelope import Received
from protos.objection.v1 import events_pb2 as objection
from protos.objection.v1 import objection_pb2
from services.alerts.notices.issue import Matter, issue, known
from services.alerts.notices.texts import Text, body
from services.alerts.tables import Bureau, NoticeKind, Subject


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
    await _tell(change, event.case, f"note/{event.note_id}", text)


async def _tell(change: Change, case: objection_pb2.Case, key: str, text: Text) -> None:
    bureau = await known(change.session, Bureau, case.bureau)
    matter = Matter(f"case/{case.case_id}")
    await issue(change, NoticeKind.CASE, key, bureau, case.bureau, text, matter)


async def supplement_due(change: Change, received: Received[objection.SupplementDue]) -> None:
    """Issues a notice to the subject that the bureau waits for a supplement to its case."""
    message, case = received.message, received.message.case
    subject = await known(change.session, Subject, case.subject_id)
    text = Text(
        f"请补正：{case.number}",
        body(message.message_zh, f"须补正的内容：{case.supplement.missing}"),
    )
    key = f"supplement/{case.case_id}/{message.rung}"
    matter = Matter(f"case/{case.case_id}")
    await issue(change, NoticeKind.TERM, key, subject, case.bureau, text, matter)


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
        subject = await known(session, Subject, case.subject_id)
        key = f"{key}/subject"
        await issue(change, NoticeKind.TERM, key, subject, case.bureau, text, matter)
