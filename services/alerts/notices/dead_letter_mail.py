"""Events that a service gave up: the platform's operator is told by mail, once of each (D-03).

Read from the stream of dead letters itself, whichever service buried them. What comes in together
is told together: a fault that gives up a thousand events is no thousand mails.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import nats.errors
import structlog
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, Header
from sqlalchemy.exc import SQLAlchemyError

from plumbing.change import Changes
from plumbing.events.dead_letters import CONSUMER_HEADER, ERROR_HEADER
from plumbing.events.subjects import Stream
from plumbing.identity import service_caller
from plumbing.service import Parts
from services.alerts.notices import issue as notices
from services.alerts.notices import texts
from services.alerts.notices.texts import Abandoned
from services.alerts.tables import Bureau, NoticeKind

NAME = "alerts-given-up"
PLATFORM = "platform"  # stands where a notice names its bureau
AT_MOST = 100
GATHER_SECONDS = 10.0
log = structlog.get_logger()


class GivenUp:
    """Tells the operator at an address; without one nobody is told, and nothing is read."""

    def __init__(
        self, changes: Changes, js: JetStreamContext, address: str, gather: float = GATHER_SECONDS
    ) -> None:
        self._changes, self._js, self._address, self._gather = changes, js, address, gather
        self._operator = Bureau(
            code=PLATFORM, name="", department="", phone="", email=address, version=0
        )

    @classmethod
    def of(cls, parts: Parts) -> GivenUp:
        """From a service's parts."""
        return cls(parts.changes, parts.js, parts.settings.operator_mail)

    async def run(self) -> None:
        """Tells until cancelled; outlives the absence of NATS and of the database."""
        if not self._address:
            await asyncio.Event().wait()
        while True:
            try:
                await self._follow()
            except (nats.errors.Error, SQLAlchemyError, OSError, TimeoutError) as error:
                # What was not acknowledged comes back.
                log.warning("given_up.waiting", error=repr(error))
                await asyncio.sleep(self._gather)

    async def _follow(self) -> None:
        config = ConsumerConfig(durable_name=NAME, ack_policy=AckPolicy.EXPLICIT)
        await self._js.add_consumer(Stream.DEAD_LETTERS, config)
        subscription = await self._js.pull_subscribe_bind(NAME, stream=Stream.DEAD_LETTERS)
        try:
            while True:
                await self.tell(await _waiting(subscription))
                await asyncio.sleep(self._gather)
        finally:
            await subscription.unsubscribe()

    async def tell(self, letters: Sequence[Msg]) -> None:
        """Tells of letters that came in together, and takes them off the list of those to tell.

        A crash between the two brings them back, perhaps with others: then the first, which names
        the notice, is known, and the others are told again rather than not at all.
        """
        left = [letter for letter in letters if not _about_ourselves(letter)]
        while left and not await self._issue(left):
            left = left[1:]
        for letter in letters:
            await letter.ack()

    async def _issue(self, letters: Sequence[Msg]) -> bool:
        text = texts.given_up([_abandoned(letter) for letter in letters])
        key = f"given_up/{_header(letters[0], Header.MSG_ID)}"
        async with self._changes.change(service_caller("alerts")) as change:
            notice = await notices.issue(
                change, NoticeKind.GIVEN_UP, key, self._operator, PLATFORM, text
            )
        return notice is not None


async def _waiting(subscription: JetStreamContext.PullSubscription) -> list[Msg]:
    try:
        return await subscription.fetch(AT_MOST, timeout=1.0)
    except TimeoutError:
        return []


def _about_ourselves(letter: Msg) -> bool:
    """Whether it is a notice of this kind that was given up: to tell of it would go on for ever."""
    return _header(letter, "ce-bureau") == PLATFORM


def _abandoned(letter: Msg) -> Abandoned:
    # Only the kind of error: its words may quote what people entered.
    kind, _, _ = _header(letter, ERROR_HEADER).partition(":")
    event = _header(letter, "ce-type").rpartition(".")[2] or "?"
    return Abandoned(_header(letter, CONSUMER_HEADER), event, _header(letter, "ce-id"), kind)


def _header(letter: Msg, name: str) -> str:
    return (letter.headers or {}).get(name, "")
