"""The activity of the workflow `regrade/daily`: grades subjects in chunks, one per transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import date

from temporalio import activity

from plumbing.change import Change, Changes
from plumbing.daily import Round
from plumbing.identity import service_caller
from plumbing.temporal import final_errors
from plumbing.told_time import checked_day
from services.grading import commands, year_end
from services.grading.workflows import ACTIVITY, Regraded

Command = Callable[[Change, date, str], Awaitable[Sequence[str]]]
_CALLER = service_caller("grading")


class Activities:
    """The activities that `regrade/daily` runs on the grading database.

    An activity can be repeated safely, because a subject that was graded is no longer due.
    """

    def __init__(self, changes: Changes) -> None:
        self._changes = changes

    @activity.defn(name=ACTIVITY)
    @final_errors
    async def regrade(self, round_: Round) -> Regraded:
        """Grades the subjects due by the round's day, and those whose ruleset no longer governs.

        Then it closes every past year that is not closed yet (`year_end`). A day that has not begun
        is refused: then the round works for today. Returns how many subjects of each of the two
        kinds were graded.
        """
        checked = checked_day(round_.as_of, self._changes.clock)
        due = await self._all(commands.regrade_due, checked.day)
        stale = await self._all(commands.regrade_stale, checked.day)
        async with self._changes.change(_CALLER) as change:
            await year_end.close(change, checked.day)
        return Regraded(due=due, stale=stale, correction=checked.correction)

    async def _all(self, command: Command, as_of: date) -> int:
        total, after = 0, ""
        while True:
            async with self._changes.change(_CALLER) as change:
                subject_ids = await command(change, as_of, after)
            if not subject_ids:
                return total
            total, after = total + len(subject_ids), subject_ids[-1]
            activity.heartbeat(total)
