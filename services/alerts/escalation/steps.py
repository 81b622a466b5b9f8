"""The case and the step that a person acts on, and how a case goes on after a step."""

from __future__ import annotations

from datetime import date

from sqlmodel import col, select

from law.courses import following, rung_of
from law.errors import Fault, InvalidInput, NotFound, WrongState
from law.escalation import Rung, Step, as_own, due_on, review_on
from law.evidence import SubjectKind
from law.terms.workdays import edition, nth_working_day
from plumbing import validation
from plumbing.change import Change
from plumbing.short_ids import find_by_id
from services.alerts.escalation.closing import UNDECIDED
from services.alerts.ladders.own import own_figures
from services.alerts.tables import Escalation, EscalationState, EscalationStep, StepState, Subject


async def locked(change: Change, escalation_id: str) -> Escalation:
    """Returns an escalation case, locked until the change commits.

    Raises NotFound if no such case exists.
    """
    case = await find_by_id(change.session, Escalation, escalation_id, lock=True)
    if case is None:
        raise NotFound("没有这个督促案件", "There is no such case", escalation=escalation_id)
    return case


async def of_bureau(change: Change, escalation_id: str) -> Escalation:
    """Returns a case, locked; raises NotPermitted for a caller of another bureau."""
    case = await locked(change, escalation_id)
    change.caller.require_bureau(case.bureau)
    return case


async def proposed_step(change: Change, case: Escalation, step: str) -> EscalationStep:
    """Returns the step of a case that waits for a decision; raises WrongState for another."""
    proposed = await undecided(change, case) if case.step == step else None
    if proposed is None:
        raise WrongState(
            "该步骤没有待批准的提议", "That step is not proposed", state=case.state, step=case.step
        )
    return proposed


async def undecided(change: Change, case: Escalation) -> EscalationStep | None:
    """Returns the step of a case that waits for a decision, if one does."""
    return await latest_step(change, case, UNDECIDED)


async def latest_step(
    change: Change, case: Escalation, states: tuple[StepState, ...]
) -> EscalationStep | None:
    """Returns the present step of a case if it is in one of these states."""
    query = select(EscalationStep).where(
        col(EscalationStep.escalation_id) == case.escalation_id,
        col(EscalationStep.step) == case.step,
        col(EscalationStep.state).in_(states),
    )
    return (await change.session.exec(query)).first()


async def subject_of(change: Change, case: Escalation) -> Subject:
    """Returns the subject of a case; raises WrongState if it is not known here yet."""
    subject = await change.session.get(Subject, case.subject_id)
    if subject is None:
        raise WrongState("该主体的登记信息尚未到达", "The subject is not known here yet")
    return subject


def require_watched(subject: Subject) -> None:
    """Raises WrongState for a subject in review, removed or deregistered: nothing is sent to it."""
    if subject.unwatched:
        zh = "该主体尚在核对、已删除或者已注销，不能督促"
        en = "The subject is in review, removed or deregistered"
        raise WrongState(zh, en, cite="S4 一(四)")


async def advance(change: Change, case: Escalation, kind: SubjectKind) -> None:
    """Makes the case wait for the next step, or marks its steps as exhausted."""
    found = following(case.course, case.step, kind, change.today)
    if found is None:
        case.state, case.waits_from, case.due_on = EscalationState.EXHAUSTED, None, None
        return
    await wait_for(change, case, found)


async def wait_for(change: Change, case: Escalation, step: Rung) -> None:
    """Makes the case wait for a step, from today."""
    own = await own_figures(change.session, case.bureau, change.today)
    after = as_own(step, own)
    case.state, case.step, case.waits_from = EscalationState.WAITING, after.step, change.today
    case.own_days = after.days if own else None
    case.due_on = due_on(after, change.today, edition()).date


async def put_off(change: Change, case: Escalation, step: EscalationStep, requested: str) -> None:
    """Has the step proposed again on the requested day of review, or on the usual one."""
    step.decided_at, step.decided_by = change.at, change.on_behalf_of
    day = validation.day(requested, "review_on")
    own = await own_figures(change.session, case.bureau, change.today)
    step.review_on = review_on(day, change.today, edition(), own)
    case.state, case.waits_from, case.due_on = EscalationState.WAITING, None, step.review_on


def wait_until(case: Escalation, day: date | None) -> None:
    """Puts off the next step until a last day is over, unless it is due later anyway."""
    if day is not None and case.due_on is not None and case.due_on <= day:
        case.waits_from, case.due_on = None, nth_working_day(day, 1, edition()).date


def stripped(field: str, text: str) -> str:
    """Returns a text without blanks around it; raises InvalidInput if nothing is left."""
    if not text.strip():
        raise InvalidInput(faults=[Fault(field, "须写明", "must say something")])
    return text.strip()


def ground_of(change: Change, case: Escalation, step: Step) -> str:
    """Returns the article of a step of a case, as in force today."""
    return rung_of(case.course, step, change.today).cite
