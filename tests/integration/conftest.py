"""Real parts for the integration tests: a NATS server, and databases."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError, ServerError

from plumbing import audit, change  # noqa: F401  their tables
from plumbing.database import Database, PlumbingTable
from plumbing.events import inbox, outbox  # noqa: F401  their tables
from plumbing.events.connect import connect
from plumbing.events.subjects import SUBJECTS, ensure_streams
from plumbing.settings import SERVICES
from tests.bound import bound
from tests.patience import PATIENCE_SECONDS
from tests.ports import free_port, wait_for_port
from tests.postgres import Databases
from tests.service_keys import TESTER, authorization

CONFIGURATION = """
listen: "127.0.0.1:{port}"
jetstream {{ store_dir: "{store}", sync_interval: always }}
"""

STORE_NOT_CREATED = 10049  # JetStream's code
NewDatabase = Callable[[str], Awaitable[Database]]


class NatsServer:
    """A nats-server on a free port; its store survives `kill` and `start`."""

    def __init__(self, folder: Path) -> None:
        self._port = free_port()
        self.store = folder / "store"
        self._configuration = folder / "nats.conf"
        text = CONFIGURATION.format(port=self._port, store=self.store) + authorization()
        self._configuration.write_text(text)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Starts the server, and returns when it accepts connections."""
        program = Path(sys.executable).with_name("nats-server")
        self._process = subprocess.Popen(
            bound([program, "-c", self._configuration]),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for_port(self._port)

    def kill(self) -> None:
        """Kills the server with SIGKILL, if it is running."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None


@pytest.fixture(scope="session")
def _nats_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    server = NatsServer(tmp_path_factory.mktemp("nats"))
    server.start()
    yield server
    server.kill()


@pytest.fixture
def nats_server(_nats_process: NatsServer) -> Iterator[NatsServer]:
    """A running server. A test may kill and start it; the next test finds it running."""
    yield _nats_process
    _nats_process.kill()
    _nats_process.start()


@pytest.fixture
async def jetstream(_nats_process: NatsServer) -> AsyncIterator[JetStreamContext]:
    """JetStream with every stream, each empty and without consumers."""
    client = await connect(_nats_process.url, TESTER)
    js = client.jetstream()
    for stream in SUBJECTS:
        try:
            await js.delete_stream(stream)
        except NotFoundError:
            continue
    await _made(js)
    yield js
    await client.close()


async def _made(js: JetStreamContext, seconds: float = PATIENCE_SECONDS) -> None:
    """Makes the streams, again while NATS still removes the folders of deleted ones."""
    async with asyncio.timeout(seconds):
        while True:
            try:
                for service in SERVICES:
                    await ensure_streams(js, service)
            except ServerError as error:
                if error.err_code != STORE_NOT_CREATED:
                    raise
                await asyncio.sleep(0.02)
            else:
                return


@pytest.fixture
async def new_database(tmp_path: Path, databases: Databases) -> AsyncIterator[NewDatabase]:
    """Makes databases by name, each with the tables that every service has."""
    opened: list[Database] = []

    async def make(name: str) -> Database:
        database = Database(databases.url(tmp_path, name))
        opened.append(database)
        async with database.engine.begin() as connection:
            await connection.run_sync(PlumbingTable.metadata.create_all)
        return database

    yield make
    await asyncio.gather(*(database.close() for database in opened))


@pytest.fixture
async def database(new_database: NewDatabase) -> Database:
    """The database of one service."""
    return await new_database("service")
