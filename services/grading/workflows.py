"""The workflow `regrade/daily`: each new day, grades the subjects due on that day (D-04).

There is one such workflow, and it never ends. It does not read the law: the database lists the
subjects that are due, and the hour at which it wakes is part of its start input (D-05).
"""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from plumbing.daily import DailyRounds, RoundDone, Start

WORKFLOW = "regrade-daily"
WORKFLOW_ID = "regrade/daily"
ACTIVITY = "regrade"


class Regraded(RoundDone):
    """The number of subjects a round graded: `due` by time, and `stale` by a changed ruleset."""

    due: int
    stale: int


@workflow.defn(name=WORKFLOW)
class RegradeDaily(DailyRounds):
    """The workflow that runs a grading round shortly after each local midnight, or when woken."""

    @workflow.init
    def __init__(self, start: Start) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: Start) -> None:
        """Runs rounds of grading without end."""
        await self.go_on(start, ACTIVITY, Regraded)
