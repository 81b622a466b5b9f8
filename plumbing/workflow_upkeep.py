"""Finds workflows that should run and do not, and starts them again (D-04, ADR 0017).

Whoever reaches Temporal can end a workflow, or start another one under its id. The database is the
truth, so a service compares the two every few minutes: it ends what the platform did not start and
what is stuck, and starts what is missing, as `quanheng reconcile` does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NoReturn

import structlog
from temporalio.service import RPCError

from plumbing.chunks import chunks
from plumbing.database_away import DATABASE_AWAY
from plumbing.grpc_errors import Away
from plumbing.metrics.counted import WORKFLOWS_STARTED_AGAIN
from plumbing.service import Reconciled
from plumbing.together import together
from plumbing.workflow_client import WorkflowClient

# A workflow starts a moment after its row commits; only one that stays missing is started here.
SETTLING_SECONDS = 3.0
AGAIN_SECONDS = 10.0  # after a look that failed; the store of Temporal may be a new one
PORTION, PAUSE_SECONDS = 50, 0.5
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
        """Looks at once and then every few minutes, soon again if Temporal or database is away."""
        while True:
            pause = self._every
            try:
                await self.look()
            except (Away, RPCError, *DATABASE_AWAY) as error:
                log.warning("workflows.upkeep_waits", error=str(error)[:200])
                pause = min(pause, AGAIN_SECONDS)
            await asyncio.sleep(pause)

    async def look(self) -> None:
        """Ends what is not sound, and starts what stays missing for three seconds."""
        missing = await self.end_unsound()
        if not missing:
            return
        await asyncio.sleep(SETTLING_SECONDS)
        for kind in self._kinds:
            await together(missing.intersection(await kind.ids()), partial(self._start, kind))

    async def _start(self, kind: Kind, id_: str) -> None:
        if not await self._workflows.runs(id_):
            await kind.start(id_)
            WORKFLOWS_STARTED_AGAIN.inc()
            log.warning("workflows.started_again", workflow=id_)

    def before(
        self, reconcile: Callable[[], Awaitable[Reconciled]]
    ) -> Callable[[], Awaitable[Reconciled]]:
        """Returns a function that ends what the platform did not start, and then reconciles.

        `reconcile` asks about each workflow once (`WorkflowClient.keep`).
        """

        async def ended_then_reconciled() -> Reconciled:
            await self._workflows.end_foreign()
            return await reconcile()

        return ended_then_reconciled

    async def end_unsound(self) -> set[str]:
        """Ends the workflows that this platform did not start, and those that are stuck.

        Returns the ids of all that should run and do not. Pauses after each portion of 50, so that
        others are let in.
        """
        await self._workflows.end_foreign()
        missing = set[str]()
        for kind in self._kinds:
            for portion in chunks(await kind.ids(), PORTION):
                sound = await together(portion, self._workflows.keep)
                missing |= {
                    id_ for id_, is_sound in zip(portion, sound, strict=True) if not is_sound
                }
                await asyncio.sleep(PAUSE_SECONDS)
        return missing
