"""Metrics on real parts: a figure follows what happens, and a scrape never waits."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from urllib.request import urlopen

import pytest
from nats.js import JetStreamContext
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing import migrations
from plumbing.change import Changes
from plumbing.clock import Clock, SystemClock
from plumbing.database import Database
from plumbing.events.consumer import Consumer
from plumbing.events.dead_letters import dead_letters, replay
from plumbing.events.envelope import Received
from plumbing.events.inbox import EventHandler
from plumbing.events.relay import Relay
from plumbing.identity import Caller, Role
from plumbing.metrics import common
from plumbing.metrics.figures import Board, Figure, Look
from plumbing.metrics.metric import REGISTRY, Kind, Metric, Together
from plumbing.metrics.server import serve_metrics
from protos.registry.v1.events_pb2 import BureausChanged
from services.alerts import figures as alerts
from services.grading import figures as grading
from services.objection import figures as objection
from services.registry import figures as registry
from tests.integration.conftest import NatsServer
from tests.integration.events.support import announced, eventually, running
from tests.ports import free_port
from tests.postgres import Databases
from tests.service_keys import SIGNATURES, SIGNER

QUICK = 0.05
ADMINISTRATOR = Caller("adm", "adm", frozenset({Role.ADMINISTRATOR}))
# Not among those that are defined: it belongs to nobody's dashboard.
PROBE = Figure(Metric("quanheng_test_probe", Kind.GAUGE, "测试", "a probe", (), Together.MAX))


def value(board: Board, name: str, **labels: str) -> float | None:
    """The value of a figure that a scrape would get now."""
    for family in board.collect():
        for sample in family.samples:
            if sample.name == name and labels.items() <= sample.labels.items():
                return sample.value
    return None


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def quick(looks: Sequence[Look]) -> Board:
    return Board([replace(look, every=QUICK) for look in looks])


async def shows(board: Board, name: str, expected: float, **labels: str) -> None:
    async def seen() -> bool:
        return value(board, name, **labels) == expected

    await eventually(seen)


async def test_the_outbox_fills_while_nats_is_away_and_empties_when_it_is_back(
    database: Database, jetstream: JetStreamContext, nats_server: NatsServer
) -> None:
    clock = SystemClock()
    board = quick(common.looks(database, jetstream, clock, {}))
    relay = Relay(database, jetstream, SIGNER, clock, poll_seconds=0.1)
    published = counted("quanheng_events_published_total")
    async with running(board.run(), relay.run()):
        await shows(board, "quanheng_outbox_pending", 0)
        nats_server.kill()
        await announced(database, "a", "b", "b")
        await shows(board, "quanheng_outbox_pending", 3)
        waited = value(board, "quanheng_outbox_oldest_seconds")
        assert waited is not None
        assert waited > 0
        nats_server.start()
        await shows(board, "quanheng_outbox_pending", 0)
        await shows(board, "quanheng_outbox_oldest_seconds", 0)
    assert counted("quanheng_events_published_total") - published == 3
    assert counted("quanheng_relay_leader") == 1


async def test_an_event_given_up_shows_until_it_is_handled(
    database: Database, jetstream: JetStreamContext
) -> None:
    broken = True

    async def handle(session: AsyncSession, received: Received[BureausChanged]) -> None:
        if broken:
            raise ValueError("cannot be handled")

    clock = SystemClock()
    handlers = [EventHandler(BureausChanged, apply=handle)]
    consumer = Consumer(
        "metrics", "REGISTRY", database, jetstream, SIGNATURES, clock, handlers, max_attempts=2
    )
    board = quick(common.looks(database, jetstream, clock, {consumer.name: consumer.stream}))
    given_up = counted("quanheng_events_given_up_total", consumer="metrics")
    async with running(board.run(), consumer.run()):
        await shows(board, "quanheng_dead_letters", 0, consumer="metrics")
        await announced(database, "a")
        await Relay(database, jetstream, SIGNER, clock).drain()
        await shows(board, "quanheng_dead_letters", 1, consumer="metrics")
        await shows(board, "quanheng_inbox_failing", 0, consumer="metrics")
        broken = False
        async for letter in dead_letters(jetstream, "metrics"):
            assert (await replay(jetstream, consumer.inbox, SIGNATURES, letter)).error is None
        await shows(board, "quanheng_dead_letters", 0, consumer="metrics")
        await shows(board, "quanheng_consumer_pending", 0, consumer="metrics")
    assert counted("quanheng_events_given_up_total", consumer="metrics") - given_up == 1
    failed = {"consumer": "metrics", "event": "BureausChanged", "outcome": "failed"}
    assert counted("quanheng_event_seconds_count", **failed) >= 2


async def test_an_unsealed_entry_shows(database: Database, jetstream: JetStreamContext) -> None:
    board = quick(common.looks(database, jetstream, SystemClock(), {}))
    async with running(board.run()):
        async with Changes(database, SystemClock()).change(ADMINISTRATOR) as change:
            change.audit("test", "thing/1")
        await shows(board, "quanheng_audit_unsealed", 1)


async def test_a_look_that_fails_or_hangs_leaves_the_last_value_and_holds_nothing_up() -> None:
    answers: list[float | Exception] = [7.0, RuntimeError("the database is away")]

    async def failing() -> list[object]:
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return [PROBE.at(answer)]

    async def hanging() -> list[object]:
        await asyncio.Event().wait()
        return []

    board = quick([Look("probe", failing), Look("hang", hanging)])  # type: ignore[arg-type]
    async with running(board.run()):

        async def failed() -> bool:
            return counted("quanheng_collect_errors_total", look="probe") >= 3

        await eventually(failed)
        assert value(board, "quanheng_test_probe") == 7
        age = value(board, "quanheng_collect_age_seconds", look="probe")
        assert age is not None
        assert age >= 2 * QUICK
        assert value(board, "quanheng_collect_age_seconds", look="hang")


@asynccontextmanager
async def migrated(url: str, service: str) -> AsyncIterator[Database]:
    database = Database(url)
    await migrations.upgrade(database, service)
    yield database
    await database.close()


def looks_of(service: str, database: Database, clock: Clock) -> list[Look]:
    made = {
        "registry": lambda: registry.looks(database),
        "grading": lambda: grading.looks(database, clock),
        "objection": lambda: objection.looks(database, clock),
        "alerts": lambda: alerts.looks(database, clock, sends_mail=True),
    }
    return made[service]()


@pytest.mark.parametrize("service", ["registry", "grading", "objection", "alerts"])
async def test_every_question_of_a_service_is_answered_by_its_database(
    service: str, tmp_path: Path, databases: Databases
) -> None:
    async with migrated(databases.url(tmp_path, service), service) as database:
        for look in looks_of(service, database, SystemClock()):
            for reading in await look.take():
                assert reading.value >= 0


async def test_a_scrape_is_as_prometheus_wants_it(
    database: Database, jetstream: JetStreamContext
) -> None:
    board = quick(common.looks(database, jetstream, SystemClock(), {"metrics": "REGISTRY"}))
    address = f"127.0.0.1:{free_port()}"
    serve_metrics("test", address)
    REGISTRY.register(board)
    try:
        async with running(board.run()):
            await shows(board, "quanheng_outbox_pending", 0)
            await shows(board, "quanheng_dead_letters", 0, consumer="metrics")
            with urlopen(f"http://{address}/metrics") as answer:  # noqa: ASYNC210
                text = answer.read().decode()
    finally:
        REGISTRY.unregister(board)
    assert 'quanheng_build_info{service="test"' in text
    assert 'quanheng_dead_letters{consumer="metrics"} 0.0' in text
    if (promtool := shutil.which("promtool")) is None:
        pytest.skip("no promtool here: Debian's package prometheus has it")
    checked = subprocess.run(  # noqa: ASYNC221
        [promtool, "check", "metrics"], input=text, text=True, capture_output=True, check=False
    )
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")
