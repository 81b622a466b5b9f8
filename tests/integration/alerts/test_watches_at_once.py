"""Whoever first hears of a bureau makes its watch: of several at once, one does, and none fails."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from sqlmodel import select

from plumbing.change import Changes
from plumbing.clock import FixedClock
from plumbing.database import Database
from plumbing.identity import service_caller
from protos.registry.v1 import registry_pb2 as registry
from services.alerts.projection import put_bureaus
from services.alerts.tables import Watch
from services.alerts.watch import lock
from tests.postgres import Databases

NOW = FixedClock(datetime(2026, 9, 14, 1, tzinfo=UTC))
CODE = "330106"


async def test_of_several_at_once_one_makes_the_watch(
    postgresql: Databases, tmp_path: Path
) -> None:
    first = await postgresql.migrated(tmp_path, "alerts")
    replicas = [first, first.again()]
    together = asyncio.Barrier(4)

    async def load(database: Database, version: int) -> None:
        async with Changes(database, NOW).change(service_caller("alerts")) as change:
            await together.wait()
            if version % 2:
                await lock(change, CODE)
            else:
                await put_bureaus(change, [registry.Bureau(code=CODE, name="测试区局")])
            change.audit("test", "test/watch")

    await asyncio.gather(*(load(replicas[n % 2], n or 2) for n in range(4)))
    async with first.snapshot() as session:
        assert (await session.exec(select(Watch.bureau))).all() == [CODE]
    await asyncio.gather(*(replica.close() for replica in replicas))
