"""Following a case through: activities in order, each tried until it is done.

Runs inside the workflow. Every activity is idempotent, so a workflow that is started anew from
the case table goes through all of them again and changes only what is missing (D-04).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from plumbing.temporal import UNTIL_DONE
    from services.objection.activities import CaseActivities
    from services.objection.messages import RungDue, Stuck

# An attempt cut short by a crash is tried again after this long; each goes on where the last was.
_ATTEMPT = timedelta(seconds=12)
# The next grade comes within moments as a rule; a caseworker waits for the letter.
_UNTIL_GRADED = RetryPolicy(
    initial_interval=timedelta(milliseconds=200),
    backoff_coefficient=1.5,
    maximum_interval=timedelta(seconds=5),
)

OnCase = Callable[[CaseActivities, str], Awaitable[None]]


class FollowThrough:
    """Follows one case through. Where a step is refused for good, people are told, and it waits.

    `nudges` counts how often somebody asked to go on: `quanheng reconcile`, once the cause is gone.
    """

    def __init__(self, case_id: str, nudges: Callable[[], int]) -> None:
        self._case_id, self._nudges = case_id, nudges

    async def reach_rung(self, due: RungDue) -> None:
        """Announces a rung. The moment reminds and escalates; it never decides by itself."""
        await workflow.execute_activity_method(
            CaseActivities.reach_rung, due, start_to_close_timeout=_ATTEMPT, retry_policy=UNTIL_DONE
        )

    async def take(self, *steps: OnCase) -> None:
        """Takes steps, one after the other."""
        for step in steps:
            await self._do(step)

    async def until_graded(self) -> None:
        """Waits until the records as they now stand are in the grade."""
        await self._do(CaseActivities.note_grade_after, _UNTIL_GRADED)

    async def _do(self, what: OnCase, patience: RetryPolicy = UNTIL_DONE) -> None:
        seen = self._nudges()
        while not await self._done(what, patience):
            await self._nudged_since(seen)
            seen = self._nudges()

    async def _nudged_since(self, seen: int) -> None:
        # Counted from before the attempt: what was asked while it failed is not overheard.
        await workflow.wait_condition(lambda: self._nudges() != seen)

    async def _done(self, what: OnCase, patience: RetryPolicy) -> bool:
        try:
            await workflow.execute_activity_method(
                what, self._case_id, start_to_close_timeout=_ATTEMPT, retry_policy=patience
            )
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            await self._report(
                Stuck(case_id=self._case_id, step=what.__name__, why=str(error.cause))
            )
            return False
        return True

    async def _report(self, stuck: Stuck) -> None:
        await workflow.execute_activity_method(
            CaseActivities.report_stuck,
            stuck,
            start_to_close_timeout=_ATTEMPT,
            retry_policy=UNTIL_DONE,
        )
