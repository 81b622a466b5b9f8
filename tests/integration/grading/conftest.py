"""Grading on a real database and a real NATS, fed by the outbox of a register."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from nats.js import JetStreamContext

from plumbing.clock import FixedClock
from tests.integration.conftest import NewDatabase
from tests.integration.events.support import running
from tests.integration.grading.office import Office, open_office
from tests.integration.grading.support import START, Platform
from tests.postgres import Databases


@pytest.fixture
async def platform(
    tmp_path: Path, jetstream: JetStreamContext, new_database: NewDatabase, databases: Databases
) -> AsyncIterator[Platform]:
    """A register that announces and a grading service that listens, both running."""
    database = await databases.migrated(tmp_path, "grading")
    platform = Platform(await new_database("registry"), database, jetstream, FixedClock(START))
    async with running(*(work() for work in platform.work)):
        yield platform
    await database.close()


@pytest.fixture
async def office(platform: Platform, tmp_path: Path) -> AsyncIterator[Office]:
    """A municipal bureau with graded subjects, and people who bring texts into force."""
    async with open_office(platform, tmp_path) as office:
        yield office
