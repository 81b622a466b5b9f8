"""Mails the newest audit checkpoints of all services once a day, to whoever keeps them outside."""

from __future__ import annotations

import asyncio

import structlog

from plumbing.change import Changes
from plumbing.checkpoints.witness import newest_notes
from plumbing.database import DATABASE_AWAY
from plumbing.identity import service_caller
from plumbing.service import Parts
from services.alerts.notices.issue import issue
from services.alerts.notices.texts import Text
from services.alerts.tables import Bureau, Notice, NoticeKind

PLATFORM = "platform"  # stands where a notice names its bureau
# After the second round of checkpoints, in which every service has been heard.
FIRST_SECONDS, LOOK_EVERY_SECONDS = 90.0, 600.0
log = structlog.get_logger()


class CheckpointMail:
    """Issues one notice a day to the address for checkpoints; with an empty address none."""

    def __init__(self, changes: Changes, address: str) -> None:
        self._changes, self._address = changes, address
        self._keeper = Bureau(
            code=PLATFORM, name="", department="", phone="", email=address, version=0
        )

    @classmethod
    def of(cls, parts: Parts) -> CheckpointMail:
        """Creates the mail with the address from the settings in `parts`."""
        return cls(parts.changes, parts.settings.checkpoint_mail)

    async def run(self) -> None:
        """Issues the notice of each day until cancelled; waits while the database is away."""
        if not self._address:
            await asyncio.Event().wait()
        await asyncio.sleep(FIRST_SECONDS)
        while True:
            try:
                await self.issue()
            except DATABASE_AWAY as error:
                log.warning("checkpoint_mail.waiting", error=repr(error))
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def issue(self) -> Notice | None:
        """Issues the notice of today; returns None if there is one, or no checkpoint yet."""
        async with self._changes.change(service_caller("alerts")) as change:
            notes = await newest_notes(change.session)
            if not notes:
                return None
            key = f"checkpoint/{change.today}"
            text = Text(f"审计检查点 {change.today}", _body(notes))
            return await issue(change, NoticeKind.CHECKPOINT, key, self._keeper, PLATFORM, text)


def _body(notes: list[str]) -> str:
    lines = [
        "请将本邮件存到平台以外，至少保存到下一次核验。以后改写此前的审计记录，凭此即可发现：",
        "　　quanheng audit verify --checkpoint 文件 --key 公钥",
        "Keep this mail outside the platform: it shows whether the audit is rewritten later.",
        "",
        *notes,
    ]
    return "\n".join(lines)
