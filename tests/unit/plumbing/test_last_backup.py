"""When the last backup was made is known, and somebody is told when it is too long ago."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from plumbing.clock import SystemClock
from plumbing.last_backup import LAST_BACKUP, OVERDUE, backup_look, note_backup
from plumbing.settings import Settings

HOUR = 3600.0


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "database").write_text("sqlite", encoding="utf-8")
    return Settings(data_dir=tmp_path, backup_hours=36)


def ago(file: Path, hours: float) -> None:
    file.touch()
    then = SystemClock().now().timestamp() - hours * HOUR
    os.utime(file, (then, then))


async def look(settings: Settings) -> tuple[float, float]:
    """Hours since the last backup, -1 where none is known, and the hours that are too many."""
    made, overdue = await backup_look(settings).take()
    assert (made.metric, overdue.metric) == (LAST_BACKUP.metric, OVERDUE.metric)
    hours = round((SystemClock().now().timestamp() - made.value) / HOUR)
    return hours if made.value else -1, round(overdue.value / HOUR)


async def test_a_backup_is_noted_and_too_old_after_the_term(settings: Settings) -> None:
    note_backup(settings)
    assert await look(settings) == (0, 0)
    ago(settings.backup_file, 35)
    assert await look(settings) == (35, 0)
    ago(settings.backup_file, 40)
    assert await look(settings) == (40, 40)
    note_backup(settings)
    assert await look(settings) == (0, 0)


async def test_without_a_backup_the_time_since_the_start_counts(settings: Settings) -> None:
    assert await look(settings) == (-1, 0)
    ago(settings.data_dir / "database", 48)
    assert await look(settings) == (-1, 48)


async def test_a_sandbox_needs_none(settings: Settings) -> None:
    settings.clock_file.write_text("{}", encoding="utf-8")
    ago(settings.backup_file, 400)
    assert await look(settings) == (400, 0)


async def test_a_job_of_ones_own_names_its_file(settings: Settings, tmp_path: Path) -> None:
    own = settings.model_copy(update={"backup_mark": str(tmp_path / "own")})
    ago(tmp_path / "own", 5)
    assert await look(own) == (5, 0)
