"""Processes are killed between two steps that no transaction joins: still one effect per event."""

from __future__ import annotations

import asyncio
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from nats.js import JetStreamContext

from plumbing.database import Database
from plumbing.events.inspection import outbox_pending
from plumbing.events.subjects import Stream
from tests.integration.conftest import NatsServer, NewDatabase
from tests.integration.events.support import (
    announced,
    effects,
    eventually,
    prepare_effects,
    sequences,
)

ROOT = Path(__file__).parents[3]
NAMES = ["a", "b", "c"] * 4
ALL = {name: [1, 2, 3, 4] for name in "abc"}


class Processes:
    """Relays and consumers in processes of their own, which end with the test."""

    def __init__(self, nats_url: str, log: Path) -> None:
        self._nats_url = nats_url
        self._log = log
        self._started: list[subprocess.Popen[bytes]] = []

    def start(self, part: str, database: Database, point: str = "-") -> subprocess.Popen[bytes]:
        url = database.engine.url.render_as_string()
        with self._log.open("ab") as log:
            module = "tests.integration.events.crashing"
            process = subprocess.Popen(
                [sys.executable, "-m", module, part, point, url, self._nats_url],
                cwd=ROOT,
                stdout=log,
                stderr=log,
            )
        self._started.append(process)
        return process

    def kill_all(self) -> None:
        for process in self._started:
            process.kill()
            process.wait()


@pytest.fixture
def processes(nats_server: NatsServer, tmp_path: Path) -> Iterator[Processes]:
    started = Processes(nats_server.url, tmp_path / "processes.log")
    yield started
    started.kill_all()


@pytest.fixture
async def receiver(new_database: NewDatabase) -> Database:
    database = await new_database("receiver")
    await prepare_effects(database)
    return database


async def killed_itself(process: subprocess.Popen[bytes]) -> bool:
    return process.poll() == -signal.SIGKILL


async def stream_size(js: JetStreamContext) -> int:
    return (await js.stream_info(Stream.REGISTRY)).state.messages


async def test_relay_killed_between_publish_and_mark(
    database: Database, receiver: Database, jetstream: JetStreamContext, processes: Processes
) -> None:
    await announced(database, *NAMES)
    first = processes.start("relay", database, "published")
    await eventually(lambda: killed_itself(first))
    assert await stream_size(jetstream) == len(NAMES)  # published …
    assert (await outbox_pending(database)).count == len(NAMES)  # … and not marked

    processes.start("relay", database)
    processes.start("consumer", receiver)
    await eventually(lambda: _agree(database, receiver, len(NAMES)))

    assert await sequences(receiver) == ALL
    assert await stream_size(jetstream) == len(NAMES)


async def test_consumer_killed_between_effect_and_acknowledgement(
    database: Database, receiver: Database, jetstream: JetStreamContext, processes: Processes
) -> None:
    await announced(database, *NAMES)
    processes.start("relay", database)
    first = processes.start("consumer", receiver, "applied")
    await eventually(lambda: killed_itself(first))
    assert await effects(receiver)  # the effects of one transaction were had …
    info = await jetstream.consumer_info(Stream.REGISTRY, "test")
    assert info.ack_floor is not None
    assert info.ack_floor.stream_seq == 0  # … and NATS was not told

    processes.start("consumer", receiver)
    await eventually(lambda: _agree(database, receiver, len(NAMES)))
    await eventually(lambda: _acknowledged(jetstream))

    assert await sequences(receiver) == ALL


async def test_everything_is_killed_at_random(
    database: Database,
    receiver: Database,
    jetstream: JetStreamContext,
    processes: Processes,
    nats_server: NatsServer,
) -> None:
    """Relay, consumer and NATS are killed repeatedly while events are written."""
    chance = random.Random(20260914)  # noqa: S311  the same victims each time; no secret
    parts = {"relay": database, "consumer": receiver}
    alive = {part: processes.start(part, its) for part, its in parts.items()}
    written = 0
    for _ in range(4):
        before = len(await effects(receiver))
        written += await _write(database, chance)
        await eventually(lambda: _more_than(receiver, before))  # noqa: B023  both at work
        victim = chance.choice(["relay", "consumer", "nats"])
        if victim == "nats":
            nats_server.kill()
            nats_server.start()
        else:
            alive[victim].kill()
            alive[victim] = processes.start(victim, parts[victim])
    await eventually(lambda: _agree(database, receiver, written))

    for numbers in (await sequences(receiver)).values():
        assert numbers == list(range(1, len(numbers) + 1))
    assert await stream_size(jetstream) == written


async def _write(database: Database, chance: random.Random) -> int:
    """Commits events for about half a second, a few at a time; returns how many."""
    written = 0
    for _ in range(40):
        names = [f"subjects/{chance.randrange(12)}" for _ in range(chance.choice([1, 1, 3]))]
        await announced(database, *names)
        written += len(names)
        await asyncio.sleep(0.01)  # the pace of the writers, not a wait for anything
    return written


async def _more_than(receiver: Database, count: int) -> bool:
    return len(await effects(receiver)) > count


async def _agree(database: Database, receiver: Database, total: int) -> bool:
    pending = (await outbox_pending(database)).count
    return pending == 0 and len(await effects(receiver)) == total


async def _acknowledged(js: JetStreamContext) -> bool:
    info = await js.consumer_info(Stream.REGISTRY, "test")
    return (info.num_pending, info.num_ack_pending) == (0, 0)
