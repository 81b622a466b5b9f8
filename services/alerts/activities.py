"""What the workflows ask for: idempotent, each a thin call to a command."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError

from plumbing.change import Changes
from plumbing.identity import service_caller
from plumbing.settings import Settings
from plumbing.temporal import final_errors
from services.alerts import commands
from services.alerts.notices import issue as notices
from services.alerts.notices import mail
from services.alerts.tables import NoticeState
from services.alerts.watch import watch
from services.alerts.workflows import WatchDone, WatchRun


class Activities:
    """Bound to this service's database and mail server."""

    def __init__(self, changes: Changes, settings: Settings) -> None:
        self._changes, self._settings = changes, settings
        self._caller = service_caller("alerts")

    def all(self) -> list[Callable[..., Any]]:
        """What a worker is given."""
        return [self.watch, self.deliver, self.give_up]

    @activity.defn
    @final_errors
    async def watch(self, run: WatchRun) -> WatchDone:
        """Raises every alert of a bureau due up to and including a day."""
        async with self._changes.change(self._caller) as change:
            done = await watch(change, run.bureau, run.through)
        return WatchDone(alerts=done.alerts, notices=done.notices)

    @activity.defn
    @final_errors
    async def deliver(self, notice_id: str) -> None:
        """Hands a pending notice to the mail server, and notes it.

        At least once: a crash between the two sends again, under the same Message-ID.
        """
        async with self._changes.database.snapshot() as session:
            notice = await notices.load(session, notice_id, lock=False)
        if notice.state is not NoticeState.PENDING:
            return
        try:
            message = mail.compose(notice, self._settings.mail_from)
            await mail.send(message, self._settings.smtp_url)
        except mail.MailError as error:
            async with self._changes.change(self._caller) as change:
                await commands.note_attempt(change, notice_id, str(error))
            raise ApplicationError(str(error), non_retryable=error.final) from error
        async with self._changes.change(self._caller) as change:
            await commands.mark_delivered(change, notice_id)

    @activity.defn
    @final_errors
    async def give_up(self, notice_id: str) -> None:
        """Notes that a delivery failed for good."""
        async with self._changes.change(self._caller) as change:
            await commands.mark_failed(change, notice_id)
