"""No event is lost when the store of NATS is lost or set back."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nats.errors
from nats.js import JetStreamContext

from plumbing.clock import SystemClock
from plumbing.database import Database
from plumbing.events.relay import Relay, refill
from plumbing.events.subjects import Stream, ensure_streams
from tests.integration.conftest import NatsServer
from tests.integration.events.support import announced, eventually

CLOCK = SystemClock()


async def streamed(js: JetStreamContext) -> set[tuple[str, int]]:
    """Aggregate and sequence of everything in the stream."""
    state = (await js.stream_info(Stream.REGISTRY)).state
    events = set()
    for seq in range(state.first_seq, state.last_seq + 1):
        headers = (await js.get_msg(Stream.REGISTRY, seq)).headers or {}
        events.add((headers["ce-subject"], int(headers["ce-sequence"])))
    return events


@contextmanager
def _down(server: NatsServer) -> Iterator[None]:
    server.kill()
    yield
    server.start()


async def _answers(js: JetStreamContext) -> bool:
    try:
        await js.stream_info(Stream.REGISTRY)
    except (nats.errors.Error, TimeoutError):
        return False
    return True


async def test_a_lost_store_is_filled_again_and_then_left_alone(
    database: Database, jetstream: JetStreamContext
) -> None:
    await announced(database, "a", "a", "b")
    await Relay(database, jetstream, CLOCK).drain()
    assert await refill(database, jetstream, "registry") == 0

    await jetstream.delete_stream(Stream.REGISTRY)
    await ensure_streams(jetstream)
    assert await refill(database, jetstream, "registry") == 3
    await announced(database, "a")
    await Relay(database, jetstream, CLOCK).drain()

    assert await streamed(jetstream) == {("a", 1), ("a", 2), ("a", 3), ("b", 1)}
    assert await refill(database, jetstream, "registry") == 0


async def test_a_store_set_back_gets_what_came_since(
    database: Database, jetstream: JetStreamContext, nats_server: NatsServer, tmp_path: Path
) -> None:
    await announced(database, "a", "b")
    await Relay(database, jetstream, CLOCK).drain()
    with _down(nats_server):
        shutil.copytree(nats_server.store, tmp_path / "kept")
    await announced(database, "a", "c")
    await eventually(lambda: _answers(jetstream))
    await Relay(database, jetstream, CLOCK).drain()

    with _down(nats_server):
        shutil.rmtree(nats_server.store)
        shutil.copytree(tmp_path / "kept", nats_server.store)
    await eventually(lambda: _answers(jetstream))
    assert await streamed(jetstream) == {("a", 1), ("b", 1)}
    assert await refill(database, jetstream, "registry") >= 2
    await Relay(database, jetstream, CLOCK).drain()

    assert await streamed(jetstream) == {("a", 1), ("b", 1), ("a", 2), ("c", 1)}


async def test_an_empty_outbox_has_nothing_to_give(
    database: Database, jetstream: JetStreamContext
) -> None:
    assert await refill(database, jetstream, "registry") == 0
