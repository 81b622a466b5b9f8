"""Time inside a workflow: Temporal's clock plus the offset of the sandbox's clock (D-05).

The offset comes with the input of the workflow and by signals, never from the machine, so a replay
sees the same time as the first run.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta

from temporalio import workflow


class PlatformTime:
    """The platform's time in a workflow: Temporal's time plus the offset of the sandbox's clock."""

    def __init__(self, offset_seconds: float) -> None:
        self._offset = timedelta(seconds=offset_seconds)
        self._moves = 0

    def now(self) -> datetime:
        """Returns the platform's current moment, timezone-aware, in UTC."""
        return workflow.now() + self._offset

    def move(self, offset_seconds: float) -> None:
        """Sets the sandbox clock's new offset; pending `wait_until` calls check the time again."""
        self._offset = timedelta(seconds=offset_seconds)
        self._moves += 1

    async def wait_until(self, moment: datetime, wake: Callable[[], bool]) -> bool:
        """Waits until `moment`, or until `wake()` is True; returns True if the moment came first.

        If both have happened, it returns False: a decision made in time is not overtaken by its
        deadline.
        """
        while not wake():
            left = moment - self.now()
            if left <= timedelta(0):
                return True
            await self._moved_or(wake, left)
        return False

    async def _moved_or(self, wake: Callable[[], bool], left: timedelta) -> None:
        moves = self._moves
        with contextlib.suppress(TimeoutError):  # the loop above compares the time again
            await workflow.wait_condition(lambda: wake() or self._moves != moves, timeout=left)
