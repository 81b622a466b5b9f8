"""A registry killed during an import has applied all of the file or nothing of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import grpc
import pytest
import sqlalchemy as sa
from sqlmodel import select

from plumbing.identity import Role
from protos.registry.v1 import registry_pb2 as pb
from services.registry.imports.staging.scratch import FOLDER
from services.registry.tables import ImportedThing, Subject
from tests.integration.registry.import_files import (
    header,
    processed,
    send,
    start,
    subject_rows,
    subjects_named,
    table,
)
from tests.integration.registry.running_registry import (
    DISTRICT,
    Client,
    RunningRegistry,
    running,
    sandbox,
)
from tests.lengths import at_length
from tests.patience import PATIENCE_SECONDS
from tests.ports import free_port
from tests.postgres import Databases

ROWS = 6000
FILE = table(*subject_rows(*(f"合成{n}" for n in range(ROWS)), bureau=DISTRICT))


async def test_an_import_that_is_killed_leaves_nothing_and_is_repeated_as_it_was(
    nats_url: str, tmp_path: Path, databases: Databases
) -> None:
    settings = sandbox(tmp_path, free_port(), nats_url, databases)
    head = header("subjects")
    registry = RunningRegistry(settings)
    client = registry.client(Role.CASEWORKER)
    async with running(settings) as process:
        await registry.bureau()
        uploading = asyncio.create_task(send(client, head, FILE))
        await _until_written(registry, uploading)
        process.kill()
        with pytest.raises(grpc.aio.AioRpcError):
            await uploading
    async with running(settings):
        assert _scratch_files(registry) == []
        assert await subjects_named(client, "合成") == []
        listed = await client.imports.ListBatches(pb.ListBatchesRequest())
        assert list(listed.batches) == []
        batch = await send(client, head, FILE)
        assert (batch.state, batch.changed) == ("applied", ROWS)
        assert await send(client, head, FILE) == batch
    await registry.close()


Reached = Callable[[pb.Batch], bool]
POINTS: dict[str, Reached] = {
    "before it is read": lambda _: True,
    "half written beside": lambda batch: 2 * batch.progress.done > ROWS,
    "written beside": lambda batch: batch.progress.done == ROWS,
}


@pytest.mark.parametrize("point", at_length(POINTS, "written beside"))
async def test_a_file_that_waits_is_processed_after_a_crash_at_any_point(
    nats_url: str, tmp_path: Path, databases: Databases, point: str
) -> None:
    settings = sandbox(tmp_path, free_port(), nats_url, databases)
    registry = RunningRegistry(settings)
    client = registry.client(Role.CASEWORKER)
    async with running(settings) as process:
        await registry.bureau()
        batch = await start(client, header("subjects"), FILE)
        await _until(client, batch, POINTS[point])
        process.kill()
    assert await _whole_or_nothing(registry) in (0, ROWS)
    async with running(settings):
        batch = await processed(client, batch)
        assert (batch.state, batch.changed) == ("applied", ROWS)
        assert not any(file.name.startswith(f"{process.pid}-") for file in _scratch_files(registry))
    assert await _whole_or_nothing(registry) == ROWS
    await registry.close()


async def _until(client: Client, batch: pb.Batch, reached: Reached) -> None:
    request = pb.GetBatchRequest(batch_id=batch.batch_id)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while batch.state == "waiting" and not (
            batch.progress.step == "apply" or reached is POINTS["before it is read"]
        ):
            batch = (await client.imports.GetBatch(request)).batch
        while batch.state == "waiting" and not reached(batch):
            batch = (await client.imports.GetBatch(request)).batch


async def _whole_or_nothing(registry: RunningRegistry) -> int:
    """How many rows of the file are in force, as the register and what undoes them have it."""
    async with registry.database.snapshot() as session:
        subjects = (await session.exec(select(sa.func.count()).select_from(Subject))).one()
        things = (await session.exec(select(sa.func.count()).select_from(ImportedThing))).one()
    assert subjects == things
    return subjects


def _scratch_files(registry: RunningRegistry) -> list[Path]:
    return list((registry.settings.data_dir / FOLDER).glob("*"))


async def _until_written(registry: RunningRegistry, uploading: asyncio.Task[pb.Batch]) -> None:
    """Waits until rows of the file are in the scratch file."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not any(file.stat().st_size > 1 << 20 for file in _scratch_files(registry)):
        assert not uploading.done(), uploading.result()
        assert time.monotonic() < deadline
        await asyncio.sleep(0.002)
