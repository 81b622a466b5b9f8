"""A full disk: the errors that show it, and the refusal that says so.

A change that finds no room is undone whole and refused; it may be sent again once there is room.
Reads go on meanwhile.
"""

from __future__ import annotations

import errno
import shutil
import sqlite3
import time
from pathlib import Path

from law.errors import LawError

RETRY_SECONDS = 30
LATELY_SECONDS = 60.0
LEAST_FREE_BYTES = 64 << 20  # below it, any of the programs on the disk may find no room
# SQLite's codes for a page that found no room: in the database, its log or its shared index. A
# quota shows itself as a failed write.
_SQLITE = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE}
_POSTGRESQL_DISK_FULL = "53100"
_SYSTEM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_refused_at = -LATELY_SECONDS


class DiskFull(LawError):
    """The server's storage is full and nothing was saved; try again later.

    Raised for a change that found no room on the disk.
    """

    reason = "DISK_FULL"
    message_zh = "服务器存储空间已满，内容未保存；请稍后再试，并告知平台管理员"


def is_full(error: BaseException) -> bool:
    """Returns whether an error of a database or of a file says that the disk or a quota is full."""
    cause = getattr(error, "orig", None) or error
    return (
        getattr(cause, "sqlite_errorcode", None) in _SQLITE
        or getattr(cause, "sqlstate", None) == _POSTGRESQL_DISK_FULL
        or (isinstance(cause, OSError) and cause.errno in _SYSTEM)
    )


def has_room(directory: Path) -> bool:
    """Returns whether 64 MiB or more are free on the disk of a directory."""
    return shutil.disk_usage(directory).free >= LEAST_FREE_BYTES


def note_full() -> None:
    """Notes that this process has just found the disk full."""
    global _refused_at  # noqa: PLW0603 - as the disk, it is the whole process's own
    _refused_at = time.monotonic()


def found_full_lately() -> bool:
    """Returns whether this process found the disk full within the last minute."""
    return time.monotonic() - _refused_at < LATELY_SECONDS
