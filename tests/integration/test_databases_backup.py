"""The script that copies a PostgreSQL server: the copy holds all and starts by itself."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from plumbing.database import Database
from tests.patience import PATIENCE_SECONDS
from tests.ports import free_port
from tests.postgres import Databases, PostgresServer

SCRIPT = Path(__file__).parents[2] / "deploy/kubernetes/components/backup/databases.sh"


@pytest.fixture
def server(postgresql: Databases) -> PostgresServer:
    assert postgresql._server is not None
    return postgresql._server


def copied(
    server: PostgresServer,
    folder: Path,
    keep: int = 7,
    url: str = "",
    log: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    """Runs the script as its container does, under a user who is not root."""
    address, around = sa.make_url(url or server.url("postgres")), server._surroundings()
    around["env"] |= {
        "PATH": f"{server._programs}:{around['env']['PATH']}",
        "PGHOST": str(address.host),
        "PGPORT": str(address.port),
        "PGUSER": "postgres",
        "KEEP": str(keep),
        "LOG": str(log or ""),
    }
    command = server._as_user(["/bin/sh", str(server.own(SCRIPT)), str(folder)])
    return subprocess.run(command, capture_output=True, text=True, check=False, **around)


@contextmanager
def started(server: PostgresServer, copy: Path) -> Iterator[str]:
    """A server on the copy, once it answers; the URL of a database of it."""
    port = free_port()
    options = ["-D", str(copy), "-p", str(port), "-c", f"unix_socket_directories={copy}"]
    command = server._as_user([str(server._programs / "postgres"), *options])
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, **server._surroundings()) as process:
        ready = ["-h", "127.0.0.1", "-p", str(port), "-U", "postgres", "-c", "SELECT 1"]
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                server._run("psql", *ready)
                break
            except AssertionError:
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.05)
        try:
            yield f"postgresql+asyncpg://postgres@127.0.0.1:{port}/"
        finally:
            process.terminate()


async def test_a_copy_has_every_database_and_starts_by_itself(
    server: PostgresServer, postgresql: Databases, tmp_path: Path
) -> None:
    names = []
    for service in ("registry", "grading"):
        url = postgresql.url(tmp_path, service)
        names.append(sa.make_url(url).database)
        database = Database(url)
        async with database.engine.begin() as connection:
            await connection.exec_driver_sql("CREATE TABLE held AS SELECT 42 AS value")
        await database.close()
    folder = server._folder / "backups"
    assert copied(server, folder, keep=1).returncode == 0
    done = copied(server, folder, keep=1)
    assert done.returncode == 0, done.stderr
    copy = Path(done.stdout.strip())
    assert {file.name for file in folder.iterdir()} == {copy.name, "last-backup"}
    with started(server, copy) as url:
        for name in names:
            database = Database(f"{url}{name}")
            async with database.snapshot() as session:
                asked = await (await session.connection()).exec_driver_sql("SELECT value FROM held")
                assert asked.scalar_one() == 42
            await database.close()


def test_of_the_archived_log_goes_what_no_copy_needs(server: PostgresServer) -> None:
    folder = server._folder / "with-log"
    log = server.folder("archived-log")
    older = log / f"{0:08X}{0:08X}{1:08X}"
    for file in (older, log / f"{1:08X}{9:08X}{0:08X}"):
        file.write_bytes(b"")
    done = copied(server, folder, log=log)
    assert done.returncode == 0, done.stderr
    assert not older.exists()
    assert len(list(log.iterdir())) == 1


def test_what_is_cut_off_has_no_name_and_takes_the_place_of_nothing(
    server: PostgresServer,
) -> None:
    folder = server._folder / "cut-off"
    first = copied(server, folder)
    assert first.returncode == 0, first.stderr
    before = {file.name for file in folder.iterdir()}
    nobody = f"postgresql+asyncpg://postgres@127.0.0.1:{free_port()}/postgres"
    assert copied(server, folder, url=nobody).returncode != 0
    left = {file.name for file in folder.iterdir() if not file.name.endswith(".unfinished")}
    assert left == before
