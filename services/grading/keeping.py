"""Keeping `regrade/daily` running, whoever finds it missing."""

from __future__ import annotations

import asyncio
from typing import NoReturn

import structlog
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from plumbing.assembly import Reconciled
from plumbing.clock import Clock
from plumbing.temporal import task_queue
from services.grading.workflows import WORKFLOW_ID, Moved, RegradeDaily, Start

QUEUE = task_queue("grading")
AGAIN_SECONDS = 1.0
log = structlog.get_logger()


class Keeper:
    """Starts and signals the workflow by its one id. Raises RPCError while Temporal is away."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client, self._clock = client, clock
        self._asked = asyncio.Event()

    def wake(self) -> None:
        """Has it look soon; who asks neither waits nor fails.

        An answer lost with the process is made good by the look that every start begins with.
        """
        self._asked.set()

    async def run(self) -> NoReturn:
        """Has it look whenever it was asked for, as soon as Temporal can be told."""
        while True:
            await self._asked.wait()
            self._asked.clear()
            try:
                await self.look()
            except RPCError as error:
                log.warning("regrade.waiting", error=str(error))
                self._asked.set()
                await asyncio.sleep(AGAIN_SECONDS)

    async def look(self) -> None:
        """Has it look at once what is to be graded anew: the service has started, or a text has."""
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
