"""`retention/daily`: records whose time is over leave the archive, day by day (D-04, D-06).

One long-lived workflow for the register. It never reads the law: its activity finds what is due by
a day, and the hour at which it wakes comes with its input (D-05).
"""

from __future__ import annotations

from pydantic import BaseModel
from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from plumbing.daily import DailyRounds, Start

WORKFLOW = "retention-daily"
WORKFLOW_ID = "retention/daily"
ACTIVITY = "expire"


class Expired(BaseModel):
    """How many records left the archive."""

    records: int


@workflow.defn(name=WORKFLOW)
class RetentionDaily(DailyRounds):
    """One round each local day, shortly after midnight, and one whenever it is woken."""

    @workflow.init
    def __init__(self, start: Start) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: Start) -> None:
        """Runs rounds without end."""
        await self.go_on(start, ACTIVITY, Expired)
