"""One workflow per case, `escalation/<subject>/<episode>`: it waits and proposes, never decides.

The schedule comes in with the start and by signal; nothing here reads the law (D-05). The truth is
the case: a workflow that is lost is started again from there and goes on (D-04).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from pydantic import BaseModel

    from plumbing.temporal import DUE_AT, UNTIL_DONE
    from plumbing.workflow_time import PlatformTime

_ATTEMPT = timedelta(seconds=30)


class EscalationStand(BaseModel):
    """How a case stands, and all a workflow needs to go on with it.

    `due_at` is the moment at which `step` is proposed; None while somebody else is to act.
    `to_note` while the register has yet to note an interview, also of a case that is closed.
    """

    escalation_id: str
    version: int
    offset_seconds: float  # how far the platform's time runs ahead of the machine's
    step: str = ""
    due_at: datetime | None = None
    to_note: bool = False
    closed: bool = False
    events_per_run: int = 2000  # a longer history goes on as a new run


class StepDue(BaseModel):
    """A step whose moment has come, for the case of that version."""

    escalation_id: str
    version: int
    step: str


@workflow.defn(name="Escalation")
class EscalationWorkflow:
    """Waits until the next step is due and has it proposed, until the case is closed."""

    @workflow.init
    def __init__(self, stand: EscalationStand) -> None:
        self._stand = stand
        self._offset = stand.offset_seconds
        self._time = PlatformTime(stand.offset_seconds)

    @workflow.run
    async def run(self, stand: EscalationStand) -> None:
        """Ends when the case is closed and nothing of it is left to note."""
        self._show_due()
        while self._stand.to_note or not self._stand.closed:
            await self._go_on(self._stand)
            if workflow.info().get_current_history_length() > stand.events_per_run:
                update = {"offset_seconds": self._offset}
                workflow.continue_as_new(self._stand.model_copy(update=update))

    @workflow.signal
    def stands(self, stand: EscalationStand) -> None:
        """The case stands otherwise, or the sandbox's clock was moved."""
        if stand.offset_seconds > self._offset:
            self._offset = stand.offset_seconds
            self._time.move(stand.offset_seconds)
        if stand.version > self._stand.version:
            self._learn(stand)

    async def _go_on(self, stand: EscalationStand) -> None:
        def changed() -> bool:
            return self._stand is not stand

        if stand.to_note:
            await self._do("note_interview", stand, stand.escalation_id)
        elif stand.due_at is None:
            await workflow.wait_condition(changed)
        elif await self._time.wait_until(stand.due_at, changed):
            due = StepDue(escalation_id=stand.escalation_id, version=stand.version, step=stand.step)
            await self._do("propose_step", stand, due)

    async def _do(self, what: str, stand: EscalationStand, told: StepDue | str) -> None:
        after = await workflow.execute_activity(
            what,
            told,
            result_type=EscalationStand,
            start_to_close_timeout=_ATTEMPT,
            retry_policy=UNTIL_DONE,
        )
        # What was signalled meanwhile may be newer; otherwise the case is what it is now.
        if self._stand is stand or after.version > self._stand.version:
            self._learn(after)

    def _learn(self, stand: EscalationStand) -> None:
        self._stand = stand
        self._show_due()

    def _show_due(self) -> None:
        if self._stand.due_at is not None:
            workflow.upsert_search_attributes([DUE_AT.value_set(self._stand.due_at)])
