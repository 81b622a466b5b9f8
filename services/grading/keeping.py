"""Keeping `regrade/daily` running, whoever finds it missing."""

from __future__ import annotations

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from plumbing.assembly import Reconciled
from plumbing.clock import Clock
from plumbing.temporal import task_queue
from services.grading.workflows import WORKFLOW_ID, Moved, RegradeDaily, Start

QUEUE = task_queue("grading")


class Keeper:
    """Starts and signals the workflow by its one id. Raises RPCError while Temporal is away."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client, self._clock = client, clock

    async def look(self) -> None:
        """Has it look at once what is to be graded anew: the service has started."""
        await self._signal("look", self._clock.offset().total_seconds())

    async def clock_moved(self, offset_seconds: float) -> None:
        """Tells it that the sandbox's clock was moved."""
        await self._signal("clock_moved", offset_seconds)

    async def reconcile(self) -> Reconciled:
        """Starts it where it should run and does not."""
        offset = self._clock.offset().total_seconds()
        try:
            await self._client.start_workflow(
                RegradeDaily.run, Start(offset_seconds=offset), id=WORKFLOW_ID, task_queue=QUEUE
            )
        except WorkflowAlreadyStartedError:
            return Reconciled(running=1)
        return Reconciled(started=[WORKFLOW_ID])

    async def _signal(self, signal: str, offset_seconds: float) -> None:
        await self._client.start_workflow(
            RegradeDaily.run,
            Start(offset_seconds=offset_seconds),
            id=WORKFLOW_ID,
            task_queue=QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            start_signal=signal,
            start_signal_args=[Moved(offset_seconds=offset_seconds)],
        )
