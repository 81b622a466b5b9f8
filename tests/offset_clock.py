"""A clock as a sandbox has it, whose offset a test sets."""

from __future__ import annotations

from datetime import timedelta

from plumbing.clock import SystemClock


class OffsetClock(SystemClock):
    """The machine's time plus `seconds`."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds

    def offset(self) -> timedelta:
        return timedelta(seconds=self.seconds)
