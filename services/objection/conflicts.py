"""What is told to somebody whose step comes too late: what has happened to the case meanwhile."""

from __future__ import annotations

from datetime import datetime

from law.errors import WrongState
from law.objection import STATE_ZH, CaseState, Step, after, outcome_zh
from plumbing.clock import SHANGHAI
from services.objection.tables import Case


def state_after(case: Case, step: Step) -> CaseState:
    """Returns the state of a case after a step.

    Raises WrongState if the step is not permitted in the present state. Of a case that has its
    result, it names the result, the moment and the account that came first.
    """
    try:
        return after(case.state, step)
    except WrongState as error:
        if case.decided_at is None:
            raise
        raise _overtaken(case, case.decided_at, error) from error


def _overtaken(case: Case, at: datetime, error: WrongState) -> WrongState:
    moment = f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    result = outcome_zh(case.kind, case.outcome) if case.outcome else STATE_ZH[CaseState.DECLINED]
    name = case.outcome or CaseState.DECLINED
    return WrongState(
        f"{case.number}已于{moment}有结果：{result}；您的办理没有生效。{error.zh}",
        f"{case.number} has its result since {moment}: {name}; yours had no effect: {error.en}",
        cite=error.cite,
        state=error.facts["state"],
        step=error.facts["step"],
        outcome=name,
        decided_by=case.decided_by,
    )
