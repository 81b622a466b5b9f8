"""`regrade/daily`: on each new day, grades the subjects whose grade time changes (D-04).

One workflow that never ends. It does not read the law: the database names the subjects that are
due, and the hour of waking comes with the start (D-05).
"""

from __future__ import annotations

from pydantic import BaseModel
from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from plumbing.daily import DailyRounds, Start

WORKFLOW = "regrade-daily"
WORKFLOW_ID = "regrade/daily"
ACTIVITY = "regrade"


class Regraded(BaseModel):
    """How many subjects a round graded: due by time, and stale by a changed text."""

    due: int
    stale: int


@workflow.defn(name=WORKFLOW)
class RegradeDaily(DailyRounds):
    """Runs one round shortly after each local midnight, and one whenever it is woken."""

    @workflow.init
    def __init__(self, start: Start) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: Start) -> None:
        """Runs rounds for ever."""
        await self.go_on(start, ACTIVITY, Regraded)
