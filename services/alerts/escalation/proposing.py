"""Proposes the due step of an escalation case to a person, or holds it (S4 四(二), 二(三))."""

from __future__ import annotations

from datetime import date

from plumbing.change import Change
from services.alerts.escalation.filing import save, snapshot
from services.alerts.escalation.holding import hold, waits
from services.alerts.escalation.steps import ground_of, locked, undecided
from services.alerts.tables import Escalation, EscalationState, EscalationStep, StepState


async def propose(change: Change, escalation_id: str, version: int) -> Escalation:
    """Proposes the due step of an escalation case; returns the case.

    Changes nothing if the version of the case is not `version`, or the case is not waiting, or its
    step is due later than today. A case that waits for an order or an objection is held. Raises
    NotFound if no such case exists.
    """
    case = await locked(change, escalation_id)
    if case.version != version or not _step_is_due(case, change.today):
        return case
    if ground := await waits(change.session, case):
        await hold(change, case, ground)
        return case
    step = await undecided(change, case) or EscalationStep(
        escalation_id=case.escalation_id,
        step=case.step,
        state=StepState.PROPOSED,
        proposed_at=change.at,
    )
    step.state, step.told = StepState.PROPOSED, False
    change.session.add(step)
    before = snapshot(case)
    case.state, case.waits_from, case.due_on = EscalationState.PROPOSED, None, None
    await save(change, case, "propose_step", before, ground_of(change, case, case.step))
    return case


def _step_is_due(case: Escalation, today: date) -> bool:
    waits = case.state is EscalationState.WAITING
    return waits and case.due_on is not None and case.due_on <= today
