"""Time inside a workflow: Temporal's clock plus the sandbox's offset (D-05).

The offset comes with the input of the workflow and by signals, never from the machine, so a replay
sees the same time as the first run.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta

from temporalio import workflow


class PlatformTime:
    """The platform's time inside a workflow."""

    def __init__(self, offset_seconds: float) -> None:
        self._offset = timedelta(seconds=offset_seconds)
        self._moves = 0

    def now(self) -> datetime:
        """The platform's current moment, aware, in UTC."""
        return workflow.now() + self._offset

    def move(self, offset_seconds: float) -> None:
        """Takes a new offset of the sandbox's clock; whatever waits looks at the time again."""
        self._offset = timedelta(seconds=offset_seconds)
        self._moves += 1

    async def wait_until(self, moment: datetime, wake: Callable[[], bool]) -> bool:
        """Waits for a moment or for `wake`; True if the moment came first.

        If both have come, `wake` wins: a decision in time is not overtaken by its deadline.
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
