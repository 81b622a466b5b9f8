"""One round of work each day shortly after midnight, and one on request (D-04, D-06).

A service's daily work is a workflow of its own that extends `DailyRounds`. The next round makes up
for days that were missed; a repeated round changes nothing. Nothing here reads the law: the
database says what is due, and the input says at which minute a round begins (D-05).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from pydantic import BaseModel
from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from plumbing.clock import SHANGHAI, local_date
    from plumbing.temporal import UNTIL_DONE
    from plumbing.workflow_time import PlatformTime

_SILENCE = timedelta(minutes=1)  # a round that is still going reports at least this often
_LONGEST = timedelta(hours=6)


class Moved(BaseModel):
    """How far the platform's clock is ahead of the machine's, in seconds."""

    offset_seconds: float = 0.0


class Start(BaseModel):
    """The input of the workflow, also when it continues as new."""

    offset_seconds: float = 0.0
    minutes_after_midnight: int = 5
    rounds: int = 100  # before it continues as new
    woken: bool = True  # begin with a round
    waking_at: datetime | None = None


class Round(BaseModel):
    """A round: everything that is due on or before a local day."""

    as_of: date


def next_waking(now: datetime, minutes_after_midnight: int) -> datetime:
    """The first moment after `now` that is so many minutes after midnight in Asia/Shanghai."""
    local = now.astimezone(SHANGHAI)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    waking = midnight + timedelta(minutes=minutes_after_midnight)
    return waking if waking > local else waking + timedelta(days=1)


class DailyRounds:
    """Waits for each round. A workflow adds its name, its `run`, and the activity of a round."""

    def __init__(self, start: Start) -> None:
        self._time = PlatformTime(start.offset_seconds)
        self._carried = start.model_copy()
        self._woken = start.woken

    async def go_on(self, start: Start, activity: str, done: type[BaseModel]) -> None:
        """Runs rounds without end; `activity` takes a `Round` and returns a `done`."""
        waking_at = start.waking_at or self._next_waking()
        for _ in range(start.rounds):
            await self._time.wait_until(waking_at, lambda: self._woken)
            self._woken = False
            as_of = local_date(self._time.now())
            waking_at = self._next_waking()
            await workflow.execute_activity(
                activity,
                Round(as_of=as_of),
                result_type=done,
                start_to_close_timeout=_LONGEST,
                heartbeat_timeout=_SILENCE,
                retry_policy=UNTIL_DONE,
            )
        carried = {"woken": self._woken, "waking_at": waking_at}
        workflow.continue_as_new(self._carried.model_copy(update=carried))

    @workflow.signal
    def clock_moved(self, moved: Moved) -> None:
        """Takes a new offset of the sandbox's clock; a round begins if one became due."""
        self._carried.offset_seconds = moved.offset_seconds
        self._time.move(moved.offset_seconds)

    @workflow.signal
    def look(self, moved: Moved) -> None:
        """Begins a round at once: the service has started, perhaps with other texts of law."""
        self.clock_moved(moved)
        self._woken = True

    def _next_waking(self) -> datetime:
        return next_waking(self._time.now(), self._carried.minutes_after_midnight)
