"""Runs the register's one workflow as soon as Temporal is reachable.

The registry serves calls before that, since the other services cannot sign in without it.
"""

from __future__ import annotations

import asyncio
from typing import NoReturn

from plumbing import temporal
from plumbing.change import Changes
from plumbing.clock import Clock
from plumbing.daily_starter import DailyStarter
from plumbing.grpc_errors import Away
from plumbing.metrics import workflows
from plumbing.service import Reconciled
from plumbing.settings import Settings
from plumbing.workflow_client import WorkflowClient
from plumbing.workflow_upkeep import Upkeep
from services.registry.retention.activities import Activities
from services.registry.retention.workflows import WORKFLOW_ID, RetentionDaily

SERVICE = "registry"


class Timers:
    """Runs the registry's Temporal worker, and starts `retention/daily` if it is not running."""

    def __init__(self, settings: Settings, changes: Changes, clock: Clock) -> None:
        self._settings, self._changes, self._clock = settings, changes, clock
        self._daily: DailyStarter | None = None
        self._upkeep: Upkeep | None = None

    async def run(self) -> NoReturn:
        """Connects to Temporal as soon as it is reachable, then runs the worker until cancelled."""
        client = await temporal.connect(self._settings, SERVICE, metrics=workflows.BUFFER)
        workflow_client = WorkflowClient(client, temporal.task_queue(SERVICE))
        daily = DailyStarter(workflow_client, self._clock, RetentionDaily.run, WORKFLOW_ID)
        await daily.look_when_back()
        self._daily = daily
        self._upkeep = daily.upkeep(self._settings.workflow_look_seconds)
        activities = [Activities(self._changes).expire]
        worker = temporal.worker(client, SERVICE, [RetentionDaily], activities)
        async with asyncio.TaskGroup() as group:
            group.create_task(worker.run())
            group.create_task(self._upkeep.run())
        raise RuntimeError("The worker ended by itself")

    async def clock_moved(self) -> None:
        """Signals to the workflow that the sandbox's clock was moved.

        Raises Away if Temporal is not connected or does not answer.
        """
        await self._connected().clock_moved()

    async def reconcile(self) -> Reconciled:
        """Starts the workflow `retention/daily` if it is not running.

        Raises Away if Temporal is not connected or does not answer.
        """
        daily = self._connected()
        if self._upkeep is None:
            return await daily.reconcile()
        return await self._upkeep.before(daily.reconcile)()

    async def runs(self) -> bool:
        """Returns whether the workflow `retention/daily` is running.

        Returns False before the first connection to Temporal. Raises Away if Temporal stops
        answering after it.
        """
        return self._daily is not None and await self._daily.runs()

    def _connected(self) -> DailyStarter:
        if self._daily is None:
            raise Away("流程引擎尚未连接，请稍后再试", "Temporal is not connected yet; try again")
        return self._daily
