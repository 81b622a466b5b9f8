"""The log files of processes: their output is kept and passed on, and a full disk ends nothing."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

from plumbing import security_log
from plumbing.clock import SystemClock

LOG_LIMIT = 16 * 1024 * 1024
SECURITY_LOGS_KEPT = 4
SECURITY_MARK = '"{}": "{}"'.format(*security_log.MARK).encode()


class LogFile:
    """A log file that is renamed when it is full; `kept` full ones stay, the oldest goes.

    One whose last line is not `days` days old yet stays too, whatever their number. What cannot be
    written is lost: no process may end because its log has no room. Once there is room again, the
    file says how many bytes are missing.
    """

    def __init__(self, path: Path, kept: int = 1, days: int = 0) -> None:
        self.path, self._kept, self._life = path, kept, timedelta(days=days)
        self.lost = 0  # bytes since the last that was written

    def append(self, content: bytes) -> None:
        """Writes to the end of the file, of a new one if it is full."""
        missing = b"... %d bytes are missing: they could not be written\n" % self.lost
        try:
            self._write(missing + content if self.lost else content)
        except OSError:
            self.lost += len(content)
        else:
            self.lost = 0

    def _write(self, content: bytes) -> None:
        if self.path.exists() and self.path.stat().st_size > LOG_LIMIT:
            self._rename()
        with self.path.open("ab", buffering=0) as file:
            _write_whole(file.fileno(), content)

    def _rename(self) -> None:
        full = [self._full(1)]
        while full[-1].exists():
            full.append(self._full(len(full) + 1))
        for newer, older in reversed(list(pairwise([self.path, *full]))):
            os.replace(newer, older)
        since = (SystemClock().now() - self._life).timestamp()
        for file in full[self._kept :]:
            if file.stat().st_mtime <= since:
                file.unlink()

    def _full(self, number: int) -> Path:
        return self.path.with_suffix(f".log.{number}")


def _write_whole(file: int, content: bytes) -> None:
    """Writes all of it or nothing: what was begun is cut off again."""
    began, left = os.fstat(file).st_size, content
    try:
        while left:
            left = left[os.write(file, left) :]
    except OSError:
        os.ftruncate(file, began)
        raise


class Output:
    """Writes the output of a process to its log file, and passes each line to a function.

    Lines of the security log are written to `security.log` beside it too, which all processes
    share: the log of a process is soon turned over when many call it.
    """

    def __init__(
        self, path: Path, on_line: Callable[[str], None], kept: int = 1, days: int = 0
    ) -> None:
        self._log = LogFile(path, kept, days)
        of_security = max(kept, SECURITY_LOGS_KEPT)
        self._security = LogFile(path.with_name("security.log"), of_security, days)
        self._on_line = on_line
        self._rest = b""
        self.last: deque[str] = deque(maxlen=5)

    async def follow(self, stream: asyncio.StreamReader) -> None:
        """Reads the output of a process until the process closes it."""
        while chunk := await stream.read(65_536):
            self._log.append(chunk)
            *lines, self._rest = (self._rest + chunk).split(b"\n")
            for line in lines:
                self._pass_on(line)
        if self._rest:
            self._pass_on(self._rest)
            self._rest = b""

    def _pass_on(self, line: bytes) -> None:
        if SECURITY_MARK in line:
            self._security.append(line + b"\n")
        text = line.decode(errors="replace").rstrip()
        self.last.append(text)
        self._on_line(text)
