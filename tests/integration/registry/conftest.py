"""One registry for all these tests: a process on real NATS and SQLite, in a sandbox."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from plumbing.settings import Settings
from tests.integration.conftest import NatsServer
from tests.integration.registry.running_registry import (
    RunningRegistry,
    running_by_itself,
)
from tests.postgres import Databases


@pytest.fixture(scope="session")
def nats_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The NATS of the registries: on that of other tests they would take events not theirs."""
    server = NatsServer(tmp_path_factory.mktemp("nats"))
    server.start()
    yield server.url
    server.kill()


@pytest.fixture(scope="session")
def _settings(
    nats_url: str, tmp_path_factory: pytest.TempPathFactory, databases: Databases
) -> Iterator[Settings]:
    with running_by_itself(tmp_path_factory.mktemp("registry"), nats_url, databases) as settings:
        yield settings


@pytest.fixture
async def registry(_settings: Settings) -> AsyncIterator[RunningRegistry]:
    """The running registry, and callers of every role."""
    registry = RunningRegistry(_settings)
    yield registry
    await registry.close()
