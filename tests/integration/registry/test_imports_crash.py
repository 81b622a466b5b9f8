"""A registry killed during an import has applied all of the file or nothing of it."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import grpc
import pytest
import sqlalchemy as sa

from plumbing.identity import Role
from protos.registry.v1 import registry_pb2 as pb
from tests.integration.registry.import_files import (
    header,
    processed,
    send,
    start,
    subject_rows,
    subjects_named,
    table,
)
from tests.integration.registry.running_registry import DISTRICT, RunningRegistry, running, sandbox
from tests.patience import PATIENCE_SECONDS
from tests.ports import free_port
from tests.postgres import Databases

ROWS = 6000
WRITTEN_BYTES = 1 << 20  # more than this cannot stand in the log before the import has begun


async def test_an_import_that_is_killed_leaves_nothing_and_is_repeated_as_it_was(
    nats_url: str, tmp_path: Path, databases: Databases
) -> None:
    settings = sandbox(tmp_path, free_port(), nats_url, databases)
    content = table(*subject_rows(*(f"合成{n}" for n in range(ROWS)), bureau=DISTRICT))
    head = header("subjects")
    registry = RunningRegistry(settings)
    client = registry.client(Role.CASEWORKER)
    async with running(settings) as process:
        await registry.bureau()
        uploading = asyncio.create_task(send(client, head, content))
        await _until_written(registry, uploading)
        process.kill()
        with pytest.raises(grpc.aio.AioRpcError):
            await uploading
    async with running(settings):
        assert await subjects_named(client, "合成") == []
        listed = await client.imports.ListBatches(pb.ListBatchesRequest())
        assert list(listed.batches) == []
        batch = await send(client, head, content)
        assert (batch.state, batch.changed) == ("applied", ROWS)
        assert await send(client, head, content) == batch
    await registry.close()


async def test_a_file_that_waits_to_be_processed_is_processed_after_a_crash(
    nats_url: str, tmp_path: Path, databases: Databases
) -> None:
    settings = sandbox(tmp_path, free_port(), nats_url, databases)
    content = table(*subject_rows(*(f"合成{n}" for n in range(ROWS)), bureau=DISTRICT))
    registry = RunningRegistry(settings)
    client = registry.client(Role.CASEWORKER)
    async with running(settings) as process:
        await registry.bureau()
        batch = await start(client, header("subjects"), content)
        process.kill()
    async with running(settings):
        batch = await processed(client, batch)
        assert (batch.state, batch.changed) == ("applied", ROWS)
    await registry.close()


async def _until_written(registry: RunningRegistry, uploading: asyncio.Task[pb.Batch]) -> None:
    started, deadline = await _logged(registry), time.monotonic() + PATIENCE_SECONDS
    while await _logged(registry) < started + WRITTEN_BYTES:
        assert not uploading.done(), uploading.result()
        assert time.monotonic() < deadline
        await asyncio.sleep(0.002)


async def _logged(registry: RunningRegistry) -> int:
    """How many bytes the database has written ahead."""
    if registry.database.is_sqlite:
        return (registry.settings.data_dir / "registry.db-wal").stat().st_size
    position = sa.text("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn")
    async with registry.database.snapshot() as session:
        return int(await (await session.connection()).scalar(position) or 0)
