"""Starts and signals the daily workflow of a service; see `plumbing.daily`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import Any, NoReturn

import structlog

from plumbing.clock import Clock
from plumbing.daily import Moved, Start
from plumbing.grpc_errors import Away
from plumbing.service import Reconciled
from plumbing.workflow_client import WorkflowClient
from plumbing.workflow_upkeep import Kind, Upkeep

AGAIN_SECONDS = 1.0
log = structlog.get_logger()


class DailyStarter:
    """Starts and signals one daily workflow by its id.

    `run` and `look_when_back` retry while Temporal is unavailable; the other methods that call
    Temporal raise Away.
    """

    def __init__(
        self,
        workflows: WorkflowClient,
        clock: Clock,
        run: Callable[[Any, Start], Awaitable[None]],
        workflow_id: str,
    ) -> None:
        self._workflows, self._clock, self._run = workflows, clock, run
        self.workflow_id = workflow_id
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Requests a run of the daily work soon; returns immediately and raises no error.

        If the process ends before that run, the run at the next start of the process replaces it.
        """
        self._woken.set()

    async def run(self) -> NoReturn:
        """Starts a run of the daily work after each call of `wake`, once Temporal is available.

        Never returns.
        """
        while True:
            await self._woken.wait()
            self._woken.clear()
            await self.look_when_back()

    async def look_when_back(self) -> None:
        """Starts a run of the daily work at once; retries while Temporal is unavailable."""
        while True:
            try:
                return await self.look()
            except Away as error:
                log.warning("daily.waiting", workflow=self.workflow_id, error=str(error))
                await asyncio.sleep(AGAIN_SECONDS)

    async def look(self) -> None:
        """Starts a run of the daily work at once; starts the workflow first if it is not running.

        Raises Away while Temporal is unavailable.
        """
        await self._signal("look")

    async def clock_moved(self) -> None:
        """Sends the present offset of the sandbox's clock to the daily workflow."""
        await self._signal("clock_moved")

    async def reconcile(self) -> Reconciled:
        """Starts the daily workflow if it is not running.

        The result contains the workflow's id if it was started, and counts it if it was already
        running. A workflow that is not sound is ended first.
        """
        if await self._workflows.keep(self.workflow_id):
            return Reconciled(running=1)
        start = Start(offset_seconds=self._clock.offset().total_seconds())
        if await self._workflows.start(self._run, start, self.workflow_id):
            return Reconciled(started=[self.workflow_id])
        return Reconciled(running=1)

    def upkeep(self, every_seconds: float) -> Upkeep:
        """Returns the upkeep of the daily workflow, which starts it again if it does not run."""

        async def only() -> Collection[str]:
            return (self.workflow_id,)

        async def start(_workflow_id: str) -> None:
            await self.reconcile()

        return Upkeep(self._workflows, [Kind(only, start)], every_seconds)

    async def runs(self) -> bool:
        """Returns whether the daily workflow is running."""
        return await self._workflows.runs(self.workflow_id)

    async def _signal(self, signal: str) -> None:
        offset_seconds = self._clock.offset().total_seconds()
        start, moved = Start(offset_seconds=offset_seconds), Moved(offset_seconds=offset_seconds)
        await self._workflows.signal(self._run, start, self.workflow_id, signal, moved)
