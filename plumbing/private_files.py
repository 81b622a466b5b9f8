"""Files that only their owner can read: keys, secrets and sessions."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

OWNER_ONLY = 0o077  # the umask: no permission for the group or for others


def keep_new_files_private() -> None:
    """Makes every file and directory that this process creates accessible to its owner only.

    Its child processes inherit this.
    """
    os.umask(OWNER_ONLY)


def service_secret_file(keys_dir: Path, service: str) -> Path:
    """Returns the path of the file that contains the secret of a service."""
    return keys_dir / f"service-{service}.secret"


def write_private(path: Path, text: str) -> None:
    """Writes a file atomically (completely or not at all), readable by its owner only."""
    fresh = path.with_name(path.name + ".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, path)


def write_private_once(path: Path, text: str) -> None:
    """Writes a file as `write_private` does, unless it exists; two processes may try at once."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    write_private(fresh, text)
    try:
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)
    finally:
        fresh.unlink()
