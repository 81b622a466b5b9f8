"""The connection, the streams, and the figures about them."""

from __future__ import annotations

import asyncio

from joserfc.jwk import OKPKey
from nats.js import JetStreamContext
from nats.js.api import StorageType
from structlog.testing import capture_logs

from plumbing.clock import SystemClock
from plumbing.database import Database
from plumbing.events.connect import connect
from plumbing.events.credentials import Credentials
from plumbing.events.inspection import (
    Pending,
    consumer_lags,
    dead_letter_counts,
    failures,
    outbox_pending,
)
from plumbing.events.relay import Relay
from plumbing.events.subjects import DUPLICATE_WINDOW_SECONDS, SUBJECTS, Stream, ensure_streams
from plumbing.settings import SERVICES
from tests.integration.conftest import NatsServer
from tests.integration.events.support import AT, announced
from tests.patience import PATIENCE_SECONDS
from tests.ports import free_port
from tests.service_keys import SIGNER, TESTER


async def test_a_client_waits_for_a_server_that_is_not_up_yet(nats_server: NatsServer) -> None:
    nats_server.kill()
    connecting = asyncio.create_task(connect(nats_server.url, TESTER))
    done, _ = await asyncio.wait({connecting}, timeout=0.3)
    assert not done

    nats_server.start()
    async with asyncio.timeout(PATIENCE_SECONDS):
        client = await connecting
    assert client.is_connected
    await client.close()


async def test_of_several_addresses_one_that_answers_is_enough(nats_server: NatsServer) -> None:
    nowhere = f"nats://127.0.0.1:{free_port()}"
    async with asyncio.timeout(PATIENCE_SECONDS):
        client = await connect([nowhere, nats_server.url, nowhere], TESTER)
    assert client.is_connected
    await client.close()


async def test_who_is_refused_says_so_once_and_hears_that_it_is_to_stop(
    nats_server: NatsServer,
) -> None:
    stranger = Credentials("stranger", OKPKey.generate_key("Ed25519", private=True))
    with capture_logs() as lines:
        connecting = asyncio.create_task(connect(nats_server.url, stranger))
        done, _ = await asyncio.wait({connecting}, timeout=1.5)
        connecting.cancel()
        async with asyncio.timeout(PATIENCE_SECONDS):
            await asyncio.wait({connecting})
    assert done == set()
    told = [line for line in lines if line["event"] == "process.waits"]
    assert {line["address"] for line in told} == {nats_server.url}
    why = [line["error"] for line in told]
    assert any("Authorization" in reason for reason in why)
    assert len(set(why)) == len(why)


async def test_streams_are_made_once_and_brought_up_to_date(jetstream: JetStreamContext) -> None:
    config = (await jetstream.stream_info(Stream.GRADING)).config
    config.duplicate_window = 5
    await jetstream.update_stream(config)

    for service in (*SERVICES, "grading"):
        await ensure_streams(jetstream, service)

    for stream, subject in SUBJECTS.items():
        config = (await jetstream.stream_info(stream)).config
        assert config.subjects == [subject]
        assert config.storage == StorageType.FILE
        assert config.duplicate_window == DUPLICATE_WINDOW_SECONDS


async def test_what_is_pending_is_counted(database: Database, jetstream: JetStreamContext) -> None:
    assert await outbox_pending(database) == _pending(0)
    await announced(database, "a", "a", "b")
    assert await outbox_pending(database) == _pending(3)

    await Relay(database, jetstream, SIGNER, SystemClock()).drain()

    assert await outbox_pending(database) == _pending(0)


async def test_a_platform_at_rest_has_nothing_to_show(
    database: Database, jetstream: JetStreamContext
) -> None:
    assert await consumer_lags(jetstream) == []
    assert await dead_letter_counts(jetstream) == {}
    assert await failures(database) == []


def _pending(count: int) -> Pending:
    return Pending(count, AT if count else None)
