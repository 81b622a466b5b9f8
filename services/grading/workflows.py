"""`regrade/daily`: waits for each new day and has the grades that time changes made anew (D-04).

One long-lived workflow for the service. It never reads the law: which subjects are due stands in
the database, and the hour of waking comes with its input (D-05).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from pydantic import BaseModel
from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from plumbing.clock import SHANGHAI, local_date
    from plumbing.temporal import UNTIL_DONE
    from plumbing.workflow_time import PlatformTime

WORKFLOW = "regrade-daily"
WORKFLOW_ID = "regrade/daily"
ACTIVITY = "regrade"
SILENCE = timedelta(minutes=1)
LONGEST = timedelta(hours=6)


class Moved(BaseModel):
    """How far the platform's clock runs ahead of the machine's, in seconds."""

    offset_seconds: float = 0.0


class Start(BaseModel):
    """What the workflow starts with, and what it carries on when it continues as new."""

    offset_seconds: float = 0.0
    minutes_after_midnight: int = 5
    rounds: int = 100  # before it continues as new
    woken: bool = True  # look at once
    waking_at: datetime | None = None


class Round(BaseModel):
    """One look at what is due up to and with a local day."""

    as_of: date


class Regraded(BaseModel):
    """How many subjects were graded because of time, and because of a changed text."""

    due: int
    stale: int


def next_waking(now: datetime, minutes_after_midnight: int) -> datetime:
    """The first moment after `now` that is so many minutes past a midnight of Asia/Shanghai."""
    local = now.astimezone(SHANGHAI)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    waking = midnight + timedelta(minutes=minutes_after_midnight)
    return waking if waking > local else waking + timedelta(days=1)


@workflow.defn(name=WORKFLOW)
class RegradeDaily:
    """Each local day, shortly after midnight, one round; and one whenever it is woken."""

    @workflow.init
    def __init__(self, start: Start) -> None:
        self._time = PlatformTime(start.offset_seconds)
        self._carried = start.model_copy()
        self._woken = start.woken

    @workflow.run
    async def run(self, start: Start) -> None:
        """Runs rounds for ever."""
        waking_at = start.waking_at or self._next_waking()
        for _ in range(start.rounds):
            await self._time.wait_until(waking_at, lambda: self._woken)
            self._woken = False
            as_of = local_date(self._time.now())
            waking_at = self._next_waking()
            await self._round(as_of)
        carried = {"woken": self._woken, "waking_at": waking_at}
        workflow.continue_as_new(self._carried.model_copy(update=carried))

    @workflow.signal
    def clock_moved(self, moved: Moved) -> None:
        """The sandbox's clock was moved: whatever has become due is done now."""
        self._carried.offset_seconds = moved.offset_seconds
        self._time.move(moved.offset_seconds)

    @workflow.signal
    def look(self, moved: Moved) -> None:
        """The service has started, perhaps with another text: look at once."""
        self.clock_moved(moved)
        self._woken = True

    def _next_waking(self) -> datetime:
        return next_waking(self._time.now(), self._carried.minutes_after_midnight)

    async def _round(self, as_of: date) -> None:
        await workflow.execute_activity(
            ACTIVITY,
            Round(as_of=as_of),
            result_type=Regraded,
            start_to_close_timeout=LONGEST,
            heartbeat_timeout=SILENCE,
            retry_policy=UNTIL_DONE,
        )
