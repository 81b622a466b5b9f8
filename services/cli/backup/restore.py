"""Puts a backup back as the data directory of a platform."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from law.errors import AlreadyExists, LawError, WrongState
from plumbing.full_disk import is_full
from services.cli.backup import manifest
from services.cli.backup.manifest import KeptFile, Manifest
from services.cli.machine.privacy import tighten

DATABASES = "databases/"


class NoRoomToRestore(LawError):
    """The disk of the new data directory is full; nothing was kept.

    Raised for a restore that found no room.
    """

    reason = "DISK_FULL"
    message_zh = "新数据目录所在的磁盘已满，没有留下任何内容"


def put_back(
    folder: Path,
    secrets: Path,
    data: Path,
    public_key: str = "",
    newer: Callable[[Manifest, Path], None] | None = None,
) -> Manifest:
    """Restores a backup as a new data directory, completely or not at all; returns its manifest.

    `newer` may replace the databases in the directory before it gets its name. Raises AlreadyExists
    if the directory is not empty, WrongState for a mount point or a link, and BackupUnsound if the
    backup does not hold; `faults` name each file.
    """
    if data.exists() and any(data.iterdir()):
        raise AlreadyExists(
            f"{data} 不是空目录；请恢复到新的目录", f"{data} is not empty; restore into a new one"
        )
    if data.is_symlink() or data.is_mount():  # which no folder can take the place of
        raise WrongState(
            f"{data} 是挂载点或链接；请恢复到其中的新目录",
            f"{data} is a mount point or a link; restore into a new folder in it",
        )
    held = manifest.read(folder, secrets, public_key)
    fresh = data.absolute().with_name(f".{data.absolute().name}.unfinished")
    shutil.rmtree(fresh, ignore_errors=True)  # of a restore that was cut off
    try:
        fresh.mkdir(mode=0o700, parents=True)
        _copy(held.files, folder, fresh)
        _copy(held.secrets, secrets, fresh)
        if newer is not None:
            newer(held, fresh)
        tighten(fresh)
        fresh.rename(data)
    except BaseException as error:
        shutil.rmtree(fresh, ignore_errors=True)
        if is_full(error):
            raise NoRoomToRestore from error
        raise
    return held


def _copy(files: Iterable[KeptFile], source: Path, target: Path) -> None:
    for kept in files:
        place = target / kept.path.removeprefix(DATABASES)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / kept.path, place)
