"""The register's one workflow, once Temporal is there: the register does not wait for it.

The other services cannot even sign in before the register serves; so its door opens first.
"""

from __future__ import annotations

from typing import NoReturn

from temporalio.service import RPCError

from law.errors import WrongState
from plumbing import temporal
from plumbing.change import Changes
from plumbing.clock import Clock
from plumbing.daily_starter import Keeper
from plumbing.events.inbox import TryLater
from plumbing.metrics import workflows
from plumbing.service import Reconciled
from plumbing.settings import Settings
from services.registry.retention.activities import Activities
from services.registry.retention.workflows import WORKFLOW_ID, RetentionDaily

SERVICE = "registry"


class Timers:
    """Runs the worker and keeps `retention/daily` going."""

    def __init__(self, settings: Settings, changes: Changes, clock: Clock) -> None:
        self._settings, self._changes, self._clock = settings, changes, clock
        self._keeper: Keeper | None = None

    async def run(self) -> NoReturn:
        """Connects, as soon as that is possible, and works."""
        client = await temporal.connect(self._settings, metrics=workflows.BUFFER)
        queue = temporal.task_queue(SERVICE)
        keeper = Keeper(client, self._clock, RetentionDaily.run, WORKFLOW_ID, queue)
        await keeper.look()
        self._keeper = keeper
        activities = [Activities(self._changes).expire]
        await temporal.worker(client, SERVICE, [RetentionDaily], activities).run()
        raise RuntimeError("The worker ended by itself")

    async def clock_moved(self, offset_seconds: float) -> None:
        """Tells it that the sandbox's clock was moved. Raises TryLater while Temporal is away."""
        if self._keeper is None:
            raise TryLater("Temporal is away")
        try:
            await self._keeper.clock_moved(offset_seconds)
        except RPCError as error:
            raise TryLater(f"Temporal: {error.message}") from error

    async def reconcile(self) -> Reconciled:
        """Starts it where it should run and does not. Raises WrongState while Temporal is away."""
        if self._keeper is None:
            raise WrongState("Temporal 尚未连接，请稍后再试", "Temporal is away; try again")
        return await self._keeper.reconcile()

    async def runs(self) -> bool:
        """Whether it is running."""
        return self._keeper is not None and await self._keeper.runs()
