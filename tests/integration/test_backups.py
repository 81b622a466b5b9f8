"""A backup is whole or absent, of one moment, private, and holds while nobody has changed it."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from law.errors import AlreadyExists, LawError, WrongState
from plumbing import certificates, migrations
from plumbing.audit import Sealer
from plumbing.change import Changes
from plumbing.checkpoints.keys import make_signing_keys, signer_of
from plumbing.clock import SystemClock
from plumbing.database import Database
from plumbing.events.positions import NotOfOneMoment, older_in, require_one_moment
from plumbing.identity import service_caller
from plumbing.settings import CALLERS, PORTAL, Settings
from services.cli.backup import create as creating
from services.cli.backup.create import NoRoom, Place, create
from services.cli.backup.manifest import BackupUnsound, Manifest, listed, write
from services.cli.backup.moment import copy_at_one_moment
from services.cli.backup.restore import put_back
from services.cli.backup.trial import try_out
from services.cli.machine.engine_programs import litestream_program
from services.cli.machine.replica import ReplicaUnsound, configuration, restore_newer
from tests.integration.plumbing.test_full_disk import DISK_BYTES, small_disk
from tests.ports import free_port

__all__ = ["small_disk"]
QUANHENG = (sys.executable, "-m", "services.cli")
CERTIFICATE = "files/sha256/ab/abcdef"


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory as a platform leaves it: databases, keys, certificates and a file."""
    data = tmp_path_factory.mktemp("platform") / "data"
    data.mkdir(mode=0o700)
    (data / "database").write_text("sqlite")
    (data / "keys").mkdir(mode=0o700)
    make_signing_keys(data / "keys")
    certificates.provide(data / "tls", SystemClock())
    (data / CERTIFICATE).parent.mkdir(parents=True)
    (data / CERTIFICATE).write_bytes(b"a certificate")
    for name in CALLERS:
        asyncio.run(begun(data, name))
    return data


async def begun(data: Path, name: str) -> None:
    """Makes the database of a service, with one audit entry."""
    database = Database(f"sqlite+aiosqlite:///{data / f'{name}.db'}")
    await migrations.upgrade(database, name)
    if name != PORTAL:
        async with Changes(database, SystemClock()).change(service_caller(name)) as change:
            change.audit("test", "thing/1")
        await Sealer(database).seal()
    await database.close()


def settings_of(data: Path) -> Settings:
    return Settings(data_dir=data)


