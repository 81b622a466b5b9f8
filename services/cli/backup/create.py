"""Makes a backup while the platform runs, and checks it by restoring it beside itself.

All databases are copied as they were at one moment. The stores of NATS and Temporal are not: the
services make both again from their databases, as they do when these stores are lost.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import sqlalchemy as sa

from law.errors import AlreadyExists, LawError, NotFound, WrongState
from plumbing.clock import SystemClock
from plumbing.full_disk import is_full
from plumbing.last_backup import note_backup
from plumbing.private_files import OWNER_ONLY
from plumbing.settings import CALLERS, PORTAL, Settings
from services.cli.backup import manifest
from services.cli.backup.manifest import FORMAT, KeptDatabase, Manifest
from services.cli.backup.moment import copy_at_one_moment
from services.cli.backup.trial import Trial, try_out
from services.cli.machine.privacy import NotPrivate, tighten

DATABASES, FILES, SECRETS, KEYS, TLS = "databases", "files", "secrets", "keys", "tls"
UNFINISHED = ".unfinished"
SINGLE_FILES = ("sandbox-clock.json", "sandbox-cast.json")  # of the data directory itself


class NoRoom(LawError):
    """The disk of the backup is full; nothing of it was kept.

    Raised for a backup that found no room.
    """

    reason = "DISK_FULL"
    message_zh = "备份所在的磁盘已满，没有留下任何内容"


@dataclass(frozen=True)
class Place:
    """Where a backup lies; its secrets have a folder of their own, by default within it."""

    folder: Path
    secrets_folder: Path | None = None

    @property
    def secrets(self) -> Path:
        """The folder with keys and certificates."""
        return self.secrets_folder or self.folder / SECRETS


@dataclass(frozen=True)
class Backup:
    """A backup that was made, and what its trial found."""

    place: Place
    manifest: Manifest
    trial: Trial = field(repr=False)


def create(settings: Settings, place: Place) -> Backup:
    """Makes a backup of the platform on a data directory, which may be running.

    It gets its name when it is complete and was restored once as a trial. Raises AlreadyExists if
    something has that name, WrongState if the platform works on PostgreSQL or one folder would lie
    in the other, NoRoom if the disk is full, BackupUnsound or NotOfOneMoment if the trial fails.
    """
    _require_sqlite(settings)
    _require_apart(place)
    with _unfinished(place) as fresh:
        made = _fill(settings, fresh)
        trial = try_out(fresh.folder, fresh.secrets)
    note_backup(settings)
    return Backup(place, made, trial)


def _require_sqlite(settings: Settings) -> None:
    marker = settings.data_dir / "database"
    named = settings.database or (marker.read_text(encoding="utf-8") if marker.exists() else "")
    if not named:
        raise NotFound(
            f"{settings.data_dir} 不是平台的数据目录",
            f"{settings.data_dir} is no data directory of a platform",
        )
    if not named.startswith("sqlite"):
        raise WrongState(
            "数据在 PostgreSQL 中，须用其自身的备份：连续归档（WAL），或停机后用 pg_dump；"
            "密钥与文件另行复制。见 docs/operations.md 的 Backup and restore 一节",
            "The data is in PostgreSQL, which has its own backup: continuous archiving (WAL), or "
            "pg_dump while the services are stopped. Copy keys and files as well: see Backup and "
            "restore in docs/operations.md",
        )


def _require_apart(place: Place) -> None:
    if place.secrets_folder is None:
        return
    one, other = place.folder.resolve(), place.secrets_folder.resolve()
    if one.is_relative_to(other) or other.is_relative_to(one):
        raise WrongState(
            "密钥的目录须在备份的目录之外；不另放的，不要写 --secrets",
            "The folder of the secrets must lie outside that of the backup; leave --secrets out to "
            "keep both in one",
        )


@contextmanager
def _unfinished(place: Place) -> Iterator[Place]:
    """Yields folders under other names, which get their own names once everything is in them."""
    pairs = [(_beside(folder), folder) for folder in _folders(place)]
    for fresh, folder in pairs:
        _refuse_existing(fresh, folder)
    made: list[Path] = []
    try:
        for fresh, _ in pairs:
            fresh.mkdir(mode=0o700, parents=True)
            made.append(fresh)
            _require_private(fresh)
        yield Place(pairs[0][0], pairs[1][0] if len(pairs) > 1 else None)
        for fresh, _ in pairs:
            tighten(fresh)
        os.sync()  # what gets its name is on the disk
        for fresh, folder in reversed(pairs):  # the secrets first: the manifest comes last
            fresh.rename(folder)
    except BaseException as error:
        for fresh in made:
            shutil.rmtree(fresh, ignore_errors=True)
        if is_full(error):
            raise NoRoom from error
        raise


def _folders(place: Place) -> list[Path]:
    return [place.folder, *([place.secrets_folder] if place.secrets_folder else [])]


def _beside(folder: Path) -> Path:
    return folder.absolute().with_name(f"{folder.absolute().name}{UNFINISHED}")


def _refuse_existing(fresh: Path, folder: Path) -> None:
    if folder.exists():
        raise AlreadyExists(f"{folder} 已存在；请另取名称", f"{folder} exists; choose another name")
    if fresh.exists():
        raise AlreadyExists(
            f"{fresh} 是一份未完成的备份：如无备份正在进行，请先删除",
            f"{fresh} is an unfinished backup: unless one is running, remove it first",
        )


def _require_private(folder: Path) -> None:
    if folder.stat().st_mode & OWNER_ONLY:  # such as a disk that knows no permissions
        raise NotPrivate(
            f"{folder} 所在的磁盘不支持权限，其他用户能读到备份",
            f"The disk of {folder} knows no permissions: other users could read the backup",
        )


def _fill(settings: Settings, place: Place) -> Manifest:
    moment = SystemClock().now().isoformat()
    databases = place.folder / DATABASES
    databases.mkdir()
    sources = {name: _file_of(settings, name) for name in CALLERS}
    present = {name: file for name, file in sources.items() if file.exists()}
    copy_at_one_moment(present, databases)
    # Files after the databases: a file is stored before the row that names it, and never changes.
    _copy_tree(settings.files_dir, place.folder / FILES)
    for name in SINGLE_FILES:
        _copy_if_there(settings.data_dir / name, place.folder / name)
    place.secrets.mkdir(exist_ok=True)
    _copy_tree(settings.keys_dir, place.secrets / KEYS)
    _copy_tree(settings.tls_dir, place.secrets / TLS)
    made = Manifest(
        format=FORMAT,
        moment=moment,
        version=version("quanheng"),
        sandbox=settings.clock_file.exists(),
        origin=settings.checkpoint_origin,
        files_url=settings.files_url,
        databases={name: _kept(databases / f"{name}.db") for name in present},
        files=manifest.listed(place.folder, _all_files(place.folder, without=place.secrets)),
        secrets=manifest.listed(place.secrets, _all_files(place.secrets)),
    )
    manifest.write(made, place.folder, place.secrets / KEYS)
    return made


def _file_of(settings: Settings, name: str) -> Path:
    return Path(sa.make_url(settings.database_url(name)).database or "")


def _kept(file: Path) -> KeptDatabase:
    with closing(sqlite3.connect(file)) as copy:
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, without others beside it
        [revision] = copy.execute("SELECT version_num FROM alembic_version").fetchone()
        if file.stem == PORTAL:  # which announces nothing and keeps no audit
            return KeptDatabase(revision=revision)
        events, published = copy.execute(
            "SELECT count(*), count(published_at) FROM outbox"
        ).fetchone()
        newest = copy.execute(
            "SELECT note FROM audit_checkpoint ORDER BY size DESC LIMIT 1"
        ).fetchone()
    checkpoint = newest[0] if newest else ""
    return KeptDatabase(
        revision=revision, events=events, unpublished=events - published, checkpoint=checkpoint
    )


def _copy_tree(source: Path, target: Path) -> None:
    target.mkdir()
    for path in _all_files(source):
        place = target / path.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        _copy_if_there(path, place)


def _copy_if_there(source: Path, target: Path) -> None:
    try:
        shutil.copyfile(source, target)
    except FileNotFoundError:  # one that was removed meanwhile, or that this platform does not have
        target.unlink(missing_ok=True)


def _all_files(folder: Path, without: Path | None = None) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        inside = without is not None and path.is_relative_to(without)
        if path.is_file() and not path.is_symlink() and not inside:
            yield path
