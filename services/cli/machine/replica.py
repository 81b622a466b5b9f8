"""A copy of the databases at all times, by Litestream: where it goes, and how it comes back.

Litestream sends what was written to each database every second. Its copies of two databases differ
by up to a second, so the one that is ahead is restored some transactions earlier.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from law.errors import LawError
from plumbing.events.positions import older_in, require_one_moment
from plumbing.settings import CALLERS, Settings, bucket_keys
from services.cli.machine.engine_programs import litestream_program

STEPS = 200  # back, of all databases together


class ReplicaUnsound(LawError):
    """A database cannot be restored from the replica."""

    reason = "REPLICA_UNSOUND"
    message_zh = "不能由连续副本恢复数据库"


def configuration(settings: Settings, metrics: str) -> str:
    """Returns Litestream's configuration for the databases of a data directory.

    JSON is also YAML. `metrics` is host:port.
    """
    databases = [
        {
            "path": str(settings.data_dir / f"{name}.db"),
            "replica": {"url": replica_of(settings.replica_url, name)},
        }
        for name in CALLERS
    ]
    return json.dumps({"addr": metrics, "dbs": databases}, indent=1) + "\n"


def replica_of(url: str, name: str) -> str:
    """Returns the address of the replica of one database."""
    return f"{url.rstrip('/')}/{name}"


def environment_for(home: Path) -> dict[str, str]:
    """Returns the environment of Litestream: of this machine's variables, the keys of buckets."""
    return {"HOME": str(home), "PATH": os.defpath, **bucket_keys()}


def restore_newer(settings: Settings, names: Iterable[str], url: str, folder: Path) -> None:
    """Replaces the databases in a folder by those of a replica, all of one moment.

    Raises ReplicaUnsound if Litestream cannot restore one, and NotOfOneMoment if their replicas do
    not come together.
    """
    latest = {name: _restored(settings, url, name, folder) for name in names}
    places = dict(latest)
    for _ in range(STEPS):
        ahead = {one.follower for one in older_in(folder)}
        if not ahead:
            return
        for name in ahead:
            places[name] -= 1
            _restored(settings, url, name, folder, places[name])
    require_one_moment(folder)


def _restored(settings: Settings, url: str, name: str, folder: Path, until: int = 0) -> int:
    """Restores a database up to a transaction, by default the last; returns its number."""
    file = folder / f"{name}.db"
    for old in (file, file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm")):
        old.unlink(missing_ok=True)
    command = [litestream_program(settings), "restore", "-json", "-integrity-check", "full"]
    command += ["-o", str(file), *(["-txid", f"{until:016x}"] if until else [])]
    done = subprocess.run(
        [*command, replica_of(url, name)],
        env=environment_for(folder),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ReplicaUnsound(
            f"不能由 {url} 恢复 {name}：{done.stderr.strip()[-300:]}",
            f"{name} cannot be restored from {url}: {done.stderr.strip()[-300:]}",
        )
    return int(_summary(done.stdout)["txid"], 16)


def _summary(output: str) -> Mapping[str, str]:
    found: Mapping[str, str] = json.loads(output)
    return found
