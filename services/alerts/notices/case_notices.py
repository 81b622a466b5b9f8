"""Notices about how cases go on: who has a case now, and who is named in a note on it.

They go to the bureau, whose people have no mail address here. A note itself is never in a mail.
"""

from __future__ import annotations

from plumbing.change import Change
from plumbing.events.envelope import Received
from protos.objection.v1 import events_pb2 as objection
from protos.objection.v1 import objection_pb2
from services.alerts.notices.issue import Matter, issue, known
from services.alerts.notices.texts import Text, body
from services.alerts.tables import Bureau, NoticeKind


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
