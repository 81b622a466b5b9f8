"""What follows when the waiting ends: activities in order, each tried until it is done.

Runs inside the workflow. Every activity is idempotent, so a workflow that is started anew from
the case table goes through all of them again and changes only what is missing (D-04).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from plumbing.temporal import UNTIL_DONE
    from services.objection.activities import CaseActivities
    from services.objection.messages import End, Ending, RungDue

# An attempt cut short by a crash is tried again after this long; each goes on where the last was.
_ATTEMPT = timedelta(seconds=12)
# The next grade comes within moments as a rule; a caseworker waits for the letter.
_UNTIL_GRADED = RetryPolicy(
    initial_interval=timedelta(milliseconds=200),
    backoff_coefficient=1.5,
    maximum_interval=timedelta(seconds=5),
)
_CHANGES_REGISTER = ("delete", "correct")

OnCase = Callable[[CaseActivities, str], Awaitable[None]]


async def mark_contested(case_id: str) -> None:
    """Marks the records as contested; the first thing that happens to an objection."""
    await _do(CaseActivities.mark_contested, case_id)


async def reach_rung(due: RungDue) -> None:
    """Announces a rung. The moment reminds and escalates; it never decides by itself."""
    await workflow.execute_activity_method(
        CaseActivities.reach_rung, due, start_to_close_timeout=_ATTEMPT, retry_policy=UNTIL_DONE
    )


async def carry_through(case_id: str, ending: Ending) -> None:
    """Carries an ending through until nothing more follows from it."""
    if ending.how is End.DECIDED:
        await _carry_out_decision(case_id, ending.outcome)
    else:
        await _do(CaseActivities.end_contested, case_id)
    if ending.how is not End.WITHDRAWN:
        await _do(CaseActivities.issue_letter, case_id)
    await _do(CaseActivities.settle, case_id)


async def _carry_out_decision(case_id: str, outcome: str) -> None:
    await _do(CaseActivities.note_grade_before, case_id)
    if outcome in _CHANGES_REGISTER:
        await _do(CaseActivities.carry_out, case_id)
    await _do(CaseActivities.end_contested, case_id)
    await _do(CaseActivities.note_grade_after, case_id, _UNTIL_GRADED)


async def _do(what: OnCase, case_id: str, patience: RetryPolicy = UNTIL_DONE) -> None:
    await workflow.execute_activity_method(
        what, case_id, start_to_close_timeout=_ATTEMPT, retry_policy=patience
    )