@pytest.fixture
def data(platform: Path, tmp_path: Path) -> Path:
    """A copy of the data directory that a test may change."""
    shutil.copytree(platform, tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def backup(platform: Path, tmp_path: Path) -> Path:
    create(settings_of(platform), Place(tmp_path / "backup"))
    return tmp_path / "backup"


def others_may(folder: Path) -> list[Path]:
    paths = [folder, *folder.rglob("*")]
    return [path for path in paths if stat.S_IMODE(path.stat().st_mode) & 0o077]


def test_a_backup_comes_back_as_it_was_and_nobody_else_can_read_it(
    platform: Path, backup: Path, tmp_path: Path
) -> None:
    held = put_back(backup, backup / "secrets", tmp_path / "new")
    assert set(held.databases) == set(CALLERS)
    for path in (CERTIFICATE, "keys/audit-registry.key", "tls/ca.key"):
        assert (tmp_path / "new" / path).read_bytes() == (platform / path).read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {"backup", "new"}
    assert others_may(backup) == others_may(tmp_path / "new") == []


def test_secrets_may_lie_elsewhere(platform: Path, tmp_path: Path) -> None:
    place = Place(tmp_path / "backup", tmp_path / "safe")
    create(settings_of(platform), place)
    assert not [path for path in place.folder.rglob("*") if path.suffix in (".key", ".jwk")]
    assert others_may(place.secrets) == []
    put_back(place.folder, place.secrets, tmp_path / "new")
    assert (tmp_path / "new/keys/audit-registry.key").exists()


def damage(path: str, change: Callable[[Path], object]) -> tuple[str, Callable[[Path], object]]:
    return path, lambda folder: change(folder / path)


DAMAGES = [
    damage("databases/registry.db", lambda file: file.write_bytes(file.read_bytes() + b"x")),
    damage(CERTIFICATE, Path.unlink),
    damage("keys/audit-grading.key", lambda file: _in_secrets(file).write_text("other")),
    damage("manifest.json", lambda file: file.write_text(file.read_text().replace("1", "2", 1))),
]


def _in_secrets(file: Path) -> Path:
    return file.parents[1] / "secrets" / "keys" / file.name


@pytest.mark.parametrize(("path", "change"), DAMAGES, ids=[path for path, _ in DAMAGES])
def test_what_was_changed_is_named_and_not_restored(
    backup: Path, tmp_path: Path, path: str, change: Callable[[Path], object]
) -> None:
    change(backup)
    with pytest.raises(BackupUnsound) as refused:
        put_back(backup, backup / "secrets", tmp_path / "new")
    assert path in [fault.field for fault in refused.value.faults]
    assert not (tmp_path / "new").exists()


def test_a_manifest_of_another_key_does_not_hold(backup: Path, tmp_path: Path) -> None:
    make_signing_keys(tmp_path)
    key = signer_of(tmp_path, "quanheng", "registry").public_key
    with pytest.raises(BackupUnsound):
        try_out(backup, backup / "secrets", key)
    own = signer_of(backup / "secrets/keys", "quanheng", "registry").public_key
    assert try_out(backup, backup / "secrets", own).audit_entries == len(CALLERS) - 1


def test_nothing_is_written_outside_the_new_directory(backup: Path, tmp_path: Path) -> None:
    """Also if somebody with the keys of the backup signs such a manifest."""
    (backup / "live.db").write_text("of another platform")
    text = json.loads((backup / "manifest.json").read_text())
    held = Manifest.model_validate(text)
    [kept] = listed(backup, [backup / "databases/../live.db"])
    assert kept.path == "databases/../live.db"
    changed = held.model_copy(update={"files": (*held.files, kept)})
    write(changed, backup, backup / "secrets/keys")
    with pytest.raises(BackupUnsound):
        put_back(backup, backup / "secrets", tmp_path / "new")
    assert not (tmp_path / "live.db").exists()


def test_a_folder_that_is_no_backup_keeps_its_permissions(backup: Path, tmp_path: Path) -> None:
    (tmp_path / "shared").write_text("for everybody")
    for path in (tmp_path, tmp_path / "shared"):
        path.chmod(0o755)
    for named in (["check", str(tmp_path)], ["check", str(backup), "--secrets", str(tmp_path)]):
        ran = subprocess.run([*QUANHENG, "backup", *named], capture_output=True, check=False)
        assert ran.returncode != 0
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755
    assert stat.S_IMODE((tmp_path / "shared").stat().st_mode) == 0o755


@pytest.mark.parametrize("secrets", ["backup/secrets", "backup", "."])
def test_secrets_lie_apart_or_at_their_place(platform: Path, tmp_path: Path, secrets: str) -> None:
    with pytest.raises(WrongState):
        create(settings_of(platform), Place(tmp_path / "backup", tmp_path / secrets))
    assert [*tmp_path.iterdir()] == []


def test_a_link_is_not_restored_into(backup: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "new").symlink_to("elsewhere")
    with pytest.raises(WrongState):
        put_back(backup, backup / "secrets", tmp_path / "new")


def test_nothing_is_written_over(platform: Path, backup: Path, tmp_path: Path) -> None:
    with pytest.raises(AlreadyExists):
        create(settings_of(platform), Place(backup))
    with pytest.raises(AlreadyExists):
        put_back(backup, backup / "secrets", platform)


def test_a_full_disk_leaves_nothing(platform: Path, small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(DISK_BYTES - (1 << 20)))
    with pytest.raises(NoRoom):
        create(settings_of(platform), Place(small_disk / "backup"))
    assert list(small_disk.iterdir()) == [ballast]


def test_a_backup_that_was_cut_off_does_not_look_whole(platform: Path, tmp_path: Path) -> None:
    program = (
        "import os, signal, sys; from pathlib import Path; from services.cli.backup import create;"
        "from plumbing.settings import Settings;"
        "create.try_out = lambda *_: os.kill(os.getpid(), signal.SIGKILL);"
        "create.create(Settings(data_dir=sys.argv[1]), create.Place(Path(sys.argv[2])))"
    )
    command = [sys.executable, "-c", program, str(platform), str(tmp_path / "backup")]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert not (tmp_path / "backup").exists()
    with pytest.raises(AlreadyExists, match="unfinished"):
        create(settings_of(platform), Place(tmp_path / "backup"))


def test_a_backup_that_is_stopped_leaves_nothing(platform: Path, tmp_path: Path) -> None:
    """As when a timer's time is over: neither the backup nor its trial stays, with keys in it."""
    command = [*QUANHENG, "backup", "create", str(tmp_path / "backup"), "--data", str(platform)]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as running:
        while not [*tmp_path.glob(".trial-*")]:
            assert running.poll() is None
        running.terminate()
    assert running.returncode == 128 + signal.SIGTERM
    assert [*tmp_path.iterdir()] == []


def test_a_trial_that_fails_leaves_no_backup(data: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(data / "grading.db")) as grading:
        grading.execute("UPDATE audit_entry SET action = 'other'")
        grading.commit()
    with pytest.raises(BackupUnsound) as refused:
        create(settings_of(data), Place(tmp_path / "backup"))
    assert [fault.field for fault in refused.value.faults] == ["grading.db"]
    assert {path.name for path in tmp_path.iterdir()} == {"data"}


def test_postgresql_is_refused_with_what_to_use(tmp_path: Path) -> None:
    (tmp_path / "database").write_text("postgresql://keeper@host/quanheng_{service}")
    with pytest.raises(WrongState, match="pg_dump"):
        create(settings_of(tmp_path), Place(tmp_path / "backup"))
    with pytest.raises(LawError, match="no data directory"):
        create(settings_of(tmp_path / "nothing"), Place(tmp_path / "backup"))


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[dict[str, Path]]:
    """Two databases; a writer counts in the first, then in the second, without a pause."""
    files = {name: tmp_path / f"{name}.db" for name in ("first", "second")}
    connections = [sqlite3.connect(file, check_same_thread=False) for file in files.values()]
    for connection in connections:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE counted (number)")
        connection.execute("INSERT INTO counted VALUES (0)")
        connection.commit()
    ends = threading.Event()

    def count() -> None:
        while not ends.is_set():
            for connection in connections:
                connection.execute("UPDATE counted SET number = number + 1")
                connection.commit()

    writer = threading.Thread(target=count)
    writer.start()
    yield files
    ends.set()
    writer.join()
    for connection in connections:
        connection.close()


def test_copies_are_of_one_moment_while_others_write(pair: dict[str, Path], tmp_path: Path) -> None:
    for attempt in range(5):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        copy_at_one_moment(dict(reversed(pair.items())), folder)
        numbers = []
        for name in pair:
            with closing(sqlite3.connect(folder / f"{name}.db")) as copy:
                numbers += copy.execute("SELECT number FROM counted").fetchone()
        first, second = numbers
        assert first - 1 <= second <= first


def test_a_database_that_is_older_than_another_is_found(data: Path) -> None:
    with closing(sqlite3.connect(data / "alerts.db")) as alerts:
        position = ("alerts-registry", "subject/1", 2)
        alerts.execute("INSERT INTO inbox_position VALUES (?, ?, ?)", position)
        alerts.commit()
    with closing(sqlite3.connect(data / "registry.db")) as registry:
        registry.execute("INSERT INTO aggregate_sequence VALUES ('subject/1', 2)")
        registry.commit()
        assert older_in(data) == []
        registry.execute("UPDATE aggregate_sequence SET last_seq = 1")
        registry.commit()
    with pytest.raises(NotOfOneMoment) as refused:
        require_one_moment(data)
    assert [fault.field for fault in refused.value.faults] == ["registry.db"]
    (data / "registry.db").unlink()
    assert [one.owner for one in older_in(data)] == ["registry"]


def test_the_manifest_says_what_is_there(backup: Path) -> None:
    held = json.loads((backup / "manifest.json").read_text())
    assert held["databases"]["registry"]["revision"]
    assert {kept["path"] for kept in held["files"]} >= {CERTIFICATE, "databases/portal.db"}
    assert creating.UNFINISHED not in backup.name


class Replicated:
    """The databases of a data directory, with a replica that a test brings up to date."""

    def __init__(self, data: Path, replica: Path) -> None:
        self.settings = Settings(data_dir=data, replica_url=replica.as_uri())
        self._config = data / "litestream.yml"

    def replicate(self, *names: str) -> None:
        """Sends what was written to these databases."""
        config = json.loads(configuration(self.settings, f"127.0.0.1:{free_port()}"))
        wanted = [str(self.settings.data_dir / f"{name}.db") for name in names]
        config["dbs"] = [one for one in config["dbs"] if one["path"] in wanted]
        self._config.write_text(json.dumps(config))
        program = litestream_program(self.settings)
        command = [program, "replicate", "-once", "-config", str(self._config)]
        subprocess.run(command, check=True, capture_output=True)

    def announce(self, number: int) -> None:
        """Writes an event of the registry."""
        self._write("registry", "INSERT INTO aggregate_sequence VALUES (?, 1)", number)

    def handle(self, number: int) -> None:
        """Writes that alerts has handled an event."""
        self._write("alerts", "INSERT INTO inbox_position VALUES ('alerts-registry', ?, 1)", number)

    def _write(self, name: str, statement: str, number: int) -> None:
        with closing(sqlite3.connect(self.settings.data_dir / f"{name}.db")) as database:
            database.execute(statement, (f"subject/{number}",))
            database.commit()


def test_a_replica_comes_back_as_of_one_moment(data: Path, backup: Path, tmp_path: Path) -> None:
    replicated = Replicated(data, tmp_path / "replica")
    for number in (1, 2):
        replicated.announce(number)
        replicated.handle(number)
        replicated.replicate(*CALLERS)
    replicated.announce(3)
    replicated.handle(3)
    replicated.replicate("alerts")  # the machine is lost before the registry's copy is sent

    def newer(held: Manifest, fresh: Path) -> None:
        restore_newer(replicated.settings, held.databases, replicated.settings.replica_url, fresh)

    put_back(backup, backup / "secrets", tmp_path / "new", newer=newer)
    for name, table in (("registry", "aggregate_sequence"), ("alerts", "inbox_position")):
        with closing(sqlite3.connect(tmp_path / "new" / f"{name}.db")) as database:
            assert database.execute(f"SELECT count(*) FROM {table}").fetchone() == (2,)  # noqa: S608
    assert others_may(tmp_path / "new") == []


def test_a_replica_that_is_not_there_is_refused(backup: Path, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "new")

    def newer(held: Manifest, fresh: Path) -> None:
        restore_newer(settings, held.databases, (tmp_path / "nowhere").as_uri(), fresh)

    with pytest.raises(ReplicaUnsound, match="nowhere"):
        put_back(backup, backup / "secrets", tmp_path / "new", newer=newer)
    assert not (tmp_path / "new").exists()
