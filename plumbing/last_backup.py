"""When the last backup was made: the time at which a file was last changed.

`quanheng backup create` changes it; where PostgreSQL is backed up by its own means, that job does.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from plumbing.clock import SystemClock
from plumbing.metrics.figures import SELDOM_SECONDS, Look, Reading, figure
from plumbing.settings import Settings

LAST_BACKUP = figure(
    "last_backup_timestamp_seconds",
    "上次备份的时间（Unix 秒），没有备份记录时为 0",
    "Unix time of the last backup, 0 where none is known",
)
OVERDUE = figure(
    "backup_overdue_seconds",
    "超过期限未备份时，距上次备份（从未备份的，距建立数据目录）的秒数；否则为 0",
    "seconds since the last backup, or since the data directory was made, beyond the term; or 0",
)


def note_backup(settings: Settings) -> None:
    """Notes that a backup was made now."""
    settings.backup_file.touch(mode=0o600)


def backup_look(settings: Settings) -> Look:
    """Returns the reader of the metrics of backups; a sandbox needs none, so none is overdue."""

    async def backups() -> list[Reading]:
        made, now = _changed_at(settings.backup_file), SystemClock().now()
        since = made or _changed_at(settings.data_dir / "database")
        age = now - since if since and not settings.clock_file.exists() else timedelta()
        overdue = age if age > timedelta(hours=settings.backup_hours) else timedelta()
        stamp = made.timestamp() if made else 0
        return [LAST_BACKUP.at(stamp), OVERDUE.at(overdue.total_seconds())]

    return Look("backups", backups, SELDOM_SECONDS)


def _changed_at(file: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(file.stat().st_mtime, UTC)
    except OSError:
        return None
