"""A PostgreSQL server that stops, hangs or takes no changes: nothing hangs with it or ends."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterator
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import grpc
import pytest
import sqlalchemy as sa
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession
from structlog.testing import capture_logs

from law.errors import InvalidInput
from plumbing import postgresql_limits, waiting
from plumbing.clock import SystemClock
from plumbing.database import Database, PlumbingTable
from plumbing.database_away import DATABASE_AWAY, is_away, keeps_waiting
from plumbing.events import inbox, leadership
from plumbing.events.envelope import Attributes, Delivery, Received
from plumbing.events.inbox import EventHandler
from plumbing.events.leadership import Leadership
from plumbing.events.outbox import Outbox
from plumbing.readiness import answers
from plumbing.rpc import _status_of_fault
from plumbing.settings import Settings, child_environment
from plumbing.waiting import once_database_there
from protos.registry.v1.events_pb2 import BureausChanged
from services.cli.backup.migrate import migrate
from tests.bound import bound
from tests.integration.events.support import EFFECTS, announced, have_effect, sequences
from tests.patience import PATIENCE_SECONDS
from tests.postgres import PostgresServer

SOON = 0.5  # where a test has to wait for a limit, it is so many seconds


@pytest.fixture(scope="module")
def _server() -> Iterator[PostgresServer]:
    server = PostgresServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def server(_server: PostgresServer) -> PostgresServer:
    """A server that a test may stop, and must leave running."""
    return _server


@pytest.fixture
def database(server: PostgresServer) -> Database:
    return Database(server.url("postgres"))


async def ask(database: Database, query: str = "SELECT 7") -> int:
    async with database.snapshot() as session:
        return int((await (await session.connection()).execute(sa.text(query))).scalar_one())


async def failure(work: Callable[[], Awaitable[object]]) -> Exception:
    """The error with which some work fails, and soon."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        try:
            await work()
        except Exception as error:
            return error
    raise AssertionError("It did not fail")


async def until(work: Callable[[], Awaitable[object]], answer: object) -> None:
    """Tries some work until it gives an answer: a busy machine may not keep a limit of SOON."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            with suppress(*DATABASE_AWAY):
                if await work() == answer:
                    return
            await asyncio.sleep(0.01)


async def test_one_that_crashed_is_away_and_found_again(
    server: PostgresServer, database: Database
) -> None:
    leader = Leadership(database, "work")
    assert await leader.held()
    server.crash()
    lost = await failure(partial(ask, database))
    refused = await failure(partial(ask, database))
    led = await leader.held()
    server.run()
    assert (is_away(lost), is_away(refused), led) == (True, True, False)
    assert isinstance(refused, DATABASE_AWAY)
    assert await ask(database) == 7
    assert await leader.held()
    await leader.release()
    await database.close()


async def test_a_connection_is_used_again(database: Database) -> None:
    """To make one, the server starts a process: that takes longer than most of what is asked."""
    assert len({await ask(database, "SELECT pg_backend_pid()") for _ in range(3)}) == 1
    await database.close()


class CancelledAt:
    """Work that is cancelled when it waits for the given time; 0 is the first."""

    def __init__(self, work: Coroutine[Any, Any, object], wait: int) -> None:
        self._work = work.__await__()
        self._left = wait

    def __await__(self) -> Generator[Any, Any, None]:
        task = asyncio.current_task()
        assert task is not None
        with suppress(StopIteration):
            awaited = next(self._work)
            while True:
                if self._left == 0:
                    task.cancel()
                self._left -= 1
                try:
                    answer = yield awaited
                except BaseException as error:
                    awaited = self._work.throw(error)
                else:
                    awaited = self._work.send(answer)


async def lead(database: Database) -> None:
    leader = Leadership(database, "work")
    try:
        assert await leader.held()
    finally:
        await leader.release()


@pytest.mark.parametrize("work", [ask, lead])
async def test_what_is_cancelled_while_it_connects_leaves_no_connection_open(
    server: PostgresServer, work: Callable[[Database], Coroutine[Any, Any, object]]
) -> None:
    """An open one would keep its place on the server until the garbage is collected."""
    name = f"to_{work.__name__}"
    await asyncio.to_thread(server.create, name)
    looking = Database(server.url("postgres"))
    waits = 0
    while True:
        database = Database(server.url(name))
        ended = asyncio.create_task(_awaited(CancelledAt(work(database), waits)))
        await asyncio.wait({ended})
        await database.close()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await _connections(looking, name):  # noqa: ASYNC110  the server ends them
                await asyncio.sleep(0.01)
        if not ended.cancelled():
            break
        waits += 1
    ended.result()
    assert waits > 10  # several of them to connect
    await looking.close()


async def _connections(database: Database, name: str) -> int:
    query = sa.text("SELECT count(*) FROM pg_stat_activity WHERE datname = :name")
    async with database.snapshot() as session:
        connection = await session.connection()
        return int((await connection.execute(query, {"name": name})).scalar_one())


async def _awaited(work: Awaitable[None]) -> None:
    await work


async def test_one_that_hangs_is_given_up_soon(
    server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its connections stay open, and would otherwise be waited for without end."""
    monkeypatch.setattr(postgresql_limits, "CONNECT_SECONDS", SOON)
    monkeypatch.setattr(postgresql_limits, "PING_SECONDS", SOON)
    monkeypatch.setattr(leadership, "ANSWER_SECONDS", SOON)
    database = Database(server.url("postgres"))
    leader = Leadership(database, "work")
    await until(leader.held, answer=True)
    await asyncio.gather(*(until(partial(ask, database), 7) for _ in range(5)))
    server.hang()
    try:
        began = time.monotonic()
        told = await failure(partial(ask, database))
        led = await leader.held()
        seconds = time.monotonic() - began
        ready = await answers(database)
    finally:
        server.wake()
    assert is_away(told), repr(told)
    assert (led, ready) == (False, False)
    assert seconds < PATIENCE_SECONDS
    await until(partial(ask, database), 7)
    await until(leader.held, answer=True)
    await leader.release()
    await database.close()


