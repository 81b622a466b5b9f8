"""Notices about the mandates of agents: one that ends, a later one, and what its check found.

The agent and the firm hear of all of them: the firm, for it is bound by what its agent does. The
bureau hears of a later mandate that it is to check.
"""

from __future__ import annotations

from plumbing.change import Change
from plumbing.events.envelope import Received
from protos.objection.v1 import events_pb2 as objection
from protos.objection.v1 import objection_pb2
from services.alerts.notices.english import as_written
from services.alerts.notices.issue import Matter, issue, known
from services.alerts.notices.texts import Text, body
from services.alerts.tables import Bureau, NoticeKind, Subject


async def mandate_ending(change: Change, received: Received[objection.MandateEnding]) -> None:
    """Tells the agent and the firm that a mandate ends, and once it is over."""
    event, case = received.message, received.message.case
    zh, en, until = ("即将到期", "ends soon", "lasts until")
    if event.over:
        zh, en, until = ("已到期", "has ended", "lasted until")
    text = Text(
        f"委托书{zh}：{case.number}",
        body(f"{event.message_zh}。", "在平台的案件页提交新的委托书；委托单位可以随时自行办理。"),
    )
    english = Text(
        f"The mandate {en}: {case.number}",
        body(
            f"The mandate of {case.agent.name} in case {case.number} {until} "
            f"{case.agent.until}. The agent sends a later one on the page of the case; the firm "
            "itself can do everything at any time.",
        ),
    )
    await _tell_both(change, case, f"mandate/{case.case_id}/{event.rung}", text, english)


async def mandate_renewed(change: Change, received: Received[objection.MandateRenewed]) -> None:
    """Tells the firm that its agent sent a later mandate, and the bureau that it is to check it."""
    case = received.message.case
    key, waits = f"mandate_renewed/{case.case_id}/{received.id}", case.agent.HasField("renewal")
    until = case.agent.renewal.until if waits else case.agent.until
    then = "监管部门核对后生效" if waits else "监管部门受理时核对"
    text = Text(
        f"代理人提交了新的委托书：{case.number}",
        body(
            f"{case.agent.name}在{case.number}一案中提交了新的委托书，有效至{until}，{then}。",
            "没有出具过这份委托书的，请立即告知办理案件的监管部门。",
        ),
    )
    english = Text(
        f"A later mandate was sent: {case.number}",
        body(
            f"{case.agent.name} sent a later mandate in case {case.number}, which lasts until "
            f"{until}. If you have not given it, tell the bureau that hears the case at once.",
        ),
    )
    firm = await known(change.session, Subject, case.subject_id)
    await _tell(change, case, key, firm, text, english)
    if not waits:
        return
    bureau = await known(change.session, Bureau, case.bureau)
    asked = Text(
        f"请核对新的委托书：{case.number}",
        body(f"{case.number}一案的代理人提交了新的委托书，有效至{until}，请在案件页核对。"),
    )
    await issue(change, NoticeKind.CASE, f"{key}/bureau", bureau, case.bureau, asked, _about(case))


async def mandate_checked(change: Change, received: Received[objection.MandateChecked]) -> None:
    """Tells the agent and the firm whether a later mandate holds, and why not."""
    event, case = received.message, received.message.case
    if event.approved:
        zh, en = "新的委托书已核对", "The later mandate holds"
        said = f"{case.number}一案代理人{case.agent.name}的委托书有效至{case.agent.until}。"
        said_en = f"The mandate of {case.agent.name} lasts until {case.agent.until}."
    else:
        zh, en = "新的委托书未被采用", "The later mandate was refused"
        said = f"{case.number}一案代理人提交的新的委托书未被采用：{event.reasons}"
        said_en = f"The mandate sent last in case {case.number} was refused. " + as_written(
            "Reasons", event.reasons
        )
    key = f"mandate_checked/{case.case_id}/{received.id}"
    texts = Text(f"{zh}：{case.number}", body(said)), Text(f"{en}: {case.number}", body(said_en))
    await _tell_both(change, case, key, *texts)


async def _tell_both(
    change: Change, case: objection_pb2.Case, key: str, text: Text, english: Text
) -> None:
    for end, id_ in (("", case.subject_id), ("/agent", case.agent.subject_id)):
        subject = await known(change.session, Subject, id_)
        await _tell(change, case, key + end, subject, text, english)


async def _tell(
    change: Change,
    case: objection_pb2.Case,
    key: str,
    subject: Subject,
    text: Text,
    english: Text,
) -> None:
    await issue(
        change,
        NoticeKind.CASE,
        key,
        subject,
        case.bureau,
        text,
        _about(case),
        in_english=lambda: english,
    )


def _about(case: objection_pb2.Case) -> Matter:
    return Matter(f"case/{case.case_id}")
