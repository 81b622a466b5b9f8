"""The Temporal activities that deliver a message to a webhook; each may be repeated safely."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio import activity
from temporalio.exceptions import ApplicationError

from plumbing.change import Changes
from plumbing.clock import SystemClock
from plumbing.identity import service_caller
from plumbing.settings import Settings
from plumbing.temporal import final_errors
from services.alerts.heartbeats import heartbeats
from services.alerts.notices.lanes import AGAIN_AFTER, Lanes, Occupied
from services.alerts.notices.quiet_hours import QUIET_LOOK
from services.alerts.notices.texts import Text
from services.alerts.sealed_secrets import SealedSecrets
from services.alerts.text_messages.sending import TYPES, TextMessage, text_message_of
from services.alerts.webhooks import apprise_sending, gateways, outcomes, texts
from services.alerts.webhooks.sending import Receiver, WebhookError, post
from services.alerts.webhooks.tables import ChannelKind, MessageState, Webhook, WebhookMessage


class MessageActivities:
    """Sends messages to webhooks. Machine time signs them: a receiver refuses what is too old."""

    def __init__(self, changes: Changes, settings: Settings, lanes: Lanes | None = None) -> None:
        self._changes, self._settings = changes, settings
        self._secrets = SealedSecrets(settings.keys_dir)
        self._caller, self._lanes = service_caller("alerts"), lanes or Lanes()

    def all(self) -> list[Callable[..., Any]]:
        """Returns the activities of this class, which the Temporal worker registers."""
        return [*self.sending(), self.give_up_message]

    def sending(self) -> list[Callable[..., Any]]:
        """Returns those that send, which a worker of their own does."""
        return [self.send_message, self.send_text_message]

    @activity.defn
    @final_errors
    async def send_text_message(self, message_id: str) -> None:
        """Sends a text message to an operator, as `send_message` does.

        A worker of a release that knows no text messages has no activity of this name: it fails,
        and Temporal asks again until one that has it takes the message.
        """
        await self._send_pending(message_id)

    @activity.defn
    @final_errors
    async def send_message(self, message_id: str) -> None:
        """Sends a pending message to its webhook and stores the receipt.

        Does nothing if the message is not pending or was removed with its webhook; gives it up
        without an attempt if the webhook is off. After a crash between sending and storing, the
        message is sent again under the same id. Raises ApplicationError if it is not accepted, if
        its address hung before and has to wait, or for a text message in the quiet hours of its
        subject.
        """
        await self._send_pending(message_id)

    async def _send_pending(self, message_id: str) -> None:
        async with self._changes.database.snapshot() as session:
            message = await session.get(WebhookMessage, message_id)
            webhook = await session.get(Webhook, message.channel_id) if message else None
            if message is None or webhook is None or message.state is not MessageState.PENDING:
                return
            texted = await self._texted(session, message)
        if webhook.disabled_why or (texted is None and message.type in TYPES):
            await self.give_up_message(message_id)
            return
        if texted is not None and texted.pause is not None:
            raise ApplicationError("Quiet hours", next_retry_delay=min(texted.pause, QUIET_LOOK))
        await self._deliver(message, webhook, texted)

    async def _texted(self, session: AsyncSession, message: WebhookMessage) -> TextMessage | None:
        """What a text message to an operator says; None if it is not to be sent or is another."""
        if message.type not in TYPES:
            return None
        now, portal_url = self._changes.clock.now(), self._settings.portal_url
        return await text_message_of(session, message, self._secrets, portal_url, now)

    async def _deliver(
        self, message: WebhookMessage, webhook: Webhook, texted: TextMessage | None
    ) -> None:
        """Makes one attempt and stores its receipt; raises ApplicationError if it failed."""
        message_id, began = message.message_id, _now()
        try:
            async with heartbeats(), self._lanes.turn(webhook.url):
                began = _now()
                status = await self._send(message, webhook, texted)
        except Occupied as error:
            raise ApplicationError("It waits", next_retry_delay=AGAIN_AFTER) from error
        except WebhookError as error:
            took = _now() - began
            async with self._changes.change(self._caller) as change:
                await outcomes.note_failed(change, message_id, error, took)
            pause = timedelta(seconds=error.retry_after) if error.retry_after else None
            raise ApplicationError(
                str(error), non_retryable=error.final, next_retry_delay=pause
            ) from error
        took = _now() - began
        async with self._changes.change(self._caller) as change:
            await outcomes.note_accepted(change, message_id, status, took)

    async def _send(
        self, message: WebhookMessage, webhook: Webhook, texted: TextMessage | None
    ) -> int:
        secret = self._secrets.open(webhook.webhook_id, webhook.sealed_secret)
        if not secret:
            raise WebhookError("The key of the platform does not open its secret", final=True)
        settings, url = self._settings, f"{self._settings.portal_url.rstrip('/')}{message.path}"
        private = settings.webhook_private
        if webhook.service is ChannelKind.SMS:
            text = Text("", texted.text) if texted else texts.chat_message(message.type, url)
            to = texted.number if texted else ""
            return await gateways.send(secret, text.title, text.body, to=to, private=private)
        if webhook.service is not ChannelKind.WEBHOOK:
            text = texts.chat_message(message.type, url)
            await apprise_sending.send(secret, text.title, text.body)
            return 0
        receiver = Receiver(webhook.url, secret, private=private, ca_file=settings.webhook_ca_file)
        body = self._body(message, url)
        return await post(receiver, message.message_id, body, SystemClock().now())

    def _body(self, message: WebhookMessage, url: str) -> str:
        content = {
            "type": message.type,
            "timestamp": message.created_at.isoformat(),
            "data": {**message.data, "url": url},
        }
        return json.dumps(content, ensure_ascii=False)

    @activity.defn
    @final_errors
    async def give_up_message(self, message_id: str) -> None:
        """Ends a pending message as failed; one of a removed webhook is gone already."""
        async with self._changes.change(self._caller) as change:
            if await change.session.get(WebhookMessage, message_id) is not None:
                await outcomes.give_up(change, message_id)


def _now() -> int:
    """The milliseconds of a clock that only measures how long something takes."""
    return round(asyncio.get_running_loop().time() * 1000)
