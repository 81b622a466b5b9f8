"""Mail to the platform's operator about dead letters: events that consumers gave up (D-03).

It reads the stream of dead letters, so events of every service are included. Dead letters that
arrive together are listed in one mail: a fault that stops a thousand events sends one mail, not a
thousand.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import nats.errors
import structlog
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, Header

from plumbing.change import Changes
from plumbing.database_away import DATABASE_AWAY
from plumbing.events.dead_letters import CONSUMER_HEADER, ERROR_HEADER
from plumbing.events.subjects import Stream
from plumbing.identity import service_caller
from plumbing.service import Parts
from services.alerts.notices import texts
from services.alerts.notices.issue import issue
from services.alerts.notices.texts import LostEvent
from services.alerts.tables import Bureau, NoticeKind

CONSUMER = "alerts-given-up"
PLATFORM = "platform"  # stands where a notice names its bureau
LETTERS_PER_MAIL = 100
PAUSE_SECONDS = 10.0
log = structlog.get_logger()


class DeadLetterMail:
    """Mails dead letters to the operator's address; with an empty address it reads none."""

    def __init__(
        self, changes: Changes, js: JetStreamContext, address: str, pause: float = PAUSE_SECONDS
    ) -> None:
        self._changes, self._js, self._address, self._pause = changes, js, address, pause
        self._operator = Bureau(
            code=PLATFORM, name="", department="", phone="", email=address, version=0
        )

    @classmethod
    def of(cls, parts: Parts) -> DeadLetterMail:
        """Creates the dead letter mail with the operator's address from the settings in `parts`."""
        return cls(parts.changes, parts.js, parts.settings.operator_mail)

    async def run(self) -> None:
        """Reads dead letters and issues notices about them until cancelled.

        Waits while NATS or the database cannot be reached.
        """
        if not self._address:
            await asyncio.Event().wait()
        while True:
            try:
                await self._follow()
            except (nats.errors.Error, *DATABASE_AWAY) as error:
                # NATS delivers again whatever was not acknowledged.
                log.warning("given_up.waiting", error=repr(error))
                await asyncio.sleep(self._pause)

    async def _follow(self) -> None:
        config = ConsumerConfig(durable_name=CONSUMER, ack_policy=AckPolicy.EXPLICIT)
        await self._js.add_consumer(Stream.DEAD_LETTERS, config)
        subscription = await self._js.pull_subscribe_bind(CONSUMER, stream=Stream.DEAD_LETTERS)
        try:
            while True:
                await self.handle(await _fetch(subscription))
                await asyncio.sleep(self._pause)
        finally:
            await subscription.unsubscribe()

    async def handle(self, letters: Sequence[Msg]) -> None:
        """Issues one notice about the dead letters that arrived together, then acknowledges them.

        The key of the notice is the id of the first letter. After a crash before the
        acknowledgement, NATS delivers the letters again, and new ones may be among them: a first
        letter that already has its notice is skipped, and a second mail may list some of the other
        letters again.
        """
        unnamed = [letter for letter in letters if not _is_our_own(letter)]
        while unnamed and not await self._issue(unnamed):
            unnamed = unnamed[1:]
        for letter in letters:
            await letter.ack()

    async def _issue(self, letters: Sequence[Msg]) -> bool:
        text = texts.lost_events([_lost_event(letter) for letter in letters])
        key = f"given_up/{_header(letters[0], Header.MSG_ID)}"
        async with self._changes.change(service_caller("alerts")) as change:
            notice = await issue(change, NoticeKind.GIVEN_UP, key, self._operator, PLATFORM, text)
        return notice is not None


async def _fetch(subscription: JetStreamContext.PullSubscription) -> list[Msg]:
    try:
        return await subscription.fetch(LETTERS_PER_MAIL, timeout=1.0)
    except TimeoutError:
        return []


def _is_our_own(letter: Msg) -> bool:
    """Whether the lost event is itself such a notice; a mail about it would never end."""
    return _header(letter, "ce-bureau") == PLATFORM


def _lost_event(letter: Msg) -> LostEvent:
    # Only the kind of the error: its message may quote what people entered.
    kind, _, _ = _header(letter, ERROR_HEADER).partition(":")
    event = _header(letter, "ce-type").rpartition(".")[2] or "?"
    return LostEvent(_header(letter, CONSUMER_HEADER), event, _header(letter, "ce-id"), kind)


def _header(letter: Msg, name: str) -> str:
    return (letter.headers or {}).get(name, "")
