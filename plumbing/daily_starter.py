"""Starts and signals the daily workflow of a service, which `plumbing.daily` describes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn

import structlog

from plumbing.clock import Clock
from plumbing.daily import Moved, Start
from plumbing.grpc_errors import Away
from plumbing.service import Reconciled
from plumbing.workflow_client import WorkflowClient

AGAIN_SECONDS = 1.0
log = structlog.get_logger()


class DailyStarter:
    """Starts and signals one daily workflow by its id. Raises Away while Temporal is away."""

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
        """Asks for a round soon; the caller neither waits nor fails.

        If the process ends before the round, the round at its next start makes up for it.
        """
        self._woken.set()

    async def run(self) -> NoReturn:
        """Starts a round whenever one was asked for, as soon as Temporal is there."""
        while True:
            await self._woken.wait()
            self._woken.clear()
            await self.look_when_back()

    async def look_when_back(self) -> None:
        """Starts a round, and tries again for as long as Temporal is away."""
        while True:
            try:
                return await self.look()
            except Away as error:
                log.warning("daily.waiting", workflow=self.workflow_id, error=str(error))
                await asyncio.sleep(AGAIN_SECONDS)

    async def look(self) -> None:
        """Starts a round at once: the service has started, or something has become due."""
        await self._signal("look", self._clock.offset().total_seconds())

    async def clock_moved(self, offset_seconds: float) -> None:
        """Tells the workflow that the sandbox's clock was moved."""
        await self._signal("clock_moved", offset_seconds)

    async def reconcile(self) -> Reconciled:
        """Starts the workflow unless it runs."""
        start = Start(offset_seconds=self._clock.offset().total_seconds())
        if await self._workflows.start(self._run, start, self.workflow_id):
            return Reconciled(started=[self.workflow_id])
        return Reconciled(running=1)

    async def runs(self) -> bool:
        """Whether the workflow is running."""
        return await self._workflows.runs(self.workflow_id)

    async def _signal(self, signal: str, offset_seconds: float) -> None:
        start, moved = Start(offset_seconds=offset_seconds), Moved(offset_seconds=offset_seconds)
        await self._workflows.signal(self._run, start, self.workflow_id, signal, moved)
