"""What JetStream answers to events that a relay has sent and not waited for.

The client of the library keeps a place for each, and does not tell of all that is refused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import PubAck
from nats.js.errors import APIError

STALL_SECONDS = 2.0  # without any acknowledgement for so long, NATS is away


def hearing_refusals(js: JetStreamContext) -> JetStreamContext:
    """Has whoever waits for the answer to an event told that it was refused.

    The client tells that only to who hears of its errors, and leaves the event unanswered.
    """
    answer = JetStreamContext._handle_async_reply  # noqa: SLF001 - nothing else hears of it

    async def answered(message: Msg) -> None:
        try:
            await answer(js, message)
        except APIError as refusal:
            waiting = js._publish_async_futures.get(message.subject.rpartition(".")[2])  # noqa: SLF001
            if waiting is not None and not waiting.done():
                waiting.set_exception(refusal)

    js._handle_async_reply = answered  # type: ignore[assignment,method-assign]  # noqa: SLF001
    return js


def forget_unsent(js: JetStreamContext) -> None:
    """Frees the places of messages that were not sent.

    The client has places for 4,000 messages on their way. One that it refuses, as too large or
    since nobody takes it while NATS is away, keeps its place; without any left it would wait for
    ever. Only this relay publishes in this way, and between two turns nothing is on its way.
    """
    for ack in [*js._publish_async_futures.values()]:  # noqa: SLF001 - nothing else frees them
        ack.cancel()


def is_taken(ack: asyncio.Future[PubAck]) -> bool:
    """Whether the stream has taken an event now; one that it knows already is looked at again."""
    return not ack.cancelled() and ack.exception() is None and not ack.result().duplicate


async def acknowledged(acks: Collection[asyncio.Future[PubAck]]) -> None:
    """Waits until all are answered, or until none was for STALL_SECONDS; then cancels the rest."""
    waiting: set[asyncio.Future[PubAck]] = set(acks)
    try:
        while waiting:
            answered, waiting = await asyncio.wait(waiting, timeout=STALL_SECONDS)
            if not answered:
                return
    finally:
        for ack in waiting:
            ack.cancel()
