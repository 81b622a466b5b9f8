"""The metrics of objection: open cases, terms by their end, and cases that wait for a person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa
from sqlmodel import col

from law.objection import CaseKind, CaseState
from law.terms.workdays import edition, nth_working_day
from plumbing.clock import Clock
from plumbing.database import Database
from plumbing.metrics.common import AWAITING_PERSON
from plumbing.metrics.figures import Look, Reading, ask, figure
from services.objection.steps import UNDECIDED
from services.objection.tables import NO_TERM, UNTRIED, Case, StuckStep

KINDS = tuple(CaseKind)
# A case that was decided, declined or withdrawn counts until nothing more follows from it.
_STATES = tuple(state.value for state in CaseState)
# What the bureau must do in each state.
_AWAITING = {
    CaseState.LODGED: "case_lodged",
    CaseState.ACCEPTED: "case_accepted",
    CaseState.EXTENSION_REQUESTED: "extension_requested",
}
_UNSETTLED = col(Case.settled_at).is_(None)
OVERDUE = "overdue"
WITHIN = {"within_1": 1, "within_5": 5}  # working days after today

CASES = figure(
    "cases_open",
    "未了结的案件，按种类与状态",
    "cases not yet settled, by kind and state",
    "kind",
    "state",
)
TERMS = figure(
    "terms_due",
    "办理期限：overdue 已逾期；within_1、within_5 在其后第 1、5 个工作日前届满（不含逾期）",
    "running terms: overdue, or else ending today or by the 1st or 5th working day after it",
    "kind",
    "window",
)
CASES_STUCK = figure(
    "cases_stuck",
    "后续事项被拒绝、须人工处理的案件",
    "cases of which an activity was refused for good",
    "kind",
)


_COUNTED = (
    sa.select(col(Case.kind), col(Case.state), sa.func.count())
    .where(_UNSETTLED)
    .group_by(col(Case.kind), col(Case.state))
)
_ENDING = (
    sa.select(col(Case.kind), col(Case.due_on), sa.func.count())
    .where(_UNSETTLED, col(Case.state).in_(UNDECIDED))
    .where(col(Case.due_on) != NO_TERM)
    .group_by(col(Case.kind), col(Case.due_on))
)
_REFUSED = (
    sa.select(col(Case.kind), sa.func.count(sa.distinct(col(Case.case_id))))
    .join(StuckStep, col(Case.case_id) == col(StuckStep.case_id))
    .where(_UNSETTLED, sa.text(UNTRIED))
    .group_by(col(Case.kind))
)


def looks(database: Database, clock: Clock) -> list[Look]:
    """Returns the database queries of the metrics; each reads only cases that are not settled."""

    async def cases() -> list[Reading]:
        counted, ending, refused = await ask(database, _COUNTED, _ENDING, _REFUSED)
        stuck, today = dict(refused), clock.today()
        readings: list[Reading] = []
        for kind in KINDS:
            states = {
                state.value: count for case_kind, state, count in counted if case_kind is kind
            }
            due = [(day, n) for case_kind, day, n in ending if case_kind is kind]
            readings += [
                *CASES.under((kind.value,), states, _STATES),
                *TERMS.under((kind.value,), windows(due, today)),
                CASES_STUCK.at(stuck.get(kind, 0), kind.value),
            ]
        return [*readings, *_waiting(counted)]

    return [Look("cases", cases)]


def _waiting(counted: Sequence[tuple[CaseKind, CaseState, int]]) -> list[Reading]:
    """The cases in which the bureau must act, by what it must do."""
    counts = {
        what: sum(count for _, case_state, count in counted if case_state is state)
        for state, what in _AWAITING.items()
    }
    return AWAITING_PERSON.of(counts)


def windows(due: Sequence[tuple[date, int]], today: date) -> dict[str, int]:
    """Counts overdue terms, and terms that end within 1 or 5 working days after `today` (D-07).

    `due` contains pairs: the last day of running terms, and the number of terms that end on that
    day. Overdue terms are not counted again.
    """
    counts = {OVERDUE: sum(n for day, n in due if day < today)}
    for window, days in WITHIN.items():
        last = nth_working_day(today, days, edition()).date
        counts[window] = sum(n for day, n in due if today <= day <= last)
    return counts
