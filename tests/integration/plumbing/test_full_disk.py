"""A full disk refuses changes whole, leaves reads alone, and is forgotten once there is room."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import grpc
import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from plumbing import full_disk, rpc
from plumbing.audit import AuditEntry
from plumbing.change import Changes
from plumbing.clock import SystemClock
from plumbing.database import Database, PlumbingTable
from plumbing.full_disk import DiskFull, has_room, is_full
from plumbing.grpc_errors import is_final, status_of
from plumbing.identity import Caller, Role

CALLER = Caller("adm", "adm", frozenset({Role.ADMINISTRATOR}), "000000")
DISK_BYTES = 4 << 20


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 4 MiB; only root may mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(mount, check=False).returncode:
        pytest.skip("SKIPPED: no small disk can be mounted here; run as root to try a full one")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)  # noqa: S607


@pytest.fixture
async def database(small_disk: Path) -> AsyncIterator[Database]:
    database = Database(f"sqlite+aiosqlite:///{small_disk}/service.db")
    async with database.engine.begin() as connection:
        await connection.run_sync(PlumbingTable.metadata.create_all)
    yield database
    await database.close()


def fill(disk: Path) -> Path:
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (4096, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue
    return ballast


async def written(changes: Changes, *, size: int) -> None:
    async with changes.change(CALLER) as change:
        change.audit("test", "thing/1", after={"text": "x" * size})


async def count(database: Database) -> int:
    async with database.snapshot() as session:
        return (await session.exec(select(sa.func.count(col(AuditEntry.entry_id))))).one()


async def test_a_change_without_room_is_refused_whole_reads_go_on_and_writing_returns(
    database: Database, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(full_disk, "_refused_at", -full_disk.LATELY_SECONDS)
    changes = Changes(database, SystemClock())
    await written(changes, size=10)
    ballast = fill(small_disk)
    for _ in range(3):
        with pytest.raises(sa.exc.OperationalError) as caught:
            await written(changes, size=200_000)
        assert is_full(caught.value)
        assert await count(database) == 1
    assert full_disk.found_full_lately()
    assert not has_room(small_disk)
    ballast.unlink()
    await written(changes, size=200_000)
    assert await count(database) == 2


async def test_the_caller_hears_so_in_both_languages_and_may_try_again(
    database: Database, small_disk: Path
) -> None:
    fill(small_disk)
    with pytest.raises(sa.exc.OperationalError) as caught:
        await written(Changes(database, SystemClock()), size=200_000)
    status = rpc._status_of_fault("/test", caught.value)
    assert status == status_of(DiskFull(retry_after_seconds=str(full_disk.RETRY_SECONDS)))
    assert status.code == grpc.StatusCode.RESOURCE_EXHAUSTED.value[0]
    assert not is_final(grpc.StatusCode.RESOURCE_EXHAUSTED)
    assert "storage is full" in status.message


def test_a_file_that_finds_no_room_is_the_same_and_other_faults_are_not() -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    with pytest.raises(OSError, match="space") as caught:
        os.write(full, b"x")
    os.close(full)
    assert is_full(caught.value)
    assert not is_full(PermissionError())
    assert not is_full(ValueError())