async def test_one_that_hangs_while_old_statements_are_closed_is_given_up_too(
    server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After it has prepared a statement, the driver closes those that it keeps no more."""
    database = Database(server.url("postgres"))
    async with database.snapshot() as session:
        connection = await session.connection()
        driver: Any = (await connection.get_raw_connection()).driver_connection
        for number in count():
            await connection.execute(sa.text(f"SELECT {number}"))
            if driver._stmts_to_close:
                break
        monkeypatch.setattr(postgresql_limits, "COMMAND_SECONDS", SOON)
        server.hang()
        try:
            error = await failure(driver._cleanup_stmts)
        finally:
            server.wake()
    assert is_away(error)
    await database.close()


async def test_one_whose_connections_are_all_busy_answers(database: Database) -> None:
    """Full of work is not away: `/ready` would send the calls to replicas that have as much."""
    async with AsyncExitStack() as busy:
        for _ in range(20):  # as many as there are for work
            session = await busy.enter_async_context(database.snapshot())
            await session.connection()
        assert await answers(database)
    await database.close()


async def test_a_statement_that_takes_too_long_loses_its_connection(
    server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql_limits, "COMMAND_SECONDS", SOON)
    database = Database(server.url("postgres"))

    async def sleep() -> None:
        async with database.transaction() as session:
            await (await session.connection()).execute(sa.text("SELECT pg_sleep(60)"))

    error = await failure(sleep)
    assert isinstance(error, TimeoutError)
    assert is_away(error)
    await until(partial(ask, database), 7)
    async with database.patient() as connection:
        await connection.execute(sa.text(f"SELECT pg_sleep({SOON * 2})"))
    async with database.long_transaction() as session:
        await (await session.connection()).execute(sa.text(f"SELECT pg_sleep({SOON * 2})"))
    await database.close()


async def test_an_event_waits_less_for_a_server_that_hangs_and_takes_its_time_when_it_comes_again(
    server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "FIRST_SECONDS", SOON)
    database = Database(server.url("postgres"))
    async with database.engine.begin() as connection:
        await connection.run_sync(PlumbingTable.metadata.create_all)
        await connection.run_sync(EFFECTS.metadata.create_all)

    async def slowly(session: AsyncSession, received: Received[BureausChanged]) -> None:
        await (await session.connection()).execute(sa.text(f"SELECT pg_sleep({SOON * 2})"))
        await have_effect(session, received)

    handlers = [EventHandler(BureausChanged, apply=slowly)]
    tested = inbox.Inbox("test", database, SystemClock(), handlers)
    await announced(database, "a")
    async with database.snapshot() as session:
        row = (await session.exec(select(Outbox))).one()
    first = Delivery(Attributes.read(row.headers), row.payload, stream_seq=1, deliveries=1)
    error = await failure(partial(tested.take, first))
    assert isinstance(error, TimeoutError)
    assert is_away(error)
    assert await sequences(database) == {}
    assert await tested.take(replace(first, deliveries=2)) is inbox.Place.DONE
    assert await sequences(database) == {"a": [1]}
    await database.close()


async def test_a_replica_that_hangs_loses_its_locks(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql_limits, "IDLE_SECONDS", 1)

    holds, taken = asyncio.Event(), asyncio.Event()

    async def hang() -> None:
        async with database.transaction() as session:
            connection = await session.connection()
            await connection.execute(sa.text("SELECT pg_advisory_xact_lock(7)"))
            holds.set()
            await taken.wait()  # as a stopped process would
            await connection.execute(sa.text("SELECT 1"))

    async def wait_for_it() -> None:
        async with database.transaction() as session:
            connection = await session.connection()
            await connection.execute(sa.text("SELECT pg_advisory_xact_lock(7)"))

    hanging = asyncio.create_task(failure(hang))
    async with asyncio.timeout(PATIENCE_SECONDS):
        await holds.wait()
        await until(wait_for_it, None)
        taken.set()
        assert is_away(await hanging)
    await database.close()


async def test_a_snapshot_that_computes_aside_keeps_its_connection(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large file is compared for minutes between two reads of the register."""
    monkeypatch.setattr(postgresql_limits, "IDLE_SECONDS", 1)
    aside = database.again()
    async with aside.snapshot() as session:
        connection = await session.connection()
        moment = (await connection.execute(sa.text("SELECT now()"))).scalar_one()
        await asyncio.sleep(1.5)
        assert (await connection.execute(sa.text("SELECT now()"))).scalar_one() == moment
    await aside.close()
    await database.close()


async def test_a_standby_that_is_asked_to_change_something_is_away(database: Database) -> None:
    async def change() -> None:
        async with database.snapshot() as session:
            await (await session.connection()).execute(sa.text("CREATE TABLE more (number int)"))

    assert is_away(await failure(change))
    await database.close()


async def test_what_the_database_refuses_is_no_absence(database: Database) -> None:
    async def mistake() -> None:
        async with database.snapshot() as session:
            await (await session.connection()).execute(sa.text("SELECT nothing FROM nowhere"))

    error = await failure(mistake)
    assert (is_away(error), keeps_waiting(error)) == (False, False)
    assert isinstance(error, sa.exc.DBAPIError)
    await database.close()


async def test_callers_are_told_to_try_again(server: PostgresServer, database: Database) -> None:
    server.crash()
    error = await failure(partial(ask, database))
    server.run()
    status = _status_of_fault("/a.B/C", error)
    assert status.code == grpc.StatusCode.UNAVAILABLE.value[0]
    assert "AWAY" in str(status.details[0])
    await database.close()


async def test_who_starts_waits_and_says_for_what(
    server: PostgresServer, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "LONGEST_PAUSE_SECONDS", 0.1)
    server.crash()
    with capture_logs() as lines:
        starting = asyncio.create_task(once_database_there(database, partial(ask, database)))
        done, _ = await asyncio.wait({starting}, timeout=SOON)
        server.run()
        async with asyncio.timeout(PATIENCE_SECONDS):
            answer = await starting
    assert (done, answer) == (set(), 7)
    events = [line["event"] for line in lines]
    assert (events[0], events[-1]) == ("process.waits", "process.waits_no_more")
    assert lines[0]["engine"] == "postgresql"
    assert lines[0]["address"] == database.address
    await database.close()


async def test_a_database_that_is_not_made_yet_is_waited_for(server: PostgresServer) -> None:
    database = Database(server.url("not_made_yet"))
    starting = asyncio.create_task(once_database_there(database, partial(ask, database)))
    done, _ = await asyncio.wait({starting}, timeout=SOON)
    await asyncio.to_thread(server.create, "not_made_yet")
    async with asyncio.timeout(PATIENCE_SECONDS):
        assert (done, await starting) == (set(), 7)
    await database.close()


async def test_the_job_that_migrates_waits_too(server: PostgresServer, tmp_path: Path) -> None:
    """A job of the cluster is tried a few times within minutes; a database may be away longer."""
    command = [sys.executable, "-P", "-m", "services.cli", "migrate", "portal", "--wait"]
    migrating = await asyncio.create_subprocess_exec(
        *bound(command),
        env=child_environment(Settings(data_dir=tmp_path, database=server.url("{service}"))),
        stdout=asyncio.subprocess.PIPE,
    )
    assert migrating.stdout is not None
    async with asyncio.timeout(PATIENCE_SECONDS):
        assert b'"process.waits"' in await migrating.stdout.readline()
        await asyncio.to_thread(server.create, "portal")
        told, _ = await migrating.communicate()
    assert migrating.returncode == 0
    assert "portal 的表为" in told.decode()


async def test_the_job_that_migrates_ends_at_a_user_who_is_not_let_in(
    server: PostgresServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stranger = server.url("{service}").replace("postgres@", "stranger:secret@")
    monkeypatch.setenv("QUANHENG_DATABASE", stranger)
    monkeypatch.setattr("services.cli.backup.migrate.start_logging", lambda *_: None)
    with pytest.raises(InvalidInput) as refused:
        await asyncio.to_thread(migrate, ["portal"], wait=True, data=tmp_path)
    [fault] = refused.value.faults
    assert fault.field == "QUANHENG_DATABASE"
    assert "stranger" in fault.message_zh
    assert "secret" not in fault.message_zh
