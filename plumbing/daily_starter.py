"""Keeping a daily workflow running, whoever finds it missing (see `plumbing.daily`)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn

import structlog
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from plumbing.clock import Clock
from plumbing.daily import Moved, Start
from plumbing.service import Reconciled

AGAIN_SECONDS = 1.0
log = structlog.get_logger()


class Keeper:
    """Starts and signals the workflow by its one id. Raises RPCError while Temporal is away."""

    def __init__(
        self,
        client: Client,
        clock: Clock,
        run: Callable[[Any, Start], Awaitable[None]],
        workflow_id: str,
        queue: str,
    ) -> None:
        self._client, self._clock, self._run = client, clock, run
        self.workflow_id, self.queue = workflow_id, queue
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
                log.warning("daily.waiting", workflow=self.workflow_id, error=str(error))
                self._asked.set()
                await asyncio.sleep(AGAIN_SECONDS)

    async def look(self) -> None:
        """Has it look at once what is due: the service has started, or something else has."""
        await self._signal("look", self._clock.offset().total_seconds())

    async def clock_moved(self, offset_seconds: float) -> None:
        """Tells it that the sandbox's clock was moved."""
        await self._signal("clock_moved", offset_seconds)

    async def reconcile(self) -> Reconciled:
        """Starts it where it should run and does not."""
        offset = self._clock.offset().total_seconds()
        try:
            await self._client.start_workflow(
                self._run,
                Start(offset_seconds=offset),
                id=self.workflow_id,
                task_queue=self.queue,
            )
        except WorkflowAlreadyStartedError:
            return Reconciled(running=1)
        return Reconciled(started=[self.workflow_id])

    async def runs(self) -> bool:
        """Whether it is running."""
        try:
            found = await self._client.get_workflow_handle(self.workflow_id).describe()
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return False
            raise
        return found.status is WorkflowExecutionStatus.RUNNING

    async def _signal(self, signal: str, offset_seconds: float) -> None:
        await self._client.start_workflow(
            self._run,
            Start(offset_seconds=offset_seconds),
            id=self.workflow_id,
            task_queue=self.queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            start_signal=signal,
            start_signal_args=[Moved(offset_seconds=offset_seconds)],
        )
