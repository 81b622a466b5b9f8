"""A cluster loses its parts, one after another, while much is registered all the while.

Of each trial the test prints the outage: the longest time in which no change was acknowledged, and
the longest times until a change was published, its subject graded, and an alert raised. Nothing
acknowledged may be lost or doubled, in the register, among grades, or among alerts with their cases
and notices; and no process may end. The last trial leaves the cluster on its standby.
"""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from plumbing.settings import SERVICES
from tests.cluster.engines import GO_ON, STOP, NatsServerOfCluster
from tests.cluster.platform import Cluster
from tests.cluster.proving import Goal, told, until
from tests.ports import free_port

# What is left out of `make test`, as its processes need some minutes.
pytestmark = pytest.mark.long


async def test_replicas_that_start_at_once_wait_for_their_database(cluster: Cluster) -> None:
    """They were started before it, and then all found an empty database (conftest)."""
    for replica in cluster.replicas:
        assert "process.waits" in replica.log.read_text()
    await until(partial(one_leads_each, cluster))
    async with cluster.under_load() as ledger:
        pass
    await told("nothing is away", cluster, ledger)


async def test_a_database_refuses_connections_for_four_seconds(cluster: Cluster) -> None:
    async with cluster.under_load() as ledger:
        await asyncio.to_thread(cluster.primary.crash)
        await asyncio.sleep(4)  # the length of the trial
        await until(lambda: not any(replica.is_ready for replica in cluster.replicas))
        cluster.primary.run()  # on the main thread, with which it would end
    await told("the database refuses for 4 s", cluster, ledger, goal=Goal(outage=5))


@pytest.mark.parametrize("service", ["registry", "alerts"])
async def test_a_nats_server_is_killed(cluster: Cluster, service: str) -> None:
    server = cluster.nats.server_of(cluster.leader(service).pid)
    async with cluster.under_load() as ledger:
        await asyncio.to_thread(server.kill)
    goal = Goal(published=5)
    await told(f"the NATS server of {service} is killed", cluster, ledger, goal=goal)
    server.start()
    await asyncio.to_thread(cluster.nats.wait_until_whole)


@pytest.mark.parametrize("service", ["registry", "grading"])
async def test_a_nats_server_hangs(cluster: Cluster, service: str) -> None:
    server = cluster.nats.server_of(cluster.leader(service).pid)
    async with cluster.under_load() as ledger:
        server.tell(STOP)
        try:
            await moved(cluster, server)
        finally:
            server.tell(GO_ON)
    goal = Goal(published=40)
    await told(f"the NATS server of {service} hangs", cluster, ledger, goal=goal)
    await asyncio.to_thread(cluster.nats.wait_until_whole)


async def test_a_replica_hangs(cluster: Cluster) -> None:
    first, second = cluster.of("registry")
    async with cluster.under_load(first, second) as ledger:
        first.hang()
        try:
            await ledger.more()  # by the other one
        finally:
            first.go_on()
    await told("a replica of registry hangs", cluster, ledger, goal=Goal(outage=3))


@pytest.mark.parametrize("service", ["grading", "alerts"])
async def test_a_replica_that_leads_hangs_until_it_is_replaced(
    cluster: Cluster, service: str
) -> None:
    """It holds what it began: events, locks, workflows. A cluster ends it, as its probe says."""
    first = cluster.leader(service)
    async with cluster.under_load() as ledger:
        first.hang()
        await ledger.more(60)
        first.kill()
        await until(lambda: any(one.leads for one in cluster.of(service)))
        first.start()
        await cluster.until_ready()
    await told(f"a replica of {service} hangs and is replaced", cluster, ledger)


async def test_a_replica_without_nats_says_so_and_hears_that_it_shall_stop(
    cluster: Cluster,
) -> None:
    nowhere = f"tls://127.0.0.1:{free_port()}"
    own = cluster.replicas[0]
    places = {
        "nats_url": nowhere,
        "registry_address": f"127.0.0.1:{free_port()}",
        "registry_metrics_address": f"127.0.0.1:{free_port()}",
    }
    replica = cluster.replica("registry-a")
    replica.log = own.log.with_name("third.log")
    replica.settings = replica.settings.model_copy(update=places)
    replica.start()
    await until(lambda: "waits for nats" in replica.says())
    assert await asyncio.to_thread(replica.end) == 0
    assert nowhere in replica.log.read_text()


async def test_a_silent_primary_is_left_for_its_standby(cluster: Cluster) -> None:
    async with cluster.under_load() as ledger:
        cluster.primary.hang()
        for replica in cluster.replicas:
            await until(partial(replica.has_said, "not ready; away: postgresql"))
        # What it holds is not waited for: each of its connections is answered by nobody.
        assert await asyncio.to_thread(cluster.of("alerts")[0].end) == 0
        cluster.of("alerts")[0].start()
        await asyncio.to_thread(cluster.standby.promote)
        cluster.move_to(cluster.standby)
        await asyncio.to_thread(cluster.primary.kill)  # nobody may ask it any more
        await cluster.until_ready()
    await until(partial(one_leads_each, cluster))
    await told("a silent primary, and its standby promoted", cluster, ledger)


def one_leads_each(cluster: Cluster) -> bool:
    return all(sum(one.leads for one in cluster.of(service)) == 1 for service in SERVICES)


async def moved(cluster: Cluster, server: NatsServerOfCluster) -> None:
    """Waits until no replica is connected with a NATS server that hangs."""
    others = [one for one in cluster.nats.servers if one is not server]

    def so() -> bool:
        connected = [one.clients() for one in others]
        return len(set().union(*connected)) >= len(cluster.replicas)

    await until(so)
