"""The databases of the last release, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping

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
    """The record of the last release."""
    return record.read()


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Rows]:
    """Every row of the last release, by service and table."""
    return recorded(tmp_path_factory.mktemp("released"))


# On PostgreSQL with `make whole` only: what the last release left is migrated there, written to and
# taken back by the other tests, and these take minutes.
AT_LENGTH = ("test_every_migration_is_reversible", "test_the_old_code_can_write_to_the_new_tables")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.name.startswith(tuple(f"{name}[postgresql" for name in AT_LENGTH)):
            item.add_marker(pytest.mark.long)


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Databases:
    """Makes databases on SQLite, then on PostgreSQL, whatever `--database` names."""
    if request.param == "sqlite":
        return Databases(None, tmp_path_factory.mktemp("databases"))
    databases: Databases = request.getfixturevalue("postgresql")
    return databases


@pytest.fixture(scope="session")
def originals(
    either: Databases, kept: Mapping[str, Rows], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """The URL of each service's database as the last release left it; tests change only copies."""
    folder = tmp_path_factory.mktemp("originals")
    urls = {service: either.url(folder, service) for service in SERVICES}

    async def make(service: str, url: str) -> None:
        database = Database(url)
        await at_release(database, service, kept[service])
        await database.close()

    for service, url in urls.items():
        asyncio.run(make(service, url))
    return urls


@pytest.fixture
async def opened() -> AsyncIterator[Open]:
    """Opens databases and closes them after the test."""
    made: list[Database] = []

    def open_(url: str) -> Database:
        made.append(Database(url))
        return made[-1]

    yield open_
    await asyncio.gather(*(database.close() for database in made))


@pytest.fixture
def released(either: Databases, originals: dict[str, str], opened: Open) -> dict[str, Database]:
    """A copy of every service's database as the last release left it."""
    return {service: opened(either.copy(url)) for service, url in originals.items()}
