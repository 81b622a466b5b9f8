"""The Temporal activities of the daily watch and of mail delivery; each may be repeated safely."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError

from plumbing.change import Changes
from plumbing.clock import SystemClock
from plumbing.identity import service_caller
from plumbing.settings import Settings
from plumbing.temporal import final_errors
from plumbing.told_time import checked_day
from services.alerts.adopting import adopt_catalogue
from services.alerts.clients import Clients
from services.alerts.heartbeats import heartbeats
from services.alerts.notices import mail, webhook
from services.alerts.notices.issue import load
from services.alerts.notices.lanes import AGAIN_AFTER, Lanes, Occupied
from services.alerts.notices.preferences import preference_of
from services.alerts.notices.quiet_hours import QUIET_LOOK, waits
from services.alerts.owners import key_of_wish
from services.alerts.tables import Notice, NoticeState
from services.alerts.watch import watch
from services.alerts.webhooks.sending import WebhookError
from services.alerts.workflows import WatchDone, WatchRun


class Activities:
    """The activities of the daily watch and of mail delivery, with database and mail server."""

    def __init__(
        self, changes: Changes, settings: Settings, clients: Clients, lanes: Lanes | None = None
    ) -> None:
        self._changes, self._settings, self._clients = changes, settings, clients
        self._caller, self._lanes = service_caller("alerts"), lanes or Lanes()

    def all(self) -> list[Callable[..., Any]]:
        """Returns the activities of this class, which the Temporal worker registers."""
        return [self.watch, self.deliver, self.give_up]

    @activity.defn
    @final_errors
    async def watch(self, run: WatchRun) -> WatchDone:
        """Raises every alert of a bureau that is due up to and including `run.through`.

        A day that has not begun is refused: then the run works for today. Many missed days take
        several transactions; after a crash the run goes on with the days that none has handled.
        Before that, instruments are derived again if their types are verified otherwise now.
        """
        checked = checked_day(run.through, self._changes.clock)
        await adopt_catalogue(self._changes, run.bureau)
        done, days_left = WatchDone(alerts=0, notices=0), True
        while days_left:
            async with self._changes.change(self._caller) as change:
                counts = await watch(change, run.bureau, checked.day)
            done.alerts += counts.alerts
            done.notices += counts.notices
            days_left = counts.days_left
        if checked.correction is not None:
            done.through, done.correction = checked.day, checked.correction
        return done

    @activity.defn
    @final_errors
    async def deliver(self, notice_id: str) -> None:
        """Sends a pending notice to the mail server or the webhook and stores the result.

        Does nothing if the notice is not pending, or is a mail and no mail server is set: then it
        waits until the service starts with one. After a crash between sending and storing, the
        notice is sent again under the same id. Raises ApplicationError if it is not accepted, or if
        its address hung before and has to wait, or in the quiet hours of its recipient.
        """
        async with self._changes.database.snapshot() as session:
            notice = await load(session, notice_id, lock=False)
            wish = await preference_of(session, await key_of_wish(session, notice))
        if notice.state is not NoticeState.PENDING or not self._can_send(notice):
            return
        if (pause := waits(notice, wish, self._changes.clock.now())) is not None:
            raise ApplicationError("Quiet hours", next_retry_delay=min(pause, QUIET_LOOK))
        try:
            async with heartbeats(), self._lanes.turn(notice.address):
                answer = await self._send(notice)
        except Occupied as error:
            raise ApplicationError("It waits", next_retry_delay=AGAIN_AFTER) from error
        except (mail.MailError, WebhookError) as error:
            async with self._changes.change(self._caller) as change:
                await mail.note_attempt(change, notice_id, error)
            raise ApplicationError(str(error), non_retryable=error.final) from error
        async with self._changes.change(self._caller) as change:
            await mail.mark_delivered(change, notice_id, answer)

    def _can_send(self, notice: Notice) -> bool:
        return bool(self._settings.smtp_url) or webhook.is_webhook(notice)

    async def _send(self, notice: Notice) -> str:
        """Sends a notice; returns what the mail server answered, nothing for a program."""
        settings = self._settings
        if webhook.is_webhook(notice):
            # Machine time: the receiver refuses a message that is too old or of the future.
            await webhook.send(notice, settings, SystemClock().now())
            return ""
        token = await self._link_token(notice)
        message = mail.compose(notice, settings.mail_from, settings.portal_url, token)
        return await mail.send(message, settings.smtp_url, settings.smtp_ca_file)

    async def _link_token(self, notice: Notice) -> str:
        """The secret part of the link that the mail of a notice brings; empty if it has none."""
        return await self._clients.mailed_token(notice.link_id) if notice.link_id else ""

    @activity.defn
    @final_errors
    async def give_up(self, notice_id: str) -> None:
        """Marks the delivery of a pending notice as failed."""
        async with self._changes.change(self._caller) as change:
            await mail.mark_failed(change, notice_id)
