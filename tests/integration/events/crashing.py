"""A relay or a consumer as a process of its own, killed with SIGKILL at a chosen point.

The points lie between two steps that no transaction joins: `published` is after NATS acknowledged
and before the outbox is marked, `applied` is after the inbox committed and before NATS gets the
acknowledgement. `-` runs without a crash.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Collection
from unittest.mock import patch

from nats.aio.msg import Msg

from plumbing.clock import SystemClock
from plumbing.database import Database
from plumbing.events.connect import connect
from plumbing.events.consumer import Consumer
from plumbing.events.relay import Relay
from plumbing.events.subjects import Stream
from tests.integration.events.support import HAVE_EFFECT
from tests.service_keys import SIGNATURES, SIGNER, TESTER


class RelayKilledBeforeMark(Relay):
    async def _mark(self, published: Collection[int]) -> None:
        if published:
            die()


def die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


async def run(part: str, point: str, database_url: str, nats_url: str) -> None:
    database = Database(database_url)
    js = (await connect(nats_url, TESTER)).jetstream()
    if part == "relay":
        kind = RelayKilledBeforeMark if point == "published" else Relay
        await kind(database, js, SIGNER, SystemClock()).run()
        return
    if point == "applied":
        patch.object(Msg, "ack", die).start()
    stream = Stream.REGISTRY
    clock = SystemClock()
    await Consumer("test", stream, database, js, SIGNATURES, clock, HAVE_EFFECT, ack_wait=1.0).run()


if __name__ == "__main__":
    asyncio.run(run(*sys.argv[1:]))
