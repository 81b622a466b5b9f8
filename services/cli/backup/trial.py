"""Restores a backup into a folder beside it, and looks whether a platform could run on it."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from law.errors import Fault
from plumbing import audit_walk
from plumbing.checkpoints.keys import signer_of
from plumbing.database import Database
from plumbing.events.positions import older_in
from plumbing.settings import SERVICES
from services.cli.backup.manifest import BackupUnsound, Manifest
from services.cli.backup.restore import put_back


@dataclass(frozen=True)
class Trial:
    """What a trial of a backup looked at: how many databases, and audit entries of all chains."""

    databases: int
    audit_entries: int


def try_out(folder: Path, secrets: Path, public_key: str = "") -> Trial:
    """Restores a backup into a folder that is removed afterwards, and checks what came back.

    Every file is compared with the manifest, each database is checked for integrity, all of them
    for being of one moment, and each audit chain from its first link. Raises BackupUnsound with
    what does not hold.
    """
    scratch = folder.parent / f".trial-{uuid4().hex}"
    try:  # made within, so that no signal comes between the folder and its removal
        scratch.mkdir(mode=0o700)
        manifest = put_back(folder, secrets, scratch / "data", public_key)
        _require_sound(_integrity_faults(manifest, scratch / "data"))
        _require_sound(one.fault for one in older_in(scratch / "data"))
        entries, broken = asyncio.run(_walk(manifest, scratch / "data"))
        _require_sound(broken)
        return Trial(len(manifest.databases), entries)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _require_sound(faults: Iterable[Fault]) -> None:
    if found := list(faults):
        raise BackupUnsound(faults=found)


def _integrity_faults(manifest: Manifest, data: Path) -> Iterator[Fault]:
    for name, kept in manifest.databases.items():
        with closing(sqlite3.connect(data / f"{name}.db")) as database:
            found = database.execute("PRAGMA integrity_check(1)").fetchone()[0]
            lost = database.execute("PRAGMA foreign_key_check").fetchone()
            revision = database.execute("SELECT version_num FROM alembic_version").fetchone()[0]
        if found != "ok" or lost is not None or revision != kept.revision:
            yield Fault(f"{name}.db", f"数据库损坏：{found}", f"the database is damaged: {found}")


async def _walk(manifest: Manifest, data: Path) -> tuple[int, list[Fault]]:
    """Verifies the audit chain of each service; returns the number of entries, and the faults."""
    entries, faults = 0, []
    for service in (name for name in SERVICES if name in manifest.databases):
        database = Database(f"sqlite+aiosqlite:///{data / f'{service}.db'}")
        key = signer_of(data / "keys", manifest.origin, service).public_key
        walk = await audit_walk.verify(database, key)
        await database.close()
        entries += walk.sealed + walk.unsealed
        faults += [
            Fault(f"{service}.db", f"审计链断裂：{object_} {why}", f"audit chain: {object_} {why}")
            for object_, why in walk.breaks
        ]
    return entries, faults
