"""The Temporal workflows of cases, each with the id `<kind>/<case_id>`.

A workflow waits until its case ends, and announces each reminder of the term meanwhile. Then it
carries out the consequences of the ending, one activity after another. The start and signals bring
the schedule; nothing here reads the law (D-05).

The case table is authoritative. A lost workflow is started again from the table, and every activity
changes only what an earlier run has not changed (D-04).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy, SearchAttributeUpdate
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from plumbing.temporal import BUREAU, CASE_STATE, DUE_AT, UNTIL_DONE
    from plumbing.workflow_time import PlatformTime
    from services.objection.activities import CaseActivities
    from services.objection.messages import (
        CaseStart,
        ClockMove,
        End,
        Ending,
        FoundBy,
        Rung,
        RungDue,
        Schedule,
        Stuck,
    )

# An attempt that a crash cuts short is tried again after this time.
_ATTEMPT = timedelta(seconds=12)
_PAUSE = timedelta(minutes=1)
# Grading usually answers within moments, and a caseworker waits for the letter.
_UNTIL_GRADED = RetryPolicy(
    initial_interval=timedelta(milliseconds=200),
    backoff_coefficient=1.5,
    maximum_interval=timedelta(seconds=5),
)
_CHANGES_REGISTER = ("delete", "correct", "by_item")
_SENT_BACK = "send_back"
_CONFIRMED = "confirm_repair"

CaseActivity = Callable[[CaseActivities, str], Awaitable[None]]


class FollowThrough:
    """Runs the activities of one case in order, each until it succeeds.

    If an activity is finally refused, people are informed and the workflow waits. `requests`
    returns how often the workflow was requested to continue (by a person or by `quanheng
    reconcile`, after the cause is removed).
    """

    def __init__(self, case_id: str, requests: Callable[[], int]) -> None:
        self._case_id, self._requests = case_id, requests

    async def reach_rung(self, due: RungDue) -> float | None:
        """Announces a reminder or escalation of the term; this never decides the case.

        Returns the offset of the platform's clock in seconds if the moment has not come, else None.
        """
        return await workflow.execute_activity_method(
            CaseActivities.reach_rung, due, start_to_close_timeout=_ATTEMPT, retry_policy=UNTIL_DONE
        )

    async def run(self, *activities: CaseActivity) -> None:
        """Runs the given activities of the case, one after another, each until it succeeds."""
        for activity in activities:
            await self._complete(activity)

    async def note_public(self) -> None:
        """Notes which records are public before they are changed."""
        if workflow.patched("others-are-told"):
            await self.run(CaseActivities.note_public)

    async def tell_others(self) -> None:
        """Tells the public, and those with whom the records were shared, what became of them."""
        if workflow.patched("others-are-told"):
            await self.run(CaseActivities.publish_changes, CaseActivities.inform_receivers)

    async def until_graded(self) -> None:
        """Waits until the subject's grade has used the changed records, then stores that grade."""
        await self._complete(CaseActivities.note_grade_after, _UNTIL_GRADED)

    async def _complete(self, activity: CaseActivity, retries: RetryPolicy = UNTIL_DONE) -> None:
        # Counted before each attempt, so that a request made during a failing attempt counts.
        seen = self._requests()
        while not await self._succeeds(activity, retries):
            await self._request_after(seen)
            seen = self._requests()

    async def _request_after(self, seen: int) -> None:
        await workflow.wait_condition(lambda: self._requests() != seen)

    async def _succeeds(self, activity: CaseActivity, retries: RetryPolicy) -> bool:
        try:
            await workflow.execute_activity_method(
                activity, self._case_id, start_to_close_timeout=_ATTEMPT, retry_policy=retries
            )
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            await self._report(
                Stuck(case_id=self._case_id, step=activity.__name__, why=str(error.cause))
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


class CaseWorkflow:
    """The base class of the workflows of cases: waiting, reminders and signals."""

    def __init__(self, start: CaseStart) -> None:
        self._case_id = start.case_id
        self._offset = start.offset_seconds
        self._time = PlatformTime(start.offset_seconds)
        self._schedule: Schedule | None = None
        self._ending = start.ending
        self._requests = 0
        self.follow = FollowThrough(start.case_id, lambda: self._requests)
        self._reached = set(start.reached)
        if start.schedule is not None:
            self.scheduled(start.schedule)

    async def ended_by(self, start: CaseStart) -> Ending:
        """Waits for the end of the case and returns it.

        Continues as a new run of the workflow if the history is long.
        """

        def is_long() -> bool:
            return workflow.info().get_current_history_length() > start.events_per_run

        # Earlier runs looked at their history only after a reminder or a new schedule.
        wakes = workflow.patched("runs-stay-short")
        while self._ending is None:
            await self._wait_once(is_long if wakes else lambda: False)
            if is_long():
                workflow.continue_as_new(self._next_start(start.events_per_run))
        return self._ending

    @workflow.query
    def schedule(self) -> Schedule | None:
        """Returns the schedule of the reminders, for a query; None before a term starts."""
        return self._schedule

    @workflow.signal
    def scheduled(self, schedule: Schedule) -> None:
        """Receives a new schedule of reminders, as a signal.

        The signal is sent when the term started or was extended, or the calendar changed. An older
        schedule that arrives late is ignored.
        """
        known = self._schedule
        if known == schedule or (known is not None and schedule.age < known.age):
            return
        self._schedule = schedule
        # Once it has ended, a case is found by its ending, in the runs after that one as well.
        found_by = _attributes((self._ending and self._ending.found_by) or schedule.found_by)
        workflow.upsert_search_attributes([DUE_AT.value_set(schedule.due_at), *found_by])

    @workflow.signal
    def decided(self, ending: Ending) -> None:
        """Receives the decision of the case, as a signal.

        A repeated signal requests the workflow to continue after a refused activity.
        """
        self._end(ending)

    @workflow.signal
    def ended(self, ending: Ending) -> None:
        """Receives the end of a case that was declined or withdrawn, as a signal."""
        self._end(ending)

    @workflow.signal
    def clock_moved(self, move: ClockMove) -> None:
        """Receives a move of the sandbox's clock, as a signal; the clock only moves forward."""
        if move.offset_seconds > self._offset:
            self._set_offset(move.offset_seconds)

    @workflow.signal
    def stands(self, state: CaseStart) -> None:
        """Receives the whole present state of the case, as a signal: schedule, ending and clock.

        It says again what the single signals said (`quanheng reconcile`).
        """
        self.clock_moved(ClockMove(offset_seconds=state.offset_seconds))
        if state.schedule is not None:
            self.scheduled(state.schedule)
        if state.ending is not None:
            self._end(state.ending)

    @workflow.signal
    def asked_again(self) -> None:
        """Receives the wish of a person that a refused activity is tried again, as a signal."""
        self._requests += 1

    def _end(self, ending: Ending) -> None:
        # A case ends once. A later signal repeats the ending and asks the workflow to continue.
        if self._ending is None and (found_by := _attributes(ending.found_by)):
            workflow.upsert_search_attributes(found_by)
        self._ending = self._ending or ending
        self._requests += 1

    async def _wait_once(self, is_long: Callable[[], bool]) -> None:
        """Waits for the next reminder, a new schedule or the end; announces a reminder when due.

        Returns as well once the history is long.
        """
        schedule, rung = self._schedule, self._next_rung()

        def changed() -> bool:
            return self._ending is not None or self._schedule is not schedule or is_long()

        if rung is None:
            await workflow.wait_condition(changed)
        elif await self._time.wait_until(rung.at, changed):
            await self._reach(rung)

    async def _reach(self, rung: Rung) -> None:
        correction = await self.follow.reach_rung(RungDue(case_id=self._case_id, rung=rung))
        if correction is None:
            self._reached.add(rung.key)
            return
        self._set_offset(correction)
        await workflow.sleep(_PAUSE)  # should Temporal's own clock be ahead

    def _set_offset(self, offset_seconds: float) -> None:
        self._offset = offset_seconds
        self._time.move(offset_seconds)

    def _next_rung(self) -> Rung | None:
        rungs = self._schedule.rungs if self._schedule else []
        ahead = (rung for rung in rungs if rung.key not in self._reached)
        return min(ahead, key=lambda rung: rung.at, default=None)

    def _next_start(self, events_per_run: int) -> CaseStart:
        return CaseStart(
            case_id=self._case_id,
            offset_seconds=self._offset,
            schedule=self._schedule,
            ending=self._ending,
            reached=sorted(self._reached),
            events_per_run=events_per_run,
        )


def _attributes(found_by: FoundBy | None) -> list[SearchAttributeUpdate[str]]:
    """What is to be changed of the search attributes; nothing in a run that began without them."""
    if not workflow.patched("found-by-state") or found_by is None:
        return []
    return [BUREAU.value_set(found_by.bureau), CASE_STATE.value_set(found_by.state)]


@workflow.defn(name="ObjectionCase")
class ObjectionWorkflow(CaseWorkflow):
    """The workflow of an objection or of a reconsideration.

    It marks the records as contested until the case ends, then carries out the consequences.
    """

    @workflow.init
    def __init__(self, start: CaseStart) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: CaseStart) -> None:
        """Runs from the lodging of the case until all its consequences were carried out."""
        ending = await self._marked_until_ended(start)
        if ending.how is End.DECIDED:
            await self._carry_out_decision(ending)
        else:
            await self.follow.run(CaseActivities.end_contested)
        if ending.how is not End.WITHDRAWN:
            await self.follow.run(CaseActivities.issue_letter)
        await self.follow.run(CaseActivities.settle)

    async def _marked_until_ended(self, start: CaseStart) -> Ending:
        """Marks the records, and returns the end of the case once they are marked.

        The reminders of the term are announced meanwhile: they do not wait for a mark that is
        refused. A run that continues as a new one marks again, which changes nothing.
        """
        if not workflow.patched("term-beside-the-mark"):
            await self.follow.run(CaseActivities.mark_contested)
            return await self.ended_by(start)
        mark = asyncio.create_task(self.follow.run(CaseActivities.mark_contested))
        ending = await self.ended_by(start)
        await mark
        return ending

    async def _carry_out_decision(self, ending: Ending) -> None:
        await self.follow.run(CaseActivities.note_grade_before)
        await self.follow.note_public()
        if ending.outcome in _CHANGES_REGISTER or _stops_disclosure(ending):
            await self.follow.run(CaseActivities.carry_out)
        if ending.outcome == _SENT_BACK:
            await self.follow.run(CaseActivities.send_back)
        await self.follow.run(CaseActivities.end_contested)
        await self.follow.until_graded()
        await self.follow.tell_others()


def _stops_disclosure(ending: Ending) -> bool:
    # Runs that began before the register could stop disclosure carry out nothing here.
    stops = ending.outcome == "stop_disclosure"
    return stops and workflow.patched("disclosure-is-stopped")


@workflow.defn(name="RepairCase")
class RepairWorkflow(CaseWorkflow):
    """The workflow of an application for repair: it waits for the decision and carries it out."""

    @workflow.init
    def __init__(self, start: CaseStart) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: CaseStart) -> None:
        """Runs from the application until all its consequences were carried out (S4 四(四))."""
        ending = await self.ended_by(start)
        if ending.outcome == _CONFIRMED:
            await self.follow.run(CaseActivities.note_grade_before)
            await self.follow.note_public()
            await self.follow.run(CaseActivities.repair_records)
            await self.follow.until_graded()
            await self.follow.tell_others()
        if ending.how is not End.WITHDRAWN:
            await self.follow.run(CaseActivities.issue_letter)
        await self.follow.run(CaseActivities.settle)
