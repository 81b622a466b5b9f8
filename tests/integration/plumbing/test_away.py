"""Work in the background waits while the database is away; it does not end its process."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from plumbing.audit import Sealer
from plumbing.change import Changes
from plumbing.clock import FixedClock
from plumbing.database import Database
from services.registry.imports.batch import bulk
from tests.integration.events.support import eventually
from tests.ports import free_port


@pytest.fixture
def nowhere() -> Database:
    """A database whose server does not run."""
    return Database(f"postgresql+asyncpg://nobody@127.0.0.1:{free_port()}/nothing")


@pytest.mark.parametrize(
    ("work", "event"),
    [
        (lambda database: Sealer(database).run, "audit.seal_failed"),
        (
            lambda database: (
                bulk.Expiry(Changes(database, FixedClock(datetime(2026, 9, 14, tzinfo=UTC))), 7).run
            ),
            "imports.expiry_failed",
        ),
    ],
    ids=["sealing", "expiry"],
)
async def test_it_waits(
    nowhere: Database,
    work: Callable[[Database], Callable[[], Awaitable[None]]],
    event: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("plumbing.audit.SEAL_EVERY_SECONDS", 0.01)
    monkeypatch.setattr(bulk, "EXPIRY_EVERY_SECONDS", 0.01)

    async def run() -> None:
        await work(nowhere)()

    with capture_logs() as lines:
        task = asyncio.create_task(run())

        async def failed_twice() -> bool:
            return task.done() or sum(line["event"] == event for line in lines) >= 2

        await eventually(failed_twice)
    assert not task.done()
    task.cancel()
