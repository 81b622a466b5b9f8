"""The activities of the workflow of an escalation case; each may be repeated safely."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio import activity

from law.escalation import Step
from law.evidence import RecordKind
from law.periods import local_day
from plumbing.change import Changes
from plumbing.client import Refusal
from plumbing.grpc_errors import is_final
from plumbing.identity import service_caller
from plumbing.temporal import final_errors
from plumbing.told_time import correction_of
from protos.registry.v1.registry_pb2 import Record
from services.alerts.clients import Clients
from services.alerts.escalation import interviews
from services.alerts.escalation.proposing import propose
from services.alerts.escalation.timers import workflow_state
from services.alerts.escalation.workflows import EscalationStand, StepDue
from services.alerts.notices.issue import contact_of
from services.alerts.tables import Escalation, EscalationStep

SERVICE = "alerts"


class EscalationActivities:
    """The activities of an escalation workflow, with database and clients of other services."""

    def __init__(self, changes: Changes, clients: Clients) -> None:
        self._changes, self._clients = changes, clients

    def all(self) -> list[Callable[..., Any]]:
        """Returns the activities of this class, which the Temporal worker registers."""
        return [self.propose_step, self.note_interview]

    @activity.defn
    @final_errors
    async def propose_step(self, due: StepDue) -> EscalationStand:
        """Proposes the due step of an escalation case; returns the new state of the case.

        A step that is due later is not proposed.
        """
        async with self._changes.change(service_caller(SERVICE)) as change:
            case = await propose(change, due.escalation_id, due.version)
        state = self._state(case)
        if state.version == due.version and state.due_at is not None:
            state.correction = correction_of(state.due_at, self._changes.clock)
        return state

    @activity.defn
    @final_errors
    async def note_interview(self, escalation_id: str) -> EscalationStand:
        """Enters an interview's credit record in the register; returns the case's new state.

        Only an interview that was held and approved for recording is entered (R-131). A final
        refusal of the register is stored with the step, so that a person can act on it.
        """
        async with self._changes.database.snapshot() as session:
            case = await session.get_one(Escalation, escalation_id)
            step = await _interview_to_record(session, escalation_id)
            bureau = (await contact_of(session, case.bureau)).name
        if not case.to_note or step is None or step.step_id is None:
            return self._state(case)
        record_id = error = ""
        try:
            record_id = await self._clients.enter_record(
                f"{escalation_id}/{step.step_id}", _record(case, step, bureau), step.recorded_by
            )
        except Refusal as refusal:
            if not is_final(refusal.code):
                raise
            error = str(refusal)
        caller = service_caller(SERVICE, step.recorded_by)
        async with self._changes.change(caller) as change:
            case = await interviews.note_interview(
                change, escalation_id, step.step_id, record_id, error
            )
        return self._state(case)

    def _state(self, case: Escalation) -> EscalationStand:
        return workflow_state(case, self._changes.clock.offset().total_seconds())


async def _interview_to_record(session: AsyncSession, escalation_id: str) -> EscalationStep | None:
    query = select(EscalationStep).where(
        col(EscalationStep.escalation_id) == escalation_id,
        col(EscalationStep.step) == Step.INTERVIEW,
        col(EscalationStep.outcome) == interviews.HELD,
        col(EscalationStep.record_id) == "",
    )
    return (await session.exec(query.order_by(col(EscalationStep.step_id).desc()))).first()


def _record(case: Escalation, step: EscalationStep, bureau: str) -> Record:
    """The credit record of an interview: a measure, which deducts and never judges (C-07)."""
    held_on = local_day(step.meets_at).isoformat() if step.meets_at else ""
    return Record(
        subject_id=case.subject_id,
        kind=RecordKind.ADMINISTRATIVE_MEASURE,
        occurred_on=held_on,
        determined_on=held_on,
        verified=True,
        source_ref=step.number,
        provided_by=bureau,
        summary=f"行政约谈：{step.minutes}"[:1000],
    )
