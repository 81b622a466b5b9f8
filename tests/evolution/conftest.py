"""The last landing's databases, of either kind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import pytest

from plumbing.database import Database
from plumbing.settings import SERVICES
from tests.evolution.restoring import Rows, at_release, recorded
from tests.postgres import Databases
from tools.release import record
from tools.release.record import Release

Open = Callable[[str], Database]


@pytest.fixture(scope="session")
def release() -> Release:
    """What was recorded of the last landing."""
    return record.read()


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Rows]:
    """Every row of the last landing, by service and table."""
    return recorded(tmp_path_factory.mktemp("released"))


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest) -> Databases:
    """New databases of each kind in turn, whatever `--database` names."""
    if request.param == "sqlite":
        return Databases(None)
    found: Databases = request.getfixturevalue("postgresql")
    return found


@pytest.fixture
async def opened() -> AsyncIterator[Open]:
    """Opens databases, which are closed after the test."""
    made: list[Database] = []

    def open_(url: str) -> Database:
        made.append(Database(url))
        return made[-1]

    yield open_
    await asyncio.gather(*(database.close() for database in made))


@pytest.fixture
async def released(
    either: Databases, kept: Mapping[str, Rows], tmp_path: Path, opened: Open
) -> dict[str, Database]:
    """Every service's database as the last landing left it."""
    made = {service: opened(either.url(tmp_path, service)) for service in SERVICES}
    for service, database in made.items():
        await at_release(database, service, kept[service])
    return made
