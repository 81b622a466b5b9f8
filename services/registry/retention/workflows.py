"""The workflow `retention/daily`: each day, records leave the archive on time (D-04, D-06).

There is one such workflow for the register, and it never ends. It does not read the law: its
activity finds the records that are due by a day, and the hour at which it wakes is part of its
start input (D-05).
"""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from plumbing.daily import DailyRounds, RoundDone, Start

WORKFLOW = "retention-daily"
WORKFLOW_ID = "retention/daily"
ACTIVITY = "expire"


class Expired(RoundDone):
    """The number of records that left the archive in a round."""

    records: int


@workflow.defn(name=WORKFLOW)
class RetentionDaily(DailyRounds):
    """The workflow that runs one round shortly after each local midnight, and one when woken."""

    @workflow.init
    def __init__(self, start: Start) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: Start) -> None:
        """Runs rounds of expiry without end."""
        await self.go_on(start, ACTIVITY, Expired)
