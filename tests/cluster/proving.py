"""Proves that what a ledger says was done is done once, in every service, and tells how soon."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import col, select

from plumbing.client import ask
from plumbing.database import Database
from plumbing.events.outbox import Outbox
from plumbing.settings import SERVICES
from protos.grading.v1.events_pb2 import GradeChanged
from protos.operations.v1 import operations_pb2 as operations
from services.alerts.escalation.tables import Escalation
from services.alerts.tables import Alert, Notice, NoticeKind
from services.cli.client import Client
from services.cli.commands.platform import reconcile_all
from services.cli.health import agreement
from services.grading.tables import Grade
from services.registry.tables import Subject
from tests.cluster.ledger import Ledger
from tests.cluster.platform import Cluster
from tests.patience import PATIENCE_SECONDS

# What the services promise, with room for a machine that does much else.
AT_MOST_SECONDS = 30.0


@dataclass(frozen=True)
class Delays:
    """The longest times, in seconds, until a change of the ledger had its effects."""

    published: float
    graded: float
    alerted: float


@dataclass(frozen=True)
class Goal:
    """How many seconds a trial should take at most, where there is a goal; a miss fails nothing.

    A machine that does much else misses them, and a reader is to see it.
    """

    outage: float | None = None
    published: float | None = None


def _against(seconds: float, goal: float | None) -> str:
    if goal is None:
        return f"{seconds:.1f} s"
    return f"{seconds:.1f} s (goal {goal:g} s: {'met' if seconds <= goal else 'MISSED'})"


async def told(
    trial: str,
    cluster: Cluster,
    ledger: Ledger,
    *,
    refilled: bool = False,
    goal: Goal = Goal(),
) -> None:
    """Fails unless all is there once and every process runs; prints what the trial showed."""
    delays = await require_all(cluster, ledger, refilled=refilled)
    assert all(replica.runs for replica in cluster.replicas), cluster.logs()
    assert all("process.failed" not in replica.log.read_text() for replica in cluster.replicas)
    print(  # noqa: T201 - what a trial is for
        f"\n{trial}: acknowledged {ledger.acknowledged}, lost 0, doubled 0;"
        f" outage {_against(ledger.outage, goal.outage)};"
        f" published within {_against(delays.published, goal.published)},"
        f" graded within {delays.graded:.1f} s, alerted within {delays.alerted:.1f} s;"
        f" told to try again {dict(ledger.refused)}"
    )
    assert ledger.outage < AT_MOST_SECONDS


async def until(condition: Callable[[], bool]) -> None:
    """Waits until a condition holds that asks processes, in a thread of its own."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await asyncio.to_thread(condition):  # noqa: ASYNC110 - of other processes
            await asyncio.sleep(0.1)


async def require_all(cluster: Cluster, ledger: Ledger, *, refilled: bool = False) -> Delays:
    """Waits until the cluster is at rest; fails if anything of the ledger is lost or doubled.

    A stream that was `refilled` under load may hold an event twice, whose effect is there once.
    """
    async with cluster.database("alerts") as database:
        await _alerted_at_all(database, ledger)
    async with cluster.administrator() as client:
        await require_agreement(client)
    published = 0.0
    for service in SERVICES:
        async with cluster.database(service) as database:
            delay, ids = await _published(database, ledger.began)
            published = max(published, delay)
        stored = await cluster.stored_events(service)
        assert set(stored) == set(ids), (service, set(stored) ^ set(ids))
        assert refilled or stored == ids, (service, stored - ids)
    async with cluster.database("registry") as database:
        known = Counter(await _all(database, select(Subject.name)))
        assert once(known, ledger.names)
    async with cluster.database("grading") as database:
        graded = await _graded_once(database, ledger)
    async with cluster.database("alerts") as database:
        alerted = await _alerted_once(database, ledger)
    return Delays(published, graded, alerted)


