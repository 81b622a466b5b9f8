"""The platform's processes on a sandbox of their own, shared by the tests of a file."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.integration.objection.stage import PROCESSES, Cast, Stage, assemble
from tests.postgres import Databases


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cast(
    tmp_path_factory: pytest.TempPathFactory, databases: Databases
) -> AsyncIterator[Cast]:
    """Everybody, on a running platform."""
    stage = Stage(tmp_path_factory.mktemp("objection"), databases)
    try:
        await stage.start(*PROCESSES)
        yield await assemble(stage)
    finally:
        stage.end()
