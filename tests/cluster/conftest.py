"""One cluster for all trials: three NATS servers, a primary with its standby, two replicas."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tests.cluster.register import Register
from tests.patience import PATIENCE_SECONDS


@pytest.fixture(scope="session")
def register(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Register]:
    """The cluster, ready to serve: its replicas were started before their database was there."""
    register = Register(tmp_path_factory.mktemp("cluster"))
    try:
        asyncio.run(_started(register))
        yield register
    finally:
        register.stop()


async def _started(register: Register) -> None:
    register.nats.start()
    register.address.start()
    for replica in register.replicas:
        replica.start()
    async with asyncio.timeout(PATIENCE_SECONDS):
        while any("waits for postgresql" not in one.says() for one in register.replicas):
            assert all(one.runs for one in register.replicas), register.logs()
            await asyncio.sleep(0.2)
    register.start_database()  # on this thread: the kernel ends servers with the thread they are of
    await register.until_ready()
    await register.found_bureau()
