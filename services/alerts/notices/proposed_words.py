"""Tells a bureau that figures or words of its own wait for a second administrator.

Administrators have no mailbox of their own here; the mail goes to that of the bureau, and the page
of the platform's state names what waits.
"""

from __future__ import annotations

from plumbing.change import Change
from services.alerts.notices.issue import Matter, issue
from services.alerts.notices.texts import Text, body
from services.alerts.tables import Bureau, NoticeKind


async def tell_of_proposal(change: Change, office: Bureau, about: str, what: str) -> None:
    """Issues the notice that something proposed for a bureau waits, once for each proposal."""
    text = Text(
        f"待第二位平台管理员批准：{what}",
        body(
            f"{office.name}：\n有一版新的{what}已经提出，尚未生效。",
            "须由提出人以外的一位平台管理员在平台上批准或者作废。",
        ),
    )
    key, kind = f"proposed/{about}", NoticeKind.PROPOSAL
    await issue(change, kind, key, office, office.code, text, Matter(about))
