"""The base class for a service's daily workflow, which works shortly after midnight (D-04, D-06).

One run of the work is called a round; a round can also be requested at any time. Every service with
daily work has its own subclass of `DailyRounds`. If days were missed, the next round does their
work too; a repeated round changes nothing. This module does not read the law: the database
determines the work that is due, and the workflow's input sets the minute at which a round starts
(D-05).
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
    """A signal's argument: how many seconds the platform's clock is ahead of the machine's."""

    offset_seconds: float = 0.0


class Start(BaseModel):
    """The input of a daily workflow.

    Temporal also passes it on when the workflow begins again with an empty history, which it does
    after the given number of rounds. `waking_at` is the moment of the next round; None means the
    next one after midnight. If `woken` is true, a round starts at once.
    """

    offset_seconds: float = 0.0
    minutes_after_midnight: int = 5
    rounds: int = 100
    woken: bool = True
    waking_at: datetime | None = None


class Round(BaseModel):
    """The input of one run of the daily work, which handles all items due on or before `as_of`.

    `as_of` is a date in Asia/Shanghai.
    """

    as_of: date


class RoundDone(BaseModel):
    """The result of one run of the daily work.

    If the workflow requested a future day, the run worked for today, and `correction` is the offset
    of the platform's clock in seconds, by which the workflow corrects its time. Otherwise it is
    None.
    """

    correction: float | None = None


def next_waking(now: datetime, minutes_after_midnight: int) -> datetime:
    """Returns the first moment after `now` at `minutes_after_midnight` in Asia/Shanghai."""
    local = now.astimezone(SHANGHAI)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    waking = midnight + timedelta(minutes=minutes_after_midnight)
    return waking if waking > local else waking + timedelta(days=1)


class DailyRounds:
    """Base class of a daily workflow: waits for the time of each round and runs its activity.

    A round is one run of the daily work. A subclass adds the workflow's name, its `run` method, and
    the activity of a round.
    """

    def __init__(self, start: Start) -> None:
        self._time = PlatformTime(start.offset_seconds)
        self._carried = start.model_copy()
        self._woken = start.woken

    async def go_on(self, start: Start, activity: str, done: type[RoundDone]) -> None:
        """Runs the named activity once a day and whenever requested, without end.

        The activity's argument is a `Round`, and its result has the type `done`.
        """
        waking_at = start.waking_at or self._next_waking()
        for _ in range(start.rounds):
            await self._time.wait_until(waking_at, lambda: self._woken)
            self._woken = False
            as_of = local_date(self._time.now())
            waking_at = self._next_waking()
            result = await workflow.execute_activity(
                activity,
                Round(as_of=as_of),
                result_type=done,
                start_to_close_timeout=_LONGEST,
                heartbeat_timeout=_SILENCE,
                retry_policy=UNTIL_DONE,
            )
            if result.correction is not None:
                self._set_offset(result.correction)
                waking_at = self._next_waking()
        carried = {"woken": self._woken, "waking_at": waking_at}
        workflow.continue_as_new(self._carried.model_copy(update=carried))

    @workflow.signal
    def clock_moved(self, moved: Moved) -> None:
        """Signal that sets the sandbox clock's new offset; a round starts if one has become due.

        The clock only moves forward, so a smaller offset is ignored.
        """
        if moved.offset_seconds > self._carried.offset_seconds:
            self._set_offset(moved.offset_seconds)

    @workflow.signal
    def look(self, moved: Moved) -> None:
        """Signal that sets the sandbox clock's offset and starts a round of daily work at once.

        A service sends it when it starts, because its texts of law may have changed.
        """
        self.clock_moved(moved)
        self._woken = True

    def _set_offset(self, offset_seconds: float) -> None:
        self._carried.offset_seconds = offset_seconds
        self._time.move(offset_seconds)

    def _next_waking(self) -> datetime:
        return next_waking(self._time.now(), self._carried.minutes_after_midnight)
