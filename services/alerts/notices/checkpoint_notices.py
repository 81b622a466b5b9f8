"""Sends the newest audit checkpoints of all services once a day to whoever keeps them outside.

A mail goes to an address, a webhook to a program; each is a notice, whose delivery is repeated and
seen as that of any other.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from plumbing.change import Changes
from plumbing.checkpoints.witness import newest_notes
from plumbing.clock import local_date
from plumbing.database_away import DATABASE_AWAY
from plumbing.identity import service_caller
from plumbing.service import Parts
from services.alerts.notices.issue import issue
from services.alerts.notices.texts import Text
from services.alerts.notices.webhook import require_secret
from services.alerts.tables import Bureau, Notice, NoticeKind

PLATFORM = "platform"  # stands where a notice names its bureau
# After the second round of checkpoints, in which every service has been heard.
FIRST_SECONDS, LOOK_EVERY_SECONDS = 90.0, 600.0
MESSAGE_TYPE = "audit.checkpoints"
log = structlog.get_logger()


@dataclass(frozen=True)
class Keeper:
    """Who gets the checkpoints: at which address, and how the message for it is written."""

    key: str  # begins the key of each day's notice
    address: str
    body: Callable[[Sequence[str], datetime], str]


class CheckpointNotices:
    """Issues one notice a day to each keeper; without keepers none."""

    def __init__(self, changes: Changes, *, mail: str = "", webhook: str = "") -> None:
        self._changes = changes
        keepers = Keeper("checkpoint", mail, _mail), Keeper("checkpoint-webhook", webhook, _message)
        self._keepers = [keeper for keeper in keepers if keeper.address]

    @classmethod
    def of(cls, parts: Parts) -> CheckpointNotices:
        """Creates the notices for the mail address and the webhook of the settings in `parts`.

        Raises InvalidInput for a webhook without a secret.
        """
        settings = parts.settings
        require_secret(settings)
        return cls(
            parts.changes, mail=settings.checkpoint_mail, webhook=settings.checkpoint_webhook
        )

    async def run(self) -> None:
        """Issues the notices of each day until cancelled; waits while the database is away."""
        if not self._keepers:
            await asyncio.Event().wait()
        await asyncio.sleep(FIRST_SECONDS)
        while True:
            try:
                await self.issue()
            except DATABASE_AWAY as error:
                log.warning("checkpoint_notices.waiting", error=repr(error))
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def issue(self) -> list[Notice]:
        """Issues the notices of today that there are not yet; none before the first checkpoint."""
        async with self._changes.change(service_caller("alerts")) as change:
            notes = await newest_notes(change.session)
            if not notes:
                return []
            issued = []
            for keeper in self._keepers:
                text = Text(f"审计检查点 {change.today}", keeper.body(notes, change.at))
                key, kind = f"{keeper.key}/{change.today}", NoticeKind.CHECKPOINT
                to = Bureau(
                    code=PLATFORM, name="", department="", phone="", email=keeper.address, version=0
                )
                issued.append(await issue(change, kind, key, to, PLATFORM, text))
            return [notice for notice in issued if notice]


def _mail(notes: Sequence[str], _at: datetime) -> str:
    lines = [
        "请将本邮件存到平台以外，至少保存到下一次核验。以后改写此前的审计记录，凭此即可发现：",
        "　　quanheng audit verify --checkpoint 文件 --key 公钥",
        "Keep this mail outside the platform: it shows whether the audit is rewritten later.",
        "",
        *notes,
    ]
    return "\n".join(lines)


def _message(notes: Sequence[str], at: datetime) -> str:
    data = {"day": local_date(at).isoformat(), "checkpoints": list(notes)}
    message = {"type": MESSAGE_TYPE, "timestamp": at.isoformat(), "data": data}
    return json.dumps(message, ensure_ascii=False)
