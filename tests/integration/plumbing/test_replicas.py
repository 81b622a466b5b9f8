"""Two replicas on one PostgreSQL database do no work twice and do not block each other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from nats.js import JetStreamContext
from sqlmodel import select

from law.errors import AlreadyExists, WrongState
from plumbing import audit_walk, migrations
from plumbing.audit import AuditEntry, Sealer
from plumbing.change import Change, Changes
from plumbing.client import new_request_id
from plumbing.clock import FixedClock, SystemClock
from plumbing.database import Database
from plumbing.events.envelope import Attributes
from plumbing.events.inspection import outbox_pending
from plumbing.events.leadership import Leadership
from plumbing.events.outbox import Outbox
from plumbing.events.refilling import prepare
from plumbing.events.relay import Relay
from plumbing.events.subjects import Stream
from plumbing.identity import Caller, Role, Unauthenticated
from plumbing.settings import Settings
from protos.registry.v1 import registry_pb2 as pb
from services.registry.announce_changes import save_bureaus
from services.registry.commands.clock import remember_clock
from services.registry.commands.instruments import put_instrument
from services.registry.commands.subjects import put_subject
from services.registry.identity.first_start import ADMINISTRATOR, ensure_administrator
from services.registry.identity.passwords import Passwords, hasher_of
from services.registry.identity.tables import Account, Tries
from services.registry.tables import Bureau, Instrument
from tests.integration.events.support import announce, announced, eventually, running
from tests.integration.registry import running_registry
from tests.patience import PATIENCE_SECONDS
from tests.postgres import Databases
from tests.service_keys import SIGNATURES, SIGNER

NOW = datetime(2026, 9, 14, 1, tzinfo=UTC)
CALLER = Caller("account/7", "zhou", frozenset({Role.CASEWORKER}), running_registry.DISTRICT)
Replicas = tuple[Database, Database]


@pytest.fixture
async def replicas(postgresql: Databases, tmp_path: Path) -> AsyncIterator[Replicas]:
    """Two replicas' connections to the database of one registry, migrated by both at once."""
    url = postgresql.url(tmp_path, "registry")
    first, second = Database(url), Database(url)
    await asyncio.gather(*(migrations.upgrade(end, "registry") for end in (first, second)))
    yield first, second
    await asyncio.gather(first.close(), second.close())


class Counting:
    """JetStream that counts the publishes."""

    def __init__(self, js: JetStreamContext) -> None:
        self._js, self.published = js, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._js, name)

    async def publish_async(self, *values: Any, **named: Any) -> Any:
        self.published += 1
        return await self._js.publish_async(*values, **named)


async def test_models_and_migrations_agree(replicas: Replicas) -> None:
    assert await migrations.differences(replicas[0], "registry") == []


async def test_of_two_relays_one_publishes_and_the_other_takes_over(
    replicas: Replicas, jetstream: JetStreamContext
) -> None:
    ways = [Counting(jetstream), Counting(jetstream)]
    relays = [
        Relay(database, way, SIGNER, SystemClock(), poll_seconds=0.02)  # type: ignore[arg-type]
        for database, way in zip(replicas, ways, strict=True)
    ]
    async with running(*(relay.run() for relay in relays)):
        for number in range(20):
            await announced(replicas[number % 2], *(f"subjects/{n % 5}" for n in range(20)))
        await eventually(nothing_pending(replicas[0]))
    assert sorted(way.published for way in ways) == [0, 400]
    idle = next(r for r, way in zip(relays, ways, strict=True) if not way.published)
    await announced(replicas[0], "subjects/0")
    async with running(idle.run()):
        await eventually(nothing_pending(replicas[0]))
    assert sorted(way.published for way in ways) == [1, 400]


async def test_two_sealers_make_one_chain(replicas: Replicas) -> None:
    sealers, sealed, left = [Sealer(database) for database in replicas], 0, True

    async def enter() -> None:
        nonlocal left
        await asyncio.gather(*(write(replicas[n % 2], n) for n in range(60)))
        left = False

    async def write(database: Database, number: int) -> None:
        async with Changes(database, FixedClock(NOW)).change(CALLER) as change:
            change.audit("test", f"thing/{number}")

    async def seal(sealer: Sealer) -> None:
        nonlocal sealed
        while left or await unsealed(replicas[0]):
            done = await sealer.seal()
            sealed += done

    await asyncio.gather(enter(), *map(seal, sealers))
    walk = await audit_walk.verify(replicas[0])
    assert (walk.sealed, walk.unsealed, walk.breaks, sealed) == (60, 0, (), 60)


async def test_a_leader_whose_session_ends_leads_no_more(replicas: Replicas) -> None:
    first, second = (Leadership(database, "work") for database in replicas)
    assert (await first.held(), await second.held(), await first.held()) == (True, False, True)
    ended = sa.text(
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
    )
    async with replicas[1].transaction() as session:
        await (await session.connection()).execute(ended)
    assert not await first.held()
    assert await second.held()
    assert not await first.held()
    await second.release()
    assert await first.held()
    await first.release()


async def test_the_stream_of_a_service_that_runs_is_not_emptied_for_a_restore(
    replicas: Replicas, jetstream: JetStreamContext
) -> None:
    """Only at its next start it would publish again what consumers had not taken yet."""
    told: list[Attributes] = []
    await announced(replicas[0], "a")
    async with running(Relay(replicas[0], jetstream, SIGNER, SystemClock()).run()):
        await eventually(lambda: _all_published(replicas[1]))
        with pytest.raises(WrongState, match="registry"):
            await prepare(replicas[1], jetstream, "registry", SIGNATURES, told.extend)
    state = (await jetstream.stream_info(Stream.REGISTRY)).state
    assert (state.messages, told) == (1, [])


