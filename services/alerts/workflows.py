"""What alerts waits for: the next morning of a bureau, and a mail server that answers.

Both receive all they need as input and never read the law (D-05).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from pydantic import BaseModel

    from law.periods import local_day, start_of
    from plumbing.temporal import UNTIL_DONE
    from plumbing.workflow_time import PlatformTime

RUNS_BEFORE_RENEWAL = 200
_DAY = timedelta(days=1)


class WatchInput(BaseModel):
    """`wakes_after` is seconds past local midnight; `renew_after` bounds one history, in runs."""

    bureau: str
    wakes_after: int
    offset_seconds: float = 0.0
    watched_through: date | None = None
    renew_after: int = RUNS_BEFORE_RENEWAL


class WatchRun(BaseModel):
    """What the watch is asked to do: everything due up to and including a day."""

    bureau: str
    through: date


class WatchDone(BaseModel):
    """What one run of the watch did."""

    alerts: int
    notices: int


class DeliveryInput(BaseModel):
    """A notice, and how patiently it is delivered: the house's own figures, not law's."""

    notice_id: str
    first_seconds: float = 5.0
    longest_seconds: float = 3600.0
    patience_seconds: float = 3 * 24 * 3600.0


@workflow.defn(name="Watch")
class WatchWorkflow:
    """Watches over one bureau, day after day; id `watch/<bureau>` (D-06)."""

    @workflow.init
    def __init__(self, told: WatchInput) -> None:
        self._told = told
        self._offset_seconds = told.offset_seconds
        self._time = PlatformTime(told.offset_seconds)

    @workflow.run
    async def run(self, told: WatchInput) -> None:
        """Each local day shortly after midnight; after a pause, once for all days missed."""
        through = told.watched_through
        for _ in range(told.renew_after):
            await self._time.wait_until(self._next_wake(through), lambda: False)
            through = local_day(self._time.now())
            await workflow.execute_activity(
                "watch",
                WatchRun(bureau=told.bureau, through=through),
                result_type=WatchDone,
                start_to_close_timeout=timedelta(minutes=10),
                retry_policy=UNTIL_DONE,
            )
        update = {"offset_seconds": self._offset_seconds, "watched_through": through}
        workflow.continue_as_new(told.model_copy(update=update))

    @workflow.signal
    def clock_moved(self, offset_seconds: float) -> None:
        """The sandbox's clock was moved."""
        self._offset_seconds = offset_seconds
        self._time.move(offset_seconds)

    def _next_wake(self, through: date | None) -> datetime:
        day = through + _DAY if through else local_day(self._time.now())
        return start_of(day) + timedelta(seconds=self._told.wakes_after)


@workflow.defn(name="Delivery")
class DeliveryWorkflow:
    """Delivers one notice, or gives up after some days; id `delivery/<notice_id>`."""

    @workflow.init
    def __init__(self, told: DeliveryInput) -> None:
        self._asked = True

    @workflow.run
    async def run(self, told: DeliveryInput) -> None:
        """Ends when nobody has asked since the last attempt: a retry is never lost."""
        while self._asked:
            self._asked = False
            try:
                await self._deliver(told)
            except ActivityError:
                await self._give_up(told)

    @workflow.signal
    def asked(self) -> None:
        """The notice is to be delivered; also when this workflow is about to end."""
        self._asked = True

    async def _deliver(self, told: DeliveryInput) -> None:
        await workflow.execute_activity(
            "deliver",
            told.notice_id,
            start_to_close_timeout=timedelta(minutes=2),
            schedule_to_close_timeout=timedelta(seconds=told.patience_seconds),
            retry_policy=RetryPolicy(
                initial_interval=timedelta(seconds=told.first_seconds),
                backoff_coefficient=2.0,
                maximum_interval=timedelta(seconds=told.longest_seconds),
            ),
        )

    async def _give_up(self, told: DeliveryInput) -> None:
        await workflow.execute_activity(
            "give_up",
            told.notice_id,
            start_to_close_timeout=timedelta(minutes=1),
            retry_policy=UNTIL_DONE,
        )
