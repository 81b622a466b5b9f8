"""The waiting of a case: it reminds and escalates until the case has ended one way or other.

The schedule comes in with the start and by signal; nothing here reads the law (D-05). The truth
is the case table: a workflow that is lost is started again from there and goes on (D-04).
"""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from plumbing.temporal import DUE_AT
    from plumbing.workflow_time import PlatformTime
    from services.objection.follow_through import FollowThrough
    from services.objection.messages import (
        CaseStart,
        ClockMove,
        Ending,
        Rung,
        RungDue,
        Schedule,
    )


class CaseWaiting:
    """What the workflow of every case does; each adds its name, and what comes before and after."""

    def __init__(self, start: CaseStart) -> None:
        self._case_id = start.case_id
        self._offset = start.offset_seconds
        self._time = PlatformTime(start.offset_seconds)
        self._schedule: Schedule | None = None
        self._ending = start.ending
        self._nudges = 0
        self.follow = FollowThrough(start.case_id, lambda: self._nudges)
        self._reached = set(start.reached)
        if start.schedule is not None:
            self.scheduled(start.schedule)

    async def ended_by(self, start: CaseStart) -> Ending:
        """Waits for the end; a long history goes on as a new run."""
        while self._ending is None:
            await self._wait_once()
            if workflow.info().get_current_history_length() > start.events_per_run:
                workflow.continue_as_new(self._so_far(start.events_per_run))
        return self._ending

    @workflow.signal
    def scheduled(self, schedule: Schedule) -> None:
        """The term began, or is longer now; an older word never replaces a newer one."""
        known = self._schedule
        if known == schedule or (known is not None and schedule.version < known.version):
            return
        self._schedule = schedule
        workflow.upsert_search_attributes([DUE_AT.value_set(schedule.due_at)])

    @workflow.signal
    def decided(self, ending: Ending) -> None:
        """The case was decided."""
        self._end(ending)

    @workflow.signal
    def ended(self, ending: Ending) -> None:
        """The case was declined or withdrawn."""
        self._end(ending)

    @workflow.signal
    def clock_moved(self, move: ClockMove) -> None:
        """The sandbox's clock was moved forward."""
        if move.offset_seconds > self._offset:
            self._offset = move.offset_seconds
            self._time.move(move.offset_seconds)

    def _end(self, ending: Ending) -> None:
        # The law lets a case end once; whatever comes later repeats it, and asks to go on.
        self._ending = self._ending or ending
        self._nudges += 1

    async def _wait_once(self) -> None:
        """Until the next rung, a new schedule, or the end; a rung whose moment has come is due."""
        schedule, rung = self._schedule, self._next_rung()

        def changed() -> bool:
            return self._ending is not None or self._schedule is not schedule

        if rung is None:
            await workflow.wait_condition(changed)
        elif await self._time.wait_until(rung.at, changed):
            await self.follow.reach_rung(RungDue(case_id=self._case_id, rung=rung))
            self._reached.add(rung.key)

    def _next_rung(self) -> Rung | None:
        rungs = self._schedule.rungs if self._schedule else []
        return min(
            (r for r in rungs if r.key not in self._reached), key=lambda r: r.at, default=None
        )

    def _so_far(self, events_per_run: int) -> CaseStart:
        return CaseStart(
            case_id=self._case_id,
            offset_seconds=self._offset,
            schedule=self._schedule,
            ending=self._ending,
            reached=sorted(self._reached),
            events_per_run=events_per_run,
        )
