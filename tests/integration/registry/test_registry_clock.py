"""The platform's clock: everyone may read it; it moves only in a sandbox, and never half."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from obstore.store import MemoryStore

from law.errors import WrongState
from plumbing.change import Changes
from plumbing.client import new_request_id
from plumbing.clock import Clock, SandboxClock, SystemClock
from plumbing.database import Database
from plumbing.files import Files
from plumbing.identity import Caller, Role
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import registry_pb2 as pb
from services.registry.checks import check
from services.registry.commands.clock import advance_clock, remember_clock
from tests.integration.registry.running_registry import STARTS, RunningRegistry, outbox, refused
from tests.postgres import Databases

ADMINISTRATOR = Caller("admin-1", "admin", frozenset({Role.ADMINISTRATOR}))


def to(moment: datetime) -> pb.AdvanceClockRequest:
    request = pb.AdvanceClockRequest(request_id=new_request_id())
    request.to.FromDatetime(moment)
    return request


@dataclass
class Sandbox:
    """A register's database and a clock to move."""

    database: Database
    clock: Clock

    async def advance(self, request: pb.AdvanceClockRequest) -> pb.AdvanceClockResponse:
        return await Changes(self.database, self.clock).once(
            ADMINISTRATOR,
            request,
            partial(advance_clock, clock=self.clock),
            pb.AdvanceClockResponse,
        )

    async def moves(self) -> list[events.ClockMoved]:
        return await outbox(self.database, "clock")

    async def problems(self) -> list[str]:
        findings = await check(self.database, self.clock, _runs, Files(MemoryStore()))
        return [problem.name for problem in findings.problems]


async def _runs() -> bool:
    return True


@pytest.fixture
async def database(tmp_path: Path, databases: Databases) -> AsyncIterator[Database]:
    database = await databases.migrated(tmp_path, "registry")
    yield database
    await database.close()


@pytest.fixture
async def sandbox(database: Database, tmp_path: Path) -> Sandbox:
    clock = SandboxClock.create(tmp_path / "clock.json", STARTS)
    await remember_clock(database, clock)
    return Sandbox(database, clock)


async def test_anyone_signed_in_is_told_the_time_and_only_an_administrator_moves_it(
    registry: RunningRegistry,
) -> None:
    for role in (Role.PUBLIC, Role.OPERATOR, Role.CASEWORKER):
        answer = await registry.client(role).clock.GetClock(pb.GetClockRequest())
        assert (answer.today, answer.sandbox) == ("2026-09-14", True)
    with refused("UNAUTHENTICATED"):
        await registry.client_with().clock.GetClock(pb.GetClockRequest())
    with refused("NOT_PERMITTED"):
        await registry.client(Role.UNIT_HEAD).clock.AdvanceClock(to(STARTS + timedelta(days=1)))
    admin = registry.client(Role.ADMINISTRATOR, bureau="000000")
    with refused("WRONG_STATE"):
        await admin.clock.AdvanceClock(to(STARTS - timedelta(days=1)))
    # So little that today stays what the other tests know it as.
    answer_to = STARTS + timedelta(hours=2)
    moved = await admin.clock.AdvanceClock(to(answer_to))
    assert moved.now.ToDatetime(UTC) >= answer_to
    assert moved.today == "2026-09-14"
    event = (await registry.events_of("clock"))[-1]
    clock = await admin.clock.GetClock(pb.GetClockRequest())
    assert event.offset_seconds == clock.offset_seconds


async def test_a_move_is_announced_audited_and_carried_out(sandbox: Sandbox) -> None:
    later = STARTS + timedelta(days=30)
    request = to(later)
    answer = await sandbox.advance(request)
    assert (answer.today, sandbox.clock.today().isoformat()) == ("2026-10-14", "2026-10-14")
    assert await sandbox.advance(request) == answer
    [event] = await sandbox.moves()
    assert event.offset_seconds == sandbox.clock.offset().total_seconds()
    assert event.now.ToDatetime(UTC) >= later
    assert await sandbox.problems() == []
    with pytest.raises(WrongState):
        await sandbox.advance(to(STARTS))
    assert len(await sandbox.moves()) == 1


async def test_a_crash_after_the_clock_moved_is_seen_and_healed_by_asking_again(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crash(*_args: object) -> None:
        raise SystemExit

    request = to(STARTS + timedelta(days=30))
    with monkeypatch.context() as patched:
        patched.setattr("services.registry.commands.clock._announce", crash)
        with pytest.raises(SystemExit):
            await sandbox.advance(request)
    moved = sandbox.clock.offset()
    assert sandbox.clock.today().isoformat() == "2026-10-14"
    assert await sandbox.moves() == []
    assert await sandbox.problems() == ["clock.not_announced"]
    await sandbox.advance(request)
    [event] = await sandbox.moves()
    assert event.offset_seconds == moved.total_seconds() == sandbox.clock.offset().total_seconds()
    assert await sandbox.problems() == []


async def test_outside_a_sandbox_the_clock_is_not_moved(database: Database) -> None:
    real = Sandbox(database, SystemClock())
    await remember_clock(database, real.clock)
    with pytest.raises(WrongState):
        await real.advance(to(real.clock.now() + timedelta(days=1)))
    assert await real.moves() == []
