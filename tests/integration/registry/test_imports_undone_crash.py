"""A registry killed while a batch is undone has undone all of it or nothing, and ends it whole."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from plumbing.client import new_request_id
from plumbing.identity import Role
from protos.registry.v1 import proposals_pb2 as proposals
from protos.registry.v1 import registry_pb2 as pb
from services.registry.imports.staging.scratch import FOLDER
from services.registry.tables import Subject
from tests.integration.registry.import_files import header, send, subject_rows, table
from tests.integration.registry.running_registry import (
    DISTRICT,
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
# How large the scratch file is when the registry is killed.
POINTS: dict[str, Callable[[int], bool]] = {
    "while it is compared": lambda size: size == 0,
    "while the rows are copied": lambda size: size > 0,
    "while they are restored": lambda size: size > 1 << 20,
}


@pytest.mark.parametrize("point", at_length(POINTS, "while they are restored"))
async def test_a_batch_that_is_being_undone_survives_a_crash_whole(
    nats_url: str, tmp_path: Path, databases: Databases, point: str
) -> None:
    settings = sandbox(tmp_path, free_port(), nats_url, databases)
    registry = RunningRegistry(settings)
    client, head = registry.client(Role.CASEWORKER), registry.client(Role.UNIT_HEAD, name="head")
    async with running(settings) as process:
        await registry.bureau()
        batch = await send(client, header("subjects"), FILE)
        asked = pb.UndoBatchRequest(
            request_id=new_request_id(), batch_id=batch.batch_id, ground="导错了文件"
        )
        proposal = (await client.imports.UndoBatch(asked, timeout=PATIENCE_SECONDS)).proposal
        release = proposals.ReleaseProposalRequest(
            request_id=new_request_id(), proposal_id=proposal.proposal_id, reasons="经核实"
        )
        releasing = asyncio.ensure_future(
            head.proposals.ReleaseProposal(release, timeout=PATIENCE_SECONDS)
        )
        await _until(registry, releasing, POINTS[point])
        process.kill()
        releasing.cancel()  # the channel would wait for another registry until the deadline
    assert await _in_force(registry) == ROWS
    async with running(settings):
        assert [*(settings.data_dir / FOLDER).glob("*")] == []
        released = await head.proposals.ReleaseProposal(release, timeout=PATIENCE_SECONDS)
        assert released.proposal.state == "released"
        assert await _in_force(registry) == 0
        assert await head.proposals.ReleaseProposal(release) == released
    await registry.close()


async def _until(
    registry: RunningRegistry, releasing: asyncio.Future[Any], reached: Callable[[int], bool]
) -> None:
    """Waits until the scratch file has been written so far."""
    folder, deadline = registry.settings.data_dir / FOLDER, time.monotonic() + PATIENCE_SECONDS
    while not any(reached(file.stat().st_size) for file in folder.glob("*.db")):
        assert not releasing.done(), releasing.result()
        assert time.monotonic() < deadline
        await asyncio.sleep(0.002)


async def _in_force(registry: RunningRegistry) -> int:
    """How many subjects of the file are in force."""
    present = select(sa.func.count()).select_from(Subject).where(sa.not_(col(Subject.removed)))
    async with registry.database.snapshot() as session:
        return (await session.exec(present)).one()
