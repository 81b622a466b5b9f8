"""Finds workflows that should run and do not, and starts them again (D-04, ADR 0017).

Whoever reaches Temporal can end a workflow, or start another one under its id. The database is the
truth, so a service compares the two every few minutes: it ends what the platform did not start and
what is stuck, and starts what is missing, as `quanheng reconcile` does.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import NoReturn

import structlog
from temporalio.service import RPCError

from plumbing.database import DATABASE_AWAY
from plumbing.grpc_errors import Away
from plumbing.metrics.counted import WORKFLOW_INPUTS_REFUSED, WORKFLOWS_STARTED_AGAIN
from plumbing.service import Reconciled
from plumbing.workflow_client import State, WorkflowClient

# A workflow starts a moment after its row commits; only one that stays missing is started here.
SETTLING_SECONDS = 3.0
PORTION, PAUSE_SECONDS = 50, 0.5  # so many are asked for in a row, then others are let in
log = structlog.get_logger()


@dataclass(frozen=True)
class Kind:
    """The workflows of one kind that should run now: their ids, and how one of them is started."""

    ids: Callable[[], Awaitable[Collection[str]]]
    start: Callable[[str], Awaitable[object]]


class Upkeep:
    """Keeps the workflows of one service running; every method may be repeated safely."""

    def __init__(
        self, workflows: WorkflowClient, kinds: Sequence[Kind], every_seconds: float
    ) -> None:
        self._workflows, self._kinds, self._every = workflows, kinds, every_seconds

    async def run(self) -> NoReturn:
        """Looks at once and then every few minutes; waits while Temporal or database is away."""
        while True:
            try:
                await self.look()
            except (Away, RPCError, *DATABASE_AWAY) as error:
                log.warning("workflows.upkeep_waits", error=str(error)[:200])
            await asyncio.sleep(self._every)

    async def look(self) -> None:
        """Ends what is not sound, and starts what stays missing for three seconds."""
        missing = await self.end_unsound()
        if not missing:
            return
        await asyncio.sleep(SETTLING_SECONDS)
        async for kind, id_, state in self._states():
            if id_ in missing and state is not State.SOUND:
                await kind.start(id_)
                WORKFLOWS_STARTED_AGAIN.inc()
                log.warning("workflows.started_again", workflow=id_)

    def before(
        self, reconcile: Callable[[], Awaitable[Reconciled]]
    ) -> Callable[[], Awaitable[Reconciled]]:
        """Returns a function that ends what is not sound, so that `reconcile` starts it anew."""

        async def ended_then_reconciled() -> Reconciled:
            await self.end_unsound()
            return await reconcile()

        return ended_then_reconciled

    async def end_unsound(self) -> set[str]:
        """Ends the workflows that this platform did not start, and those that are stuck.

        Returns the ids of all that should run and do not.
        """
        for id_ in await self._workflows.end_foreign():
            _tell_ended(id_, State.FOREIGN)
        missing = set()
        async for _, id_, state in self._states():
            if state in (State.FOREIGN, State.STUCK):
                await self._workflows.end(id_)
                _tell_ended(id_, state)
            if state is not State.SOUND:
                missing.add(id_)
        return missing

    async def _states(self) -> AsyncIterator[tuple[Kind, str, State]]:
        """The workflows that should run, each with its state, asked for in portions."""
        asked = 0
        for kind in self._kinds:
            for id_ in await kind.ids():
                asked += 1
                if asked % PORTION == 0:
                    await asyncio.sleep(PAUSE_SECONDS)
                yield kind, id_, await self._workflows.state(id_)


def _tell_ended(workflow_id: str, state: State) -> None:
    if state is State.FOREIGN:
        WORKFLOW_INPUTS_REFUSED.labels("run").inc()
    log.warning("workflows.ended", workflow=workflow_id, why=state.name.lower())
