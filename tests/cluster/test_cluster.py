"""A cluster loses its parts, one after another, while subjects are registered all the while.

Of each trial the test prints the outage: the longest time in which no change was acknowledged, and
the longest time that an event waited to be published. Nothing acknowledged may be lost or doubled,
and no process may end. The last trial leaves the cluster on its standby.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

import pytest

from tests.cluster.engines import GO_ON, STOP
from tests.cluster.register import Ledger, Register, Replica
from tests.patience import PATIENCE_SECONDS
from tests.ports import free_port

# What is left out of `make test`, as its processes need some minutes.
pytestmark = pytest.mark.long
# What the services promise, with room for a machine that does much else.
AT_MOST_SECONDS = 30.0


async def test_replicas_that_start_at_once_wait_for_their_database(register: Register) -> None:
    """They were started before it, and then both found an empty database (conftest)."""
    for replica in register.replicas:
        assert "process.waits" in replica.log.read_text()
        assert "process.failed" not in replica.log.read_text()
    await until(lambda: sum(replica.leads for replica in register.replicas) == 1)
    async with register.under_load() as ledger:
        pass
    await told("nothing is away", register, ledger)


async def test_a_database_refuses_connections_for_four_seconds(register: Register) -> None:
    async with register.under_load() as ledger:
        await asyncio.to_thread(register.primary.crash)
        await asyncio.sleep(4)  # the length of the trial
        await until(lambda: not any(replica.is_ready for replica in register.replicas))
        register.primary.run()  # on the main thread, with which it would end
    await told("the database refuses for 4 s", register, ledger)


async def test_a_nats_server_is_killed(register: Register) -> None:
    server = register.nats.server_of(leader(register).pid)
    async with register.under_load() as ledger:
        await asyncio.to_thread(server.kill)
    await told("the NATS server of the relay is killed", register, ledger)
    server.start()
    await asyncio.to_thread(register.nats.wait_until_whole)


async def test_a_nats_server_hangs(register: Register) -> None:
    server = register.nats.server_of(leader(register).pid)
    async with register.under_load() as ledger:
        server.tell(STOP)
        try:
            await moved(register, server.port)
        finally:
            server.tell(GO_ON)
    await told("the NATS server of the relay hangs", register, ledger)
    await asyncio.to_thread(register.nats.wait_until_whole)


async def test_a_replica_hangs(register: Register) -> None:
    first, second = register.replicas
    async with register.under_load(first, second) as ledger:
        stop(first)
        try:
            await more(ledger)  # by the other one
        finally:
            go_on(first)
    await told("a replica hangs", register, ledger)


async def test_a_replica_without_nats_says_so_and_hears_that_it_shall_stop(
    register: Register,
) -> None:
    nowhere = f"tls://127.0.0.1:{free_port()}"
    own = register.replicas[0]
    places = {
        "nats_url": nowhere,
        "registry_address": f"127.0.0.1:{free_port()}",
        "registry_metrics_address": f"127.0.0.1:{free_port()}",
    }
    replica = Replica(own.settings.model_copy(update=places), own.log.with_name("third.log"))
    replica.start()
    await until(lambda: "waits for nats" in replica.says())
    assert replica.process is not None
    replica.process.terminate()
    assert await asyncio.to_thread(replica.process.wait, 20) == 0
    assert nowhere in replica.log.read_text()


async def test_a_silent_primary_is_left_for_its_standby(register: Register) -> None:
    async with register.under_load() as ledger:
        register.primary.hang()
        for replica in register.replicas:
            await until(partial(replica.has_said, "not ready; away: postgresql"))
        await asyncio.to_thread(register.standby.promote)
        register.address.to = register.standby.port
        await register.until_ready()
    await until(lambda: sum(replica.leads for replica in register.replicas) == 1)
    await told("a silent primary, and its standby promoted", register, ledger)


def leader(register: Register) -> Replica:
    return next(replica for replica in register.replicas if replica.leads)


def stop(replica: Replica) -> None:
    assert replica.process is not None
    replica.process.send_signal(STOP)


def go_on(replica: Replica) -> None:
    assert replica.process is not None
    replica.process.send_signal(GO_ON)


async def more(ledger: Ledger) -> None:
    enough = len(ledger.names) + 10
    await until(lambda: len(ledger.names) >= enough)


async def moved(register: Register, port: int) -> None:
    """Waits until no replica is connected with a NATS server that hangs."""
    others = [server for server in register.nats.servers if server.port != port]

    def so() -> bool:
        connected = [server.clients() for server in others]
        return len(set().union(*connected)) >= len(register.replicas)

    await until(so)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await asyncio.to_thread(condition):  # noqa: ASYNC110 - of other processes
            await asyncio.sleep(0.1)


async def told(trial: str, register: Register, ledger: Ledger) -> None:
    """Fails unless all is there once and every process runs; prints what the trial showed."""
    delay = await register.require_all(ledger)
    assert all(replica.runs for replica in register.replicas), register.logs()
    assert all("process.failed" not in replica.log.read_text() for replica in register.replicas)
    print(  # noqa: T201 - what a trial is for
        f"\n{trial}: acknowledged {len(ledger.names)}, lost 0, doubled 0;"
        f" outage {ledger.outage:.1f} s, events published within {delay:.1f} s;"
        f" told to try again {dict(ledger.refused)}"
    )
    assert ledger.outage < AT_MOST_SECONDS
