"""One workflow per case: `objection/<case_id>` and `repair/<case_id>`.

Each waits out the term (`waiting`), then follows through what ended it.
"""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from services.objection.activities import CaseActivities as Do
    from services.objection.messages import CaseStart, End, Ending
    from services.objection.waiting import CaseWaiting

_CHANGES_REGISTER = ("delete", "correct")
_CONFIRMED = "confirm_repair"


@workflow.defn(name="ObjectionCase")
class ObjectionWorkflow(CaseWaiting):
    """Marks the records contested, waits, and carries the ending through."""

    @workflow.init
    def __init__(self, start: CaseStart) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: CaseStart) -> None:
        """From the objection until nothing more follows from it."""
        await self.follow.take(Do.mark_contested)
        ending = await self.ended_by(start)
        if ending.how is End.DECIDED:
            await self._carry_out_decision(ending)
        else:
            await self.follow.take(Do.end_contested)
        if ending.how is not End.WITHDRAWN:
            await self.follow.take(Do.issue_letter)
        await self.follow.take(Do.settle)

    async def _carry_out_decision(self, ending: Ending) -> None:
        await self.follow.take(Do.note_grade_before)
        if ending.outcome in _CHANGES_REGISTER or _stops_disclosure(ending):
            await self.follow.take(Do.carry_out)
        await self.follow.take(Do.end_contested)
        await self.follow.until_graded()


def _stops_disclosure(ending: Ending) -> bool:
    # Until the register knew of disclosure, nothing followed from this outcome.
    stops = ending.outcome == "stop_disclosure"
    return stops and workflow.patched("disclosure-is-stopped")


@workflow.defn(name="RepairCase")
class RepairWorkflow(CaseWaiting):
    """Waits for the decision on a repair, and carries it through."""

    @workflow.init
    def __init__(self, start: CaseStart) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: CaseStart) -> None:
        """From the application until nothing more follows from it (S4 四(四))."""
        ending = await self.ended_by(start)
        if ending.outcome == _CONFIRMED:
            await self.follow.take(Do.note_grade_before, Do.repair_records)
            await self.follow.until_graded()
        if ending.how is not End.WITHDRAWN:
            await self.follow.take(Do.issue_letter)
        await self.follow.take(Do.settle)
