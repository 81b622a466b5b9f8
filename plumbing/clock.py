"""The clocks of the platform. Only this module reads the machine's time (D-05).

Other code gets a `Clock`. Times are timezone-aware and in UTC. Dates are those of Asia/Shanghai, as
in the law.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from law.errors import InvalidInput, WrongState

SHANGHAI = ZoneInfo("Asia/Shanghai")


def local_date(moment: datetime) -> date:
    """Returns the date in Asia/Shanghai at a timezone-aware moment."""
    return moment.astimezone(SHANGHAI).date()


def midnight(day: date) -> datetime:
    """Returns the moment at which a day begins in Asia/Shanghai."""
    return datetime.combine(day, time(), SHANGHAI)


class Clock(Protocol):
    """The interface of a clock that returns the platform's time."""

    def now(self) -> datetime:
        """Returns the current moment, timezone-aware, in UTC."""

    def today(self) -> date:
        """Returns the current date in Asia/Shanghai."""

    def offset(self) -> timedelta:
        """Returns how far the platform's time is ahead of the machine's; zero outside a sandbox."""


class SystemClock:
    """A clock that returns the machine's time."""

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset()

    def today(self) -> date:
        return local_date(self.now())

    def offset(self) -> timedelta:
        return timedelta(0)


class SandboxClock(SystemClock):
    """A clock for a sandbox that returns the machine's time plus an offset.

    All processes of the sandbox read the same offset from a file.
    """

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
        """Moves the sandbox's clock forward to a moment; returns the new offset from machine time.

        Raises WrongState if the moment is before the sandbox's current time.
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
        """Creates a sandbox's clock file; its clock starts at the given moment.

        The file makes the data directory that contains it a sandbox.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        clock = cls(path)
        clock._write(starts_at - datetime.now(UTC))
        return clock


@dataclass
class FixedClock:
    """A clock for tests that returns the same moment until a test sets another."""

    moment: datetime

    def now(self) -> datetime:
        return self.moment

    def today(self) -> date:
        return local_date(self.moment)

    def offset(self) -> timedelta:
        return timedelta(0)


def open_clock(clock_file: Path, *, sandbox: bool) -> Clock:
    """Returns a SandboxClock if `sandbox` is True, else a SystemClock.

    Raises InvalidInput if `sandbox` is True but the clock file does not exist, and if `sandbox` is
    False but the clock file exists: a data directory with a clock file is a sandbox.
    """
    if sandbox != clock_file.exists():
        raise InvalidInput(
            "该数据目录" + ("不是沙箱" if sandbox else "是沙箱，不能用于正式运行"),
            f"This data directory is {'not ' if sandbox else ''}a sandbox",
        )
    return SandboxClock(clock_file) if sandbox else SystemClock()
