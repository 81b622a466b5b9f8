"""Mails to authorities and organisations with which records were shared; cases write their text."""

from __future__ import annotations

from plumbing.change import Change
from plumbing.events.envelope import Received
from protos.objection.v1 import events_pb2 as objection
from services.alerts.notice_kinds import RECEIVER
from services.alerts.notices.issue import Matter, issue
from services.alerts.notices.texts import Text, body
from services.alerts.tables import Bureau, NoticeKind


async def receiver_mail_due(change: Change, received: Received[objection.ReceiverMailDue]) -> None:
    """Issues the notice of a mail to a receiver; it belongs to the bureau that writes."""
    due = received.message
    # No other name of it is known.
    to = Bureau(
        code=due.bureau, name=due.email, department="", phone="", email=due.email, version=0
    )
    text = Text(due.title, body(due.body))
    matter = Matter(f"case/{due.case_id}" if due.case_id else "")
    await issue(change, NoticeKind.CASE, f"{RECEIVER}{due.mail_id}", to, due.bureau, text, matter)
