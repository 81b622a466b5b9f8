"""The Temporal workflows of the daily watch and of a delivery by mail.

Both receive all their data as input and never read the law (D-05).
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
_PAUSE = timedelta(minutes=1)


def mail_queue(queue: str) -> str:
    """Returns the name of the task queue of deliveries, beside the one of all other work.

    Deliveries have a worker of their own: mail servers that hang hold up nothing else.
    """
    return f"{queue}-mail"


class WatchInput(BaseModel):
    """The input of the workflow of a bureau's daily watch.

    `wakes_after` is the time of the run in seconds after local midnight. `watched_through` is the
    last day handled, inclusive. After `renew_after` runs the workflow continues as a new run with a
    short history.
    """

    bureau: str
    wakes_after: int
    offset_seconds: float = 0.0
    watched_through: date | None = None
    renew_after: int = RUNS_BEFORE_RENEWAL


class WatchRun(BaseModel):
    """The input of one run of the daily watch, for alerts due up to and including `through`."""

    bureau: str
    through: date


class WatchDone(BaseModel):
    """The numbers of alerts raised and of notices issued by one run of the daily watch.

    If the workflow requested a future day, the run worked for today: then `through` is today and
    `correction` the offset of the platform's clock in seconds, by which the workflow corrects its
    time. Otherwise both are None.
    """

    alerts: int
    notices: int
    through: date | None = None
    correction: float | None = None


class DeliveryInput(BaseModel):
    """The input of the workflow that delivers one notice by mail, or one message to a webhook.

    `first_seconds` and `longest_seconds` are the first and the longest pause between attempts, each
    `factor` times as long as the one before; after `patience_seconds` the delivery ends as failed.
    These values are our own, not the law's. `deliver` and `give_up` name the activities, which get
    the id of the notice or message.
    """

    notice_id: str
    first_seconds: float = 5.0
    longest_seconds: float = 3600.0
    patience_seconds: float = 3 * 24 * 3600.0
    factor: float = 2.0
    deliver: str = "deliver"
    give_up: str = "give_up"


@workflow.defn(name="Watch")
class WatchWorkflow:
    """Raises the due alerts of one bureau every day; workflow id `watch/<bureau>` (D-06)."""

    @workflow.init
    def __init__(self, watch: WatchInput) -> None:
        self._input = watch
        self._offset_seconds = watch.offset_seconds
        self._time = PlatformTime(watch.offset_seconds)

    @workflow.run
    async def run(self, watch: WatchInput) -> None:
        """Runs the watch each local day shortly after midnight; one run handles all days missed."""
        through = watch.watched_through
        for _ in range(watch.renew_after):
            await self._time.wait_until(self._next_wake(through), lambda: False)
            through = local_day(self._time.now())
            done = await workflow.execute_activity(
                "watch",
                WatchRun(bureau=watch.bureau, through=through),
                result_type=WatchDone,
                start_to_close_timeout=timedelta(minutes=10),
                retry_policy=UNTIL_DONE,
            )
            if done.correction is not None:
                through = done.through
                self._set_offset(done.correction)
                await workflow.sleep(_PAUSE)  # should Temporal's own clock be ahead
        update = {"offset_seconds": self._offset_seconds, "watched_through": through}
        workflow.continue_as_new(watch.model_copy(update=update))

    @workflow.signal
    def clock_moved(self, offset_seconds: float) -> None:
        """Receives the new offset of the sandbox's clock, in seconds, as a signal.

        The clock only moves forward, so a smaller offset is ignored.
        """
        if offset_seconds > self._offset_seconds:
            self._set_offset(offset_seconds)

    def _set_offset(self, offset_seconds: float) -> None:
        self._offset_seconds = offset_seconds
        self._time.move(offset_seconds)

    def _next_wake(self, through: date | None) -> datetime:
        day = through + _DAY if through else local_day(self._time.now())
        return start_of(day) + timedelta(seconds=self._input.wakes_after)


@workflow.defn(name="Delivery")
class DeliveryWorkflow:
    """Delivers a notice by mail or a message to a webhook, or gives up after its time.

    Its id is `delivery/<notice_id>` or `message/<message_id>`.
    """

    @workflow.init
    def __init__(self, delivery: DeliveryInput) -> None:
        self._requested = True

    @workflow.run
    async def run(self, delivery: DeliveryInput) -> None:
        """Delivers the notice, or marks it as failed after some days.

        Ends only if no delivery was requested since the last attempt, so that no retry is lost.
        """
        while self._requested:
            self._requested = False
            try:
                await self._deliver(delivery)
            except ActivityError:
                await self._give_up(delivery)

    @workflow.signal(name="asked")
    def request_delivery(self) -> None:
        """Requests one more delivery attempt, as a signal.

        The attempt follows even if the workflow is about to end.
        """
        self._requested = True

    async def _deliver(self, delivery: DeliveryInput) -> None:
        await workflow.execute_activity(
            delivery.deliver,
            delivery.notice_id,
            task_queue=mail_queue(workflow.info().task_queue),
            # A mail server may take ten minutes to reply. That its worker died is noticed sooner.
            start_to_close_timeout=timedelta(minutes=15),
            heartbeat_timeout=timedelta(minutes=1),
            schedule_to_close_timeout=timedelta(seconds=delivery.patience_seconds),
            retry_policy=RetryPolicy(
                initial_interval=timedelta(seconds=delivery.first_seconds),
                backoff_coefficient=delivery.factor,
                maximum_interval=timedelta(seconds=delivery.longest_seconds),
            ),
        )

    async def _give_up(self, delivery: DeliveryInput) -> None:
        await workflow.execute_activity(
            delivery.give_up,
            delivery.notice_id,
            start_to_close_timeout=timedelta(minutes=1),
            retry_policy=UNTIL_DONE,
        )
