"""One cluster for all trials: three NATS servers, a primary with its standby, two replicas each.

Of a trial that fails, the logs of replicas and databases are kept, and its report says where.
"""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Iterator

import pytest

from tests.cluster.platform import Cluster
from tests.patience import PATIENCE_SECONDS


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """The cluster, ready to serve: its replicas were started before their database was there."""
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        try:
            asyncio.run(_started(cluster))
        except BaseException as error:
            error.add_note(f"Logs are kept in {cluster.keep_logs()}")
            raise
        yield cluster
    finally:
        cluster.stop()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    found = [one for one in getattr(item, "funcargs", {}).values() if isinstance(one, Cluster)]
    if report.failed and found:
        report.sections.append(("logs of this trial", f"They are kept in {found[0].keep_logs()}"))
    return report


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
