"""Runs a service as a process: starts and stops the parts that every service has, in one order.

A service's `__main__` builds its own parts and returns them as an `Assembly`. This module starts
them, reports the process healthy when all of them are running, and on SIGTERM lets current work
finish.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

import grpc
import structlog
from grpc_health.v1 import health
from nats.aio import client as nats_client
from nats.js import JetStreamContext

from plumbing import ending, memory, migrations, operations
from plumbing.access.log import AccessLog
from plumbing.addresses import GRPC
from plumbing.audit import Sealer
from plumbing.authority import overdue_seconds
from plumbing.change import Changes
from plumbing.client import ServiceToken
from plumbing.clock import SystemClock, open_clock
from plumbing.database import Database
from plumbing.ended_sessions import EndedSessions
from plumbing.ending import log_failure
from plumbing.events.away import events_away
from plumbing.events.connect import connect
from plumbing.events.credentials import Credentials
from plumbing.events.encrypted import tls_of
from plumbing.events.refilling import refill
from plumbing.events.relay import Relay
from plumbing.events.signing import EventSigner, Signatures
from plumbing.events.stream_keeping import StreamKeeper
from plumbing.events.subjects import ensure_streams, stream_of
from plumbing.metrics import common, counted
from plumbing.metrics.figures import Board
from plumbing.metrics.metric import REGISTRY
from plumbing.metrics.server import serve_metrics
from plumbing.newer_tables import has_newer_value
from plumbing.operations import OperationsServicer
from plumbing.plain_links import refuse_plain_links
from plumbing.private_files import keep_new_files_private
from plumbing.pruning.answers import AnswerPruner
from plumbing.pruning.daily import DailyPruner
from plumbing.pruning.events import EventPruner
from plumbing.readiness import READINESS
from plumbing.row_checks import take_stock
from plumbing.rpc import serve
from plumbing.service import Assembly, Parts
from plumbing.settings import Settings
from plumbing.telemetry import end_logging, start_logging
from plumbing.token_keys import TrustedKeys
from plumbing.tokens import Verifier
from plumbing.tracing import end_tracing, start_tracing
from plumbing.transport import server_credentials
from plumbing.waiting import Waiting, once_database_there, once_there
from protos.identity.v1.identity_pb2_grpc import IdentityServiceStub

GRACE_SECONDS = 2.0  # together with the worker's, shorter than the supervisor waits before it kills
KEYS_EVERY_SECONDS = 0.1
# The steps of ending, one after the other: less in all than `ending` allows a process.
CALLS_SECONDS = GRACE_SECONDS + 2.0
WORK_SECONDS = 8.0
NOTES_SECONDS = 2.0  # for the access log, and for the last checkpoint of the audit chain
ENGINE_SECONDS = 1.0
NEWER_SECONDS = 30.0
log = structlog.get_logger()


Build = Callable[[Parts], Awaitable[Assembly]]


@dataclass
class _Running:
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    def listen(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._told)

    def _told(self) -> None:
        if not self.stop.is_set():
            ending.end_at_the_latest()
        self.stop.set()


def run_service(service: str, build: Build) -> None:
    """Runs a service until SIGTERM, then ends the process with exit code 0, or 1 after an error.

    `build` assembles the service from its shared parts.
    """
    settings = Settings()
    keep_new_files_private()
    start_logging(service, settings.log_level)
    start_tracing(service, settings.otlp_endpoint)
    try:
        ending.run(_run(service, settings, build))
        code = 0
    except BaseException as error:  # logged, and the process ends; the supervisor restarts it
        log_failure(error)
        code = 1
    end_tracing()
    end_logging()
    # On an ordinary exit the Temporal SDK can abort the interpreter.
    os._exit(code)


async def _run(service: str, settings: Settings, build: Build) -> None:
    running = _Running()
    running.listen()
    refuse_plain_links(settings, service)
    counted.READY.set_function(lambda: float(READINESS.ready))
    serve_metrics(service, settings.metrics_listen_address(service))
    if not settings.is_plain(GRPC):
        overdue = partial(overdue_seconds, settings.tls_dir / f"{service}.pem", SystemClock())
        counted.CERTIFICATE_OVERDUE.set_function(overdue)
    beating = asyncio.create_task(READINESS.beat())
    starting = asyncio.create_task(_start(service, settings, build))
    stopping = asyncio.create_task(running.stop.wait())
    await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if starting.done():
        parts, assembly, nats = starting.result()
        await _work(parts, assembly, running.stop)
        await ending.step("nats", nats.close(), ENGINE_SECONDS)
        await ending.step("postgresql", parts.database.close(), ENGINE_SECONDS)
    else:  # it waits for an engine, and is not waited for
        log.info("process.stopping")
        await ending.cancel("start", [starting], WORK_SECONDS)
    await ending.cancel("signals", [beating, stopping], ENGINE_SECONDS)


async def _start(
    service: str, settings: Settings, build: Build
) -> tuple[Parts, Assembly, nats_client.Client]:
    """Builds a service; waits for its engines, and says for which."""
    clock = open_clock(settings.clock_file, sandbox=settings.sandbox)
    database = Database(settings.database_url(service))
    await once_database_there(database, partial(migrations.upgrade, database, service))
    keys_dir = settings.keys_dir
    nats = await connect(settings.nats_servers, Credentials.of(keys_dir, service), tls_of(settings))
    counted.NATS_CONNECTED.set_function(lambda: nats.is_connected)
    READINESS.nats_answers = lambda: nats.is_connected
    js = nats.jetstream()
    signatures = Signatures.of(keys_dir)
    fill = partial(_fill_streams, database, js, settings, service, signatures)
    await once_there(Waiting("nats", settings.nats_url), events_away, fill)
    registry = settings.endpoint("registry", caller=service)
    token = ServiceToken(service, keys_dir, registry, SystemClock())
    changes = Changes(database, clock)
    watched = migrations.watched_tables(service)
    await once_database_there(database, partial(take_stock, changes, service, watched))
    parts = Parts(service, settings, clock, database, changes, js, signatures, token)
    assembly = await once_database_there(database, partial(build, parts))
    await _keys_made(settings)
    return parts, assembly, nats


async def _fill_streams(
    database: Database,
    js: JetStreamContext,
    settings: Settings,
    service: str,
    signatures: Signatures,
) -> None:
    await ensure_streams(js, service, settings.nats_replicas)
    await once_database_there(database, partial(refill, database, js, service, signatures))


async def _keys_made(settings: Settings) -> None:
    # On its first start the registry makes the keys, in another process.
    while not (settings.keys_dir / "public.jwk").exists():  # noqa: ASYNC110
        await asyncio.sleep(KEYS_EVERY_SECONDS)


async def _work(parts: Parts, assembly: Assembly, stop: asyncio.Event) -> None:
    signer = EventSigner.of(parts.settings.keys_dir, parts.service)
    relay = Relay(parts.database, parts.js, signer, parts.clock)
    watched = migrations.watched_tables(parts.service)
    service, sealer = OperationsServicer(parts, assembly, watched), Sealer(parts.database)
    keeper = _keeper(parts, relay)
    background = [relay.run, keeper.run, sealer.run, service.witness.run, *assembly.background]
    background += [_board(parts, assembly).run, _pruner(parts, assembly).run]
    background += [consumer.run for consumer in assembly.consumers]
    ended = EndedSessions(IdentityServiceStub(parts.channel("registry")))
    access = AccessLog(parts.database, SystemClock(), parts.settings.access_log_life)
    background += [ended.run, access.run, access.keep_short, memory.give_back]
    background += [partial(READINESS.watch, parts.database)]
    tasks = [asyncio.create_task(_forever(run)) for run in background]
    server, healthy = await _serve(parts, assembly, service, ended, access)
    READINESS.serves()
    log.info("process.ready", address=parts.settings.address(parts.service))
    failed = await _failed(tasks, stop)
    READINESS.stops()
    log.info("process.stopping")
    await ending.step("calls", _stop_serving(server, healthy), CALLS_SECONDS)
    await ending.cancel("work", tasks, WORK_SECONDS)
    await ending.step("access log", access.try_to_write(), NOTES_SECONDS)
    await ending.step("audit chain", service.witness.stop(sealer), NOTES_SECONDS)
    if failed:
        raise BaseExceptionGroup("The work of the process failed", failed)


async def _failed(
    tasks: Collection[asyncio.Task[None]], stop: asyncio.Event
) -> list[BaseException]:
    """Waits until the process shall stop, or until a task fails; returns the errors of tasks."""
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({stopping, *tasks}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    ended = [task for task in tasks if task.done()]
    results = await asyncio.gather(*ended, return_exceptions=True)
    return [result for result in results if isinstance(result, BaseException)]


def _keeper(parts: Parts, relay: Relay) -> StreamKeeper:
    replicas = parts.settings.nats_replicas
    return StreamKeeper(
        parts.database, parts.js, parts.service, parts.signatures, replicas, relay.nudge
    )


def _pruner(parts: Parts, assembly: Assembly) -> DailyPruner:
    settings, database, clock = parts.settings, parts.database, parts.clock
    kept = timedelta(days=settings.events_days)
    events = EventPruner(database, parts.js, parts.service, clock, kept)
    answers = AnswerPruner(database, clock, timedelta(days=settings.answers_days))
    prunes = [events.prune, answers.prune, *assembly.prunes]
    return DailyPruner(parts.changes, parts.service, prunes)


def _board(parts: Parts, assembly: Assembly) -> Board:
    streams = {consumer.name: consumer.stream for consumer in assembly.consumers}
    own = stream_of(parts.service)
    common_looks = common.looks(parts.database, parts.js, parts.clock, streams, own)
    disk = common.disk_look(parts.settings.data_dir)
    storage = common.storage_look(parts.database, parts.js, parts.clock, own)
    board = Board([*common_looks, disk, storage, *assembly.looks])
    REGISTRY.register(board)
    return board


async def _forever(run: Callable[[], Awaitable[None]]) -> None:
    """Does work of the background; begins it anew after a row that only a newer release can read.

    During an upgrade the replicas of that release do the work, and this one goes on with the rest.
    """
    while True:
        try:
            await run()
        except LookupError as error:
            if not has_newer_value(error):
                raise
            log.warning("process.leaves_to_newer", work=repr(run), error=str(error))
            await asyncio.sleep(NEWER_SECONDS)
        else:
            raise RuntimeError(f"{run!r} ended by itself")


async def _serve(
    parts: Parts,
    assembly: Assembly,
    service: OperationsServicer,
    ended: EndedSessions,
    access: AccessLog,
) -> tuple[grpc.aio.Server, health.aio.HealthServicer]:
    rpc = {**assembly.rpc, operations.SERVICE: service.register}
    verifier = Verifier(TrustedKeys(parts.settings.keys_dir), SystemClock())
    address = parts.settings.listen_address(parts.service)
    return await serve(
        address,
        rpc,
        verifier,
        [*assembly.policies, operations.POLICY],
        ended,
        credentials=server_credentials(parts.settings, parts.service),
        access=access,
    )


async def _stop_serving(server: grpc.aio.Server, healthy: health.aio.HealthServicer) -> None:
    await healthy.enter_graceful_shutdown()
    await server.stop(GRACE_SECONDS)
