"""The platform's processes on a sandbox of their own, shared by the tests of a file."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.integration.objection.processes import ALERTS, PROCESSES, Cast, Processes, assemble
from tests.postgres import Databases


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cast(
    tmp_path_factory: pytest.TempPathFactory, databases: Databases
) -> AsyncIterator[Cast]:
    """The people of a case, on a running platform."""
    processes = Processes(tmp_path_factory.mktemp("objection"), databases)
    try:
        await processes.start(*PROCESSES, ALERTS)
        yield await assemble(processes)
    finally:
        await processes.end()
