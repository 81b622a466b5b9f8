"""The Temporal workflow of an escalation case, with the id `escalation/<subject>/<episode>`.

It waits for the due day of each step and then runs the activity that proposes the step. The start
and each signal bring the due day; nothing here reads the law (D-05). The case in the database is
authoritative: a lost workflow is started again from it and continues (D-04).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from pydantic import BaseModel

    from plumbing.temporal import DUE_AT, UNTIL_DONE
    from plumbing.workflow_time import PlatformTime

_ATTEMPT = timedelta(seconds=30)
_PAUSE = timedelta(minutes=1)


class EscalationStand(BaseModel):
    """The state of an escalation case that its workflow needs.

    `due_at` is the moment at which `step` is proposed; None while a person has to act. `to_note` is
    true while the register has not recorded an interview that is to be recorded, which may be after
    the case is closed. `correction` is the offset of the platform's clock in seconds if an activity
    was started for a step that is not due yet, else None.
    """

    escalation_id: str
    version: int
    offset_seconds: float  # by which the platform's clock is ahead of the machine's
    step: str = ""
    due_at: datetime | None = None
    to_note: bool = False
    closed: bool = False
    correction: float | None = None
    events_per_run: int = 2000  # after so many events the workflow goes on as a new run


class StepDue(BaseModel):
    """A step that is due in an escalation case; `version` is the version of the case."""

    escalation_id: str
    version: int
    step: str


@workflow.defn(name="Escalation")
class EscalationWorkflow:
    """Waits for the due day of each step and then proposes the step, until the case is closed."""

    @workflow.init
    def __init__(self, stand: EscalationStand) -> None:
        self._stand = stand
        self._offset = stand.offset_seconds
        self._time = PlatformTime(stand.offset_seconds)

    @workflow.run
    async def run(self, stand: EscalationStand) -> None:
        """Runs until the case is closed and no interview remains to be recorded."""
        self._show_due()
        while self._stand.to_note or not self._stand.closed:
            await self._go_on(self._stand)
            if workflow.info().get_current_history_length() > stand.events_per_run:
                update = {"offset_seconds": self._offset}
                workflow.continue_as_new(self._stand.model_copy(update=update))

    @workflow.signal
    def stands(self, stand: EscalationStand) -> None:
        """Receives the new state of the case, or the sandbox clock's new offset, as a signal.

        A state is ignored unless its version is newer than the present one.
        """
        if stand.offset_seconds > self._offset:
            self._set_offset(stand.offset_seconds)
        if stand.version > self._stand.version:
            self._update(stand)

    async def _go_on(self, stand: EscalationStand) -> None:
        def changed() -> bool:
            return self._stand is not stand

        if stand.to_note:
            await self._execute("note_interview", stand, stand.escalation_id)
        elif stand.due_at is None:
            await workflow.wait_condition(changed)
        elif await self._time.wait_until(stand.due_at, changed):
            due = StepDue(escalation_id=stand.escalation_id, version=stand.version, step=stand.step)
            await self._execute("propose_step", stand, due)

    async def _execute(
        self, activity: str, stand: EscalationStand, argument: StepDue | str
    ) -> None:
        after = await workflow.execute_activity(
            activity,
            argument,
            result_type=EscalationStand,
            start_to_close_timeout=_ATTEMPT,
            retry_policy=UNTIL_DONE,
        )
        if after.correction is not None:
            self._set_offset(after.correction)
            await workflow.sleep(_PAUSE)  # should Temporal's own clock be ahead
        # A signal that came meanwhile may be newer than the answer.
        if self._stand is stand or after.version > self._stand.version:
            self._update(after)

    def _set_offset(self, offset_seconds: float) -> None:
        self._offset = offset_seconds
        self._time.move(offset_seconds)

    def _update(self, stand: EscalationStand) -> None:
        self._stand = stand
        self._show_due()

    def _show_due(self) -> None:
        if self._stand.due_at is not None:
            workflow.upsert_search_attributes([DUE_AT.value_set(self._stand.due_at)])
