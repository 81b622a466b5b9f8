"""A registry killed between any two chunks has every chunk that it acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import grpc
import pytest
import sqlalchemy as sa

from plumbing.client import new_request_id
from plumbing.identity import Role
from protos.registry.v1 import bulk_pb2 as bulk
from protos.registry.v1 import registry_pb2 as pb
from tests.integration.registry.bulk_sender import Sender, in_chunks, meters
from tests.integration.registry.import_files import instruments_of
from tests.integration.registry.running_registry import (
    STARTS,
    Client,
    RunningRegistry,
    refused,
    running,
    sandbox,
)
from tests.patience import PATIENCE_SECONDS
from tests.ports import free_port
from tests.postgres import Databases


async def test_what_was_acknowledged_outlives_the_process_and_is_not_taken_in_twice(
    nats_url: str, tmp_path: Path, databases: Databases
) -> None:
    settings = sandbox(tmp_path, free_port(), nats_url, databases)
    registry, mark = RunningRegistry(settings), uuid4().hex
    client = registry.client(Role.INTEGRATOR)
    async with running(settings) as process:
        owner = await registry.subject()
        sender = Sender(client, "instruments", in_chunks(meters(owner.credit_code, 60, mark), 12))
        await sender.open()
        await _sent_until_killed(sender, 1, 1, process.kill)
    async with running(settings) as process:
        assert (await sender.status()).next_sequence == 2
        await _sent_until_killed(sender, 2, 3, process.kill)
    request_id = new_request_id()
    async with running(settings) as process:
        await sender.send(first=3)  # the last one once more: its answer was lost
        batch = await sender.complete(request_id=request_id)
        process.kill()
    async with running(settings):
        assert (batch.state, batch.rows, batch.changed) == ("applied", 60, 60)
        assert await sender.complete(request_id=request_id) == batch
        assert len(await instruments_of(client, owner)) == 60
        await _left_lying_is_given_up(registry, client, owner.credit_code)
    await registry.close()


async def _sent_until_killed(sender: Sender, first: int, last: int, kill: object) -> None:
    """Streams chunks; when they are committed, the process is killed with the stream open."""
    assert callable(kill)
    forever = asyncio.Event()

    async def chunks() -> AsyncIterator[bulk.SendBulkChunksRequest]:
        async for chunk in sender.stream(range(first, last + 1)):
            yield chunk
        await forever.wait()

    call = asyncio.ensure_future(_streamed(sender.client, chunks()))
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (await sender.status()).next_sequence <= last:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    kill()
    with pytest.raises(grpc.aio.AioRpcError):
        await call


async def _streamed(
    client: Client, chunks: AsyncIterator[bulk.SendBulkChunksRequest]
) -> bulk.SendBulkChunksResponse:
    return await client.bulk.SendBulkChunks(chunks, timeout=PATIENCE_SECONDS)


async def _left_lying_is_given_up(registry: RunningRegistry, client: Client, owner: str) -> None:
    left = Sender(client, "instruments", in_chunks(meters(owner, 4, uuid4().hex), 2))
    await left.open()
    await left.send(1, 1)
    await _advance(registry, days=7)
    assert (await left.status()).open_until == "2026-09-21"
    await left.send(2, 2)  # on the last day: from here the days count anew
    assert (await left.status()).open_until == "2026-09-28"
    await _advance(registry, days=15)
    with refused("WRONG_STATE"):
        await left.send(2, 2)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (await left.status()).batch.state != "expired":  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    with refused("WRONG_STATE"):
        await left.complete()
    [event] = await registry.events_of(f"batch/{left.batch_id}")
    assert event.batch.state == "expired"
    [_, entry] = await registry.audited(f"import/{left.batch_id}")
    assert (entry.action, entry.actor) == ("expire_import", "service:registry")
    async with registry.database.snapshot() as session:
        connection = await session.connection()
        assert await connection.scalar(sa.text("SELECT count(*) FROM import_piece")) == 0


async def _advance(registry: RunningRegistry, days: int) -> None:
    administrator = registry.client(Role.ADMINISTRATOR)
    request = pb.AdvanceClockRequest(request_id=new_request_id())
    request.to.FromDatetime(STARTS + timedelta(days=days))
    await administrator.clock.AdvanceClock(request)
