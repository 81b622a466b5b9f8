"""What `regrade/daily` has done: grades made anew in chunks, each chunk one transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import date

from temporalio import activity

from plumbing.change import Change, Changes
from plumbing.daily import Round
from plumbing.identity import service_caller
from plumbing.temporal import final_errors
from services.grading import commands, year_end
from services.grading.workflows import ACTIVITY, Regraded

Command = Callable[[Change, date, str], Awaitable[Sequence[str]]]
_CALLER = service_caller("grading")


class Activities:
    """Acts on grading's own database. A chunk that is done is not due again."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes

    @activity.defn(name=ACTIVITY)
    @final_errors
    async def regrade(self, asked: Round) -> Regraded:
        """Grades what is due up to a day, then what carries a text that no longer governs.

        Then every year that is over is accounted for (`year_end`).
        """
        due = await self._all(commands.regrade_due, asked.as_of)
        stale = await self._all(commands.regrade_stale, asked.as_of)
        async with self._changes.change(_CALLER) as change:
            await year_end.close(change, asked.as_of)
        return Regraded(due=due, stale=stale)

    async def _all(self, command: Command, as_of: date) -> int:
        total, after = 0, ""
        while True:
            async with self._changes.change(_CALLER) as change:
                taken = await command(change, as_of, after)
            if not taken:
                return total
            total, after = total + len(taken), taken[-1]
            activity.heartbeat(total)
