"""Keeps the data directory to its owner: other users of the machine can read nothing in it.

What others could reach is tightened at the start and reported. What cannot be tightened, because it
belongs to somebody else, is refused.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from law.errors import LawError
from plumbing.private_files import OWNER_ONLY

ROOT = 0


class NotPrivate(LawError):
    """Other users can read the data directory."""

    reason = "NOT_PRIVATE"
    message_zh = "数据目录可被其他用户读取"


def tighten(directory: Path) -> list[Path]:
    """Takes all permissions of others from a directory and everything in it.

    Returns the paths that others could reach before. Symbolic links are not followed. Raises
    NotPrivate if a path belongs to a user other than this one and root, or cannot be changed.
    """
    return [path for path in _everything(directory) if _tighten(path)]


def _everything(directory: Path) -> Iterator[Path]:
    yield directory
    for folder, folders, files in os.walk(directory):
        yield from (Path(folder, name) for name in (*folders, *files))


def _tighten(path: Path) -> bool:
    """Whether others could reach a path until now."""
    try:
        found = path.lstat()
        if found.st_uid not in (os.geteuid(), ROOT):
            raise _belongs_to_another(path, found.st_uid)
        if stat.S_ISLNK(found.st_mode) or not found.st_mode & OWNER_ONLY:
            return False
        path.chmod(stat.S_IMODE(found.st_mode) & ~OWNER_ONLY)
    except FileNotFoundError:  # a file that its program has removed meanwhile
        return False
    except OSError as error:
        raise _cannot_change(path, error) from error
    return True


def _belongs_to_another(path: Path, user: int) -> NotPrivate:
    return NotPrivate(
        f"{path} 属于另一用户（{user}）；数据目录中的一切须属于运行平台的用户",
        f"{path} belongs to another user ({user}); everything in the data directory must belong to "
        "the user who runs the platform",
    )


def _cannot_change(path: Path, error: OSError) -> NotPrivate:
    return NotPrivate(
        f"{path} 可被其他用户读取，且无法收紧：{error.strerror}",
        f"Other users can read {path}, and this cannot be changed: {error.strerror}",
    )