async def _all_published(database: Database) -> bool:
    return (await outbox_pending(database)).count == 0


async def test_of_two_who_register_the_same_at_once_one_is_told_so(replicas: Replicas) -> None:
    changes = [Changes(database, FixedClock(NOW)) for database in replicas]
    async with changes[0].change(CALLER) as change:
        await save_bureaus(change, [Bureau(code=running_registry.DISTRICT, name="测试区局")])
        change.audit("test", "test/bureau")
    code = running_registry.credit_code()
    requests = [running_registry.put_subject(credit_code=code) for _ in range(8)]
    answers = await asyncio.gather(
        *(
            changes[n % 2].once(CALLER, request, put_subject, pb.PutSubjectResponse)
            for n, request in enumerate(requests)
        ),
        return_exceptions=True,
    )
    refused = [answer for answer in answers if isinstance(answer, AlreadyExists)]
    assert len(refused) == len(requests) - 1, answers
    registered = next(a for a in answers if isinstance(a, pb.PutSubjectResponse))
    assert {error.facts["subject_id"] for error in refused} == {registered.subject.subject_id}


async def test_instruments_entered_at_once_with_one_serial_number_are_both_marked(
    replicas: Replicas,
) -> None:
    changes = [Changes(database, FixedClock(NOW)) for database in replicas]
    async with changes[0].change(CALLER) as change:
        await save_bureaus(change, [Bureau(code=running_registry.DISTRICT, name="测试区局")])
        change.audit("test", "test/bureau")
    owners = [
        await changes[0].once(
            CALLER, running_registry.put_subject(), put_subject, pb.PutSubjectResponse
        )
        for _ in range(4)
    ]
    await asyncio.gather(
        *(
            changes[n % 2].once(
                CALLER,
                running_registry.put_instrument(owner.subject.subject_id, serial_no="S-1"),
                put_instrument,
                pb.PutInstrumentResponse,
            )
            for n, owner in enumerate(owners)
        )
    )
    async with replicas[0].snapshot() as session:
        marks = (await session.exec(select(Instrument.repeated_serial))).all()
    assert marks == [True] * 4


async def test_wrong_passwords_at_once_are_all_counted(replicas: Replicas) -> None:
    hasher = hasher_of(Settings(sandbox=True))
    databases = (*replicas, *replicas)
    passwords = [Passwords(database, FixedClock(NOW), hasher) for database in databases]
    tries = (checker.check("nobody", "wrong") for checker in passwords)
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert [type(answer) for answer in answers] == [Unauthenticated] * 4
    async with replicas[0].snapshot() as session:
        # For the name at its address, from all addresses, and for the address with all names.
        assert (await session.exec(select(Tries.times))).all() == [4, 4, 4]


async def test_changes_that_block_each_other_are_both_made(replicas: Replicas) -> None:
    met = asyncio.Barrier(2)
    begun: set[str] = set()

    def command(order: str) -> Callable[[Change, Any], Awaitable[pb.PutBureauResponse]]:
        async def announce_both(change: Change, _request: Any) -> pb.PutBureauResponse:
            await announce(change.session, order[0])
            if order not in begun:
                begun.add(order)
                await met.wait()  # now each holds what the other wants
            await announce(change.session, order[1])
            change.audit("test", f"test/{order}")
            return pb.PutBureauResponse()

        return announce_both

    async with asyncio.timeout(PATIENCE_SECONDS):
        await asyncio.gather(
            *(
                Changes(database, FixedClock(NOW)).once(
                    CALLER,
                    pb.PutBureauRequest(request_id=new_request_id()),
                    command(order),
                    pb.PutBureauResponse,
                )
                for database, order in zip(replicas, ("ab", "ba"), strict=True)
            )
        )
    async with replicas[0].snapshot() as session:
        assert await outbox_count(session) == 4


async def test_first_starts_at_once_make_one_administrator(
    replicas: Replicas, tmp_path: Path
) -> None:
    hasher, clock = hasher_of(Settings(sandbox=True)), FixedClock(NOW)
    starts = (
        ensure_administrator(Changes(end, clock), Passwords(end, clock, hasher), tmp_path)
        for end in (*replicas, *replicas)
    )
    await asyncio.gather(*starts)
    await asyncio.gather(*(remember_clock(end, clock) for end in (*replicas, *replicas)))
    async with replicas[0].snapshot() as session:
        assert (await session.exec(select(Account.name))).all() == [ADMINISTRATOR]


async def test_who_reads_sees_one_moment(replicas: Replicas) -> None:
    async with replicas[0].snapshot() as session:
        assert await outbox_count(session) == 0
        await announced(replicas[1], "a")
        assert await outbox_count(session) == 0


async def outbox_count(session: Any) -> int:
    return int((await session.exec(select(sa.func.count()).select_from(Outbox))).one())


def nothing_pending(database: Database) -> Callable[[], Awaitable[bool]]:
    async def so() -> bool:
        return (await outbox_pending(database)).count == 0

    return so


async def unsealed(database: Database) -> int:
    waiting = select(sa.func.count()).where(sa.column("sequence").is_(None))
    async with database.snapshot() as session:
        return int((await session.exec(waiting.select_from(AuditEntry))).one())
