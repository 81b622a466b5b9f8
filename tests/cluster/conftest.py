"""One cluster for all trials: three NATS servers, a primary with its standby, two replicas each."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tests.cluster.platform import Cluster
from tests.patience import PATIENCE_SECONDS


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """The cluster, ready to serve: its replicas were started before their database was there."""
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        asyncio.run(_started(cluster))
        yield cluster
    finally:
        cluster.stop()


async def _started(cluster: Cluster) -> None:
    cluster.nats.start()
    cluster.temporal.start()
    cluster.address.start()
    for replica in cluster.replicas:
        replica.start()
    async with asyncio.timeout(PATIENCE_SECONDS):
        while any("waits for postgresql" not in one.says() for one in cluster.replicas):
            assert all(one.runs for one in cluster.replicas), cluster.logs()
            await asyncio.sleep(0.2)
    cluster.start_database()
    await cluster.until_ready()
    await cluster.found_bureau()
