"""The filters of the list of cases, as conditions of SQL."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from law.errors import Fault, InvalidInput
from law.objection import CaseState
from plumbing import row_scope, validation
from plumbing.clock import midnight
from plumbing.database import local_day, unindexed
from plumbing.identity import Caller
from plumbing.view import View
from protos.objection.v1 import objection_pb2 as pb
from services.objection.case_indexes import (
    AWAITS_ACCEPTANCE,
    HAS_AGENT,
    HAS_OUTCOME,
    IS_OPEN,
    MANDATE_TO_CHECK,
    UNASSIGNED,
)
from services.objection.tables import Case

WAITING = (
    CaseState.LODGED,
    CaseState.SUPPLEMENT_REQUESTED,
    CaseState.ACCEPTED,
    CaseState.EXTENSION_REQUESTED,
)


# By what the cases are filtered in which the caller is the agent.
_OF_AGENTS = {"as_agent", "kind", "state", "include_closed", "page_size", "page_token"}


def conditions(view: View, request: pb.ListCasesRequest, named: Collection[str]) -> Iterator[Any]:
    """Yields the conditions for the cases that a caller may see and asks for.

    `named` has the subjects that `request.name_contains` is about. Raises InvalidInput for a day
    that there is not.
    """
    if request.as_agent:
        _require_open_filters(request)
    yield _seen(view, request)
    if request.bureau:
        yield row_scope.of_bureau(request.bureau, Case.bureau)
    for name in ("subject_id", "kind", "state", "caseworker", "sector"):
        if value := getattr(request, name):
            yield col(getattr(Case, name)) == value
    # Conditions in text are those of the indexes, word for word.
    decided = request.decided_from or request.decided_to
    if not (request.include_closed or request.state or decided):
        yield sa.text(IS_OPEN)
    yield from _people(view.caller, request)
    yield from _subjects(request, named)
    yield from _due(request)
    yield from _lodged(request)
    yield from _decided(request)


def _require_open_filters(request: pb.ListCasesRequest) -> None:
    """Raises InvalidInput for a filter by what an agent is not shown before the check."""
    asked = [field.name for field, _ in request.ListFields() if field.name not in _OF_AGENTS]
    zh, en = (
        "代理的案件只能按类别和状态筛选",
        "does not filter the cases in which you are the agent",
    )
    if faults := [Fault(name, zh, en) for name in asked]:
        raise InvalidInput(faults=faults)


def _seen(view: View, request: pb.ListCasesRequest) -> Any:
    """The cases in the caller's scope, or instead those in which it is the agent."""
    if not request.as_agent:
        return row_scope.seen(view.caller, Case.subject_id, Case.bureau)
    own = col(Case.agent_subject_id) == view.caller.subject_id
    return sa.and_(sa.text(HAS_AGENT), own, col(Case.agent_until) >= view.today)


def _people(caller: Caller, request: pb.ListCasesRequest) -> Iterator[Any]:
    if request.mine:
        yield col(Case.caseworker) == caller.account_id
    if request.caseworkers:
        yield col(Case.caseworker).in_(request.caseworkers)
    if request.unassigned:
        yield sa.text(UNASSIGNED)
    if request.mandate_to_check:
        yield sa.text(MANDATE_TO_CHECK)


def _subjects(request: pb.ListCasesRequest, named: Collection[str]) -> Iterator[Any]:
    if request.subject_ids:
        yield col(Case.subject_id).in_(request.subject_ids)
    if request.name_contains.strip():
        yield col(Case.subject_id).in_(named)


def _due(request: pb.ListCasesRequest) -> Iterator[Any]:
    if request.due_from or request.due_to:
        yield waiting()
    yield from _between(Case.due_on, request, "due_from", "due_to")
    if request.accept_from or request.accept_to:
        yield sa.text(AWAITS_ACCEPTANCE)
    yield from _between(Case.accept_by, request, "accept_from", "accept_to")


def _between(column: Any, request: pb.ListCasesRequest, first: str, last: str) -> Iterator[Any]:
    if day := validation.day(getattr(request, first), first):
        yield col(column) >= day
    if day := validation.day(getattr(request, last), last):
        yield col(column) <= day


def _lodged(request: pb.ListCasesRequest) -> Iterator[Any]:
    if lodged_from := validation.day(request.lodged_from, "lodged_from"):
        yield col(Case.lodged_at) >= midnight(lodged_from)
    if lodged_to := validation.day(request.lodged_to, "lodged_to"):
        yield col(Case.lodged_at) < midnight(lodged_to + timedelta(days=1))


def _decided(request: pb.ListCasesRequest) -> Iterator[Any]:
    if decided_from := validation.day(request.decided_from, "decided_from"):
        yield decided_since(decided_from)
    if decided_to := validation.day(request.decided_to, "decided_to"):
        end = midnight(decided_to + timedelta(days=1))
        yield sa.and_(sa.text(HAS_OUTCOME), col(Case.decided_at) < end)
    if request.late:
        yield sa.and_(sa.text(HAS_OUTCOME), sa.not_(in_time()))


def waiting() -> sa.ColumnElement[bool]:
    """Returns the condition for cases in which a person must act next."""
    return unindexed(Case.state).in_(WAITING)


def decided_since(day: date) -> sa.ColumnElement[bool]:
    """Returns the condition for cases with a decision on a day or later."""
    # The text of the index, word for word.
    return sa.and_(sa.text(HAS_OUTCOME), col(Case.decided_at) >= midnight(day))


def in_time() -> sa.ColumnElement[bool]:
    """Returns the condition for cases decided by the last day of their term."""
    return local_day(Case.decided_at) <= col(Case.due_on)