async def require_agreement(client: Client) -> None:
    """Fails unless all services hold the same, every audit chain is whole and every watch runs."""
    agreed = await agreement.check(client, PATIENCE_SECONDS)
    problems = [(service, one.name, one.object, one.message_en) for service, one in agreed.problems]
    assert not problems, problems
    for service, stub in client.operations.items():
        walk = await ask(stub.VerifyAudit(operations.VerifyAuditRequest()))
        assert not walk.problems, service
    answers = await reconcile_all(client)
    assert {name: [*one.started] for name, one in answers.items() if one.started} == {}
    assert answers["alerts"].running


def once(found: Mapping[str, int], wanted: Iterable[str]) -> bool:
    """Fails unless each of these was found once."""
    assert {one: found.get(one, 0) for one in wanted if found.get(one, 0) != 1} == {}
    return True


async def _published(database: Database, since: datetime) -> tuple[float, Counter[str]]:
    waiting = select(Outbox.seq).where(col(Outbox.published_at).is_(None)).limit(1)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await _all(database, waiting):  # noqa: ASYNC110 - of other processes
            await asyncio.sleep(0.2)
    rows = await _all(database, select(Outbox.event_id, Outbox.created_at, Outbox.published_at))
    waits = [(done - made).total_seconds() for _, made, done in rows if made >= since]
    return max(waits, default=0.0), Counter(str(event) for event, _, _ in rows)


async def _graded_once(database: Database, ledger: Ledger) -> float:
    """Each subject has one grade in force, and its grade fell once by its record."""
    now = select(Grade.subject_id).where(
        col(Grade.known_to).is_(None), col(Grade.in_force_to).is_(None)
    )
    assert once(Counter(await _all(database, now)), ledger.subjects)
    falls, delay = Counter[str](), 0.0
    query = select(Outbox).where(col(Outbox.created_at) >= ledger.began)
    for row in await _all(database, query):
        if not row.headers["ce-type"].endswith(".GradeChanged"):
            continue
        event = GradeChanged.FromString(row.payload)
        if event.fell and (known := ledger.punished.get(event.subject_id)):
            falls[event.subject_id] += 1
            delay = max(delay, (row.created_at - known).total_seconds())
    assert once(falls, ledger.punished)
    return delay


async def _alerted_at_all(database: Database, ledger: Ledger) -> None:
    """Waits for the last that follows from a change, which asks less of a cluster than checks.

    It gives up once nothing more has come for a time.
    """
    told = select(Notice.subject_id).where(
        col(Notice.kind).in_([NoticeKind.REJECTED, NoticeKind.GRADE_FELL])
    )
    wanted = Counter([*ledger.rejected, *ledger.punished])
    async with asyncio.timeout(PATIENCE_SECONDS) as patience:
        lacking = wanted
        while lacking:
            await asyncio.sleep(1)
            fewer = wanted - Counter(await _all(database, told))
            if fewer != lacking:
                patience.reschedule(asyncio.get_running_loop().time() + PATIENCE_SECONDS)
            lacking = fewer


async def _alerted_once(database: Database, ledger: Ledger) -> float:
    """Each rejected instrument has one alert and one case, and its owner one notice of a kind."""
    alerts = await _all(database, select(Alert.subject_id, Alert.raised_at))
    assert once(Counter(subject for subject, _ in alerts), ledger.rejected)
    cases = select(Escalation.subject_id).where(Escalation.matter == "alert")
    assert once(Counter(await _all(database, cases)), ledger.rejected)
    for kind, told in (
        (NoticeKind.REJECTED, ledger.rejected),
        (NoticeKind.GRADE_FELL, ledger.punished),
    ):
        notices = select(Notice.subject_id).where(Notice.kind == kind)
        assert once(Counter(await _all(database, notices)), told)
    waits = [
        (raised - ledger.rejected[subject]).total_seconds()
        for subject, raised in alerts
        if subject in ledger.rejected
    ]
    return max(waits, default=0.0)


async def _all(database: Database, query: Any) -> Any:
    async with database.snapshot() as session:
        return (await session.exec(query)).all()
