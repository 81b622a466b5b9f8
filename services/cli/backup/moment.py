"""Copies several SQLite databases as they all were at one moment, while others write to them.

A service commits what an event does together with the fact that the event was handled. Copies of
one moment therefore fit together as the databases do after a power failure: no service has handled
an event that its owner has not recorded.
"""

from __future__ import annotations

import contextlib
import random
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from law.errors import WrongState

TRY_SECONDS = 0.25  # for one database: others are held meanwhile
PATIENCE_SECONDS = 120.0  # longer than the longest transaction, which undoes a large import
PAGES = 2048  # copied at a time, so that Ctrl-C is heard


def copy_at_one_moment(sources: Mapping[str, Path], folder: Path) -> None:
    """Copies databases into a folder as NAME.db, each as it was at one moment common to all.

    Writers wait for some milliseconds until the moment is fixed, and never for the copying. Raises
    WrongState if a writer does not end for two minutes, and sqlite3.OperationalError if the disk is
    full.
    """
    with _one_moment([*sources.values()]) as readers:
        for name, reader in zip(sources, readers, strict=True):
            with closing(sqlite3.connect(folder / f"{name}.db")) as copy:
                reader.backup(copy, pages=PAGES, sleep=0)


@contextmanager
def _one_moment(files: Sequence[Path]) -> Iterator[list[sqlite3.Connection]]:
    """Yields a reader of each file; all see the moment at which nobody could write to any."""
    with ExitStack() as open_files:
        readers = [open_files.enter_context(closing(_connect(file))) for file in files]
        with _all_locked(files):
            for reader in readers:
                reader.execute("BEGIN")
                reader.execute("SELECT count(*) FROM sqlite_master").fetchone()
        yield readers


@contextmanager
def _all_locked(files: Sequence[Path]) -> Iterator[None]:
    """Holds the right to write to all files; gives all up while one is not to be had."""
    with ExitStack() as open_files:
        writers = [open_files.enter_context(closing(_connect(file))) for file in files]
        ends = time.monotonic() + PATIENCE_SECONDS
        while not _lock(writers):
            if time.monotonic() > ends:
                raise WrongState(
                    "有写入事务两分钟没有结束，未能取得一致的时刻；请稍后再备份",
                    "A writer did not end for two minutes, so no common moment was found; "
                    "try again later",
                )
            time.sleep(random.uniform(0.05, 0.5))  # noqa: S311 - a pause, not a secret
        yield


def _lock(writers: Sequence[sqlite3.Connection]) -> bool:
    try:
        for writer in writers:
            writer.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        for writer in writers:
            with contextlib.suppress(sqlite3.OperationalError):  # those that hold nothing
                writer.execute("ROLLBACK")
        return False
    return True


def _connect(file: Path) -> sqlite3.Connection:
    uri = f"{file.resolve().as_uri()}?mode=rw"
    return sqlite3.connect(uri, uri=True, timeout=TRY_SECONDS, isolation_level=None)
