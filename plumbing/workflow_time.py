"""Time inside a workflow: Temporal's clock plus the sandbox's offset (D-05).

The offset comes in with the workflow's input and by signal, never from the machine, so that a
replay sees what the first run saw.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta

from temporalio import workflow


class PlatformTime:
    """What time it is for the platform, told inside a workflow."""

    def __init__(self, offset_seconds: float) -> None:
        self._offset = timedelta(seconds=offset_seconds)
        self._moves = 0

    def now(self) -> datetime:
        """The platform's present moment, aware, in UTC."""
        return workflow.now() + self._offset

    def move(self, offset_seconds: float) -> None:
        """The sandbox's clock was moved; whoever waits looks again."""
        self._offset = timedelta(seconds=offset_seconds)
        self._moves += 1

    async def wait_until(self, moment: datetime, wake: Callable[[], bool]) -> bool:
        """Waits for a moment or for `wake`; True when the moment came first.

        When both hold already, `wake` wins: a decision taken is never overtaken by its deadline.
        """
        while not wake():
            left = moment - self.now()
            if left <= timedelta(0):
                return True
            await self._moved_or(wake, left)
        return False

    async def _moved_or(self, wake: Callable[[], bool], left: timedelta) -> None:
        moves = self._moves
        with contextlib.suppress(TimeoutError):  # the loop above looks at the clock again
            await workflow.wait_condition(lambda: wake() or self._moves != moves, timeout=left)
