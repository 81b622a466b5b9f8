"""Alerts on a real database and a real NATS, told by a register's outbox."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from nats.js import JetStreamContext

from plumbing import migrations
from plumbing.database import Database
from plumbing.settings import Settings
from tests.integration.alerts.escalating import Office, rejected
from tests.integration.alerts.town import BUREAU, Town, bureau, instrument, subject
from tests.integration.conftest import NewDatabase
from tests.integration.events.support import running
from tests.postgres import Databases


@pytest.fixture
async def empty_town(
    tmp_path: Path, jetstream: JetStreamContext, new_database: NewDatabase, databases: Databases
) -> AsyncIterator[Town]:
    """A register that announces and alerts that listens, both running."""
    database = Database(databases.url(tmp_path, "alerts"))
    await migrations.upgrade(database, "alerts")
    town = Town(await new_database("registry"), database, jetstream, Settings(data_dir=tmp_path))
    async with running(*(work() for work in town.work)):
        yield town
    await database.close()


@pytest.fixture
async def town(empty_town: Town) -> Town:
    """A town with its bureau, one operator, and a watch that has come to today."""
    await empty_town.tell_of(bureau(), subject(1))
    await empty_town.watch()
    return empty_town


@pytest.fixture
async def office(town: Town) -> Office:
    """A town in which an instrument was rejected while in use."""
    town.timers.running.add(f"watch/{BUREAU}")
    await town.tell_of(instrument(), rejected(1))
    return Office(town)
