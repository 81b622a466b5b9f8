"""The clock: only this module asks the machine for the time; other code gets a Clock (D-05).

Times are aware and in UTC. Days are those of Asia/Shanghai, as in the law.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from law.errors import InvalidInput, WrongState

SHANGHAI = ZoneInfo("Asia/Shanghai")


def local_date(moment: datetime) -> date:
    """The day in Asia/Shanghai at an aware moment."""
    return moment.astimezone(SHANGHAI).date()


class Clock(Protocol):
    """The platform's time."""

    def now(self) -> datetime:
        """The current moment, aware, in UTC."""

    def today(self) -> date:
        """The current day in Asia/Shanghai."""

    def offset(self) -> timedelta:
        """How far the platform's time is ahead of the machine's; zero outside a sandbox."""


class SystemClock:
    """The machine's time."""

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset()

    def today(self) -> date:
        return local_date(self.now())

    def offset(self) -> timedelta:
        return timedelta(0)


class SandboxClock(SystemClock):
    """The machine's time plus one offset that all processes of a sandbox share through a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read: tuple[int, timedelta] | None = None

    def offset(self) -> timedelta:
        stamp = self._path.stat().st_mtime_ns
        if self._read is None or self._read[0] != stamp:
            seconds = float(json.loads(self._path.read_text())["offset_seconds"])
            self._read = (stamp, timedelta(seconds=seconds))
        return self._read[1]

    def move_to(self, moment: datetime) -> timedelta:
        """Moves the sandbox's time forward to a moment; returns the new offset.

        Raises WrongState for a moment in the past.
        """
        if moment < self.now():
            raise WrongState("沙箱时钟只能向前拨", "The sandbox clock only moves forward")
        return self._write(moment - datetime.now(UTC))

    def _write(self, offset: timedelta) -> timedelta:
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps({"offset_seconds": offset.total_seconds()}))
        os.replace(fresh, self._path)
        return offset

    @classmethod
    def create(cls, path: Path, starts_at: datetime) -> SandboxClock:
        """Makes a data directory a sandbox whose clock starts at the given moment."""
        path.parent.mkdir(parents=True, exist_ok=True)
        clock = cls(path)
        clock._write(starts_at - datetime.now(UTC))
        return clock


@dataclass
class FixedClock:
    """A clock that shows one moment until a test sets another."""

    moment: datetime

    def now(self) -> datetime:
        return self.moment

    def today(self) -> date:
        return local_date(self.moment)

    def offset(self) -> timedelta:
        return timedelta(0)


def open_clock(clock_file: Path, *, sandbox: bool) -> Clock:
    """The clock of a data directory.

    Raises InvalidInput if `sandbox` is set for a directory that is no sandbox, or not set for one
    that is.
    """
    if sandbox != clock_file.exists():
        raise InvalidInput(
            "该数据目录" + ("不是沙箱" if sandbox else "是沙箱，不能用于正式运行"),
            f"This data directory is {'not ' if sandbox else ''}a sandbox",
        )
    return SandboxClock(clock_file) if sandbox else SystemClock()
