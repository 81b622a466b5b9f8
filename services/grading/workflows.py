"""`regrade/daily`: has the grades that time changes made anew on each new day (D-04).

One long-lived workflow for the service. It never reads the law: which subjects are due stands in
the database, and the hour of waking comes with its input (D-05).
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
    """How many subjects were graded because of time, and because of a changed text."""

    due: int
    stale: int


@workflow.defn(name=WORKFLOW)
class RegradeDaily(DailyRounds):
    """Each local day, shortly after midnight, one round; and one whenever it is woken."""

    @workflow.init
    def __init__(self, start: Start) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: Start) -> None:
        """Runs rounds for ever."""
        await self.go_on(start, ACTIVITY, Regraded)
