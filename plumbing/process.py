"""A service as a process: what every composition root starts and stops in the same order.

A service's `__main__` builds its own parts by hand and hands them over as an `Assembly`; this
starts them, says healthy once all of them run, and on SIGTERM lets what is under way finish.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

import grpc
import structlog
from grpc_health.v1 import health
from nats.js import JetStreamContext

from plumbing import migrations, operations
from plumbing.audit import Sealer
from plumbing.change import Changes
from plumbing.client import ServiceToken, open_channel
from plumbing.clock import Clock, SystemClock, open_clock
from plumbing.database import Database
from plumbing.events.connect import connect
from plumbing.events.consumer import Consumer
from plumbing.events.relay import Relay
from plumbing.events.subjects import ensure_streams
from plumbing.rpc import Policy, Register, serve
from plumbing.settings import Settings
from plumbing.telemetry import start_logging
from plumbing.tokens import Verifier, public_key

GRACE_SECONDS = 4.0
KEYS_EVERY_SECONDS = 0.1
log = structlog.get_logger()


@dataclass(frozen=True)
class Parts:
    """What every service is built from."""

    service: str
    settings: Settings
    clock: Clock
    database: Database
    changes: Changes
    js: JetStreamContext
    token: ServiceToken

    def channel(self, service: str, on_behalf_of: str = "") -> grpc.aio.Channel:
        """A channel to another service, under this service's own identity."""
        return open_channel(
            self.settings.address(service),
            self.token,
            timeout=self.settings.call_timeout_seconds,
            on_behalf_of=on_behalf_of,
        )


async def _nothing_to_check() -> operations.Findings:
    return operations.Findings()


async def _nothing_to_reconcile() -> operations.Reconciled:
    return operations.Reconciled()


@dataclass(frozen=True)
class Assembly:
    """What one service serves, hears and runs. `background` runs until the process ends."""

    rpc: Mapping[str, Register]
    policies: Sequence[Policy]
    consumers: Sequence[Consumer] = ()
    background: Sequence[Callable[[], Awaitable[None]]] = ()
    check: Callable[[], Awaitable[operations.Findings]] = _nothing_to_check
    reconcile: Callable[[], Awaitable[operations.Reconciled]] = _nothing_to_reconcile


Build = Callable[[Parts], Awaitable[Assembly]]


@dataclass
class _Running:
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    def listen(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop.set)


def main(service: str, build: Build) -> None:
    """Runs a service until SIGTERM; the exit code says whether it ended well."""
    settings = Settings()
    start_logging(service, settings.log_level)
    try:
        asyncio.run(_run(service, settings, build))
        code = 0
    except BaseException:  # the process must end, saying why; the supervisor starts it again
        log.exception("process.failed")
        code = 1
    sys.stdout.flush()
    # The Temporal SDK can abort an interpreter that exits in the ordinary way.
    os._exit(code)


async def _run(service: str, settings: Settings, build: Build) -> None:
    running = _Running()
    running.listen()
    clock = open_clock(settings.clock_file, sandbox=settings.sandbox)
    database = Database(settings.database_url(service))
    await migrations.upgrade(database, service)
    nats = await connect(settings.nats_url, service)
    js = nats.jetstream()
    await ensure_streams(js)
    token = ServiceToken(service, settings.keys_dir, settings.registry_address, SystemClock())
    parts = Parts(service, settings, clock, database, Changes(database, clock), js, token)
    assembly = await build(parts)
    await _work(parts, assembly, running.stop)
    await nats.close()
    await database.close()


async def _work(parts: Parts, assembly: Assembly, stop: asyncio.Event) -> None:
    async with asyncio.TaskGroup() as group:
        relay = Relay(parts.database, parts.js, parts.clock)
        background = [relay.run, Sealer(parts.database).run, *assembly.background]
        background += [consumer.run for consumer in assembly.consumers]
        tasks = [group.create_task(_forever(run)) for run in background]
        server, healthy = await _serve(parts, assembly)
        log.info("process.ready", address=parts.settings.address(parts.service))
        await stop.wait()
        log.info("process.stopping")
        await _stop_serving(server, healthy)
        for task in tasks:
            task.cancel()


async def _forever(run: Callable[[], Awaitable[None]]) -> None:
    await run()
    raise RuntimeError(f"{run!r} ended by itself")


async def _serve(
    parts: Parts, assembly: Assembly
) -> tuple[grpc.aio.Server, health.aio.HealthServicer]:
    service = operations.OperationsServicer(parts, assembly)
    rpc = {**assembly.rpc, operations.SERVICE: service.register}
    key_file = parts.settings.keys_dir / "public.jwk"
    # The registry makes the keys on its first start, in a process of its own.
    while not key_file.exists():  # noqa: ASYNC110
        await asyncio.sleep(KEYS_EVERY_SECONDS)
    verifier = Verifier(public_key(parts.settings.keys_dir), SystemClock())
    address = parts.settings.address(parts.service)
    return await serve(address, rpc, verifier, [*assembly.policies, operations.POLICY])


async def _stop_serving(server: grpc.aio.Server, healthy: health.aio.HealthServicer) -> None:
    await healthy.enter_graceful_shutdown()
    await server.stop(GRACE_SECONDS)
