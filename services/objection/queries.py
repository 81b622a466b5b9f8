"""Reads: one case with its file, and cases by remaining term."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from law.errors import NotFound
from law.objection import CaseKind, CaseState
from plumbing import paging
from plumbing.identity import Caller, Role, scope_prefix
from protos.objection.v1 import objection_pb2 as pb
from services.objection import wire
from services.objection.tables import Case, CaseLetter, CaseStep

_OVER = (CaseState.CLOSED, CaseState.DECLINED, CaseState.WITHDRAWN)


async def find_case(session: AsyncSession, case_id: str, kind: CaseKind | None = None) -> Case:
    """The case, for reading. Raises NotFound, also for one of another kind than asked for."""
    case = await session.get(Case, case_id)
    if case is None or kind not in (None, case.kind):
        raise NotFound("没有这个案件", "There is no such case", case=case_id)
    return case


async def get_case(
    session: AsyncSession, caller: Caller, request: pb.GetCaseRequest, today: date
) -> pb.GetCaseResponse:
    """A case with its steps and letters. Raises NotFound, or NotPermitted out of scope."""
    case = await find_case(session, request.case_id)
    caller.require_subject(case.subject_id, case.bureau)
    steps = select(CaseStep).where(col(CaseStep.case_id) == case.case_id)
    letters = select(CaseLetter).where(col(CaseLetter.case_id) == case.case_id)
    in_order = (col(CaseLetter.issued_at), col(CaseLetter.title))
    return pb.GetCaseResponse(
        case=wire.case_message(case, today),
        steps=map(wire.step_message, await session.exec(steps.order_by(col(CaseStep.seq)))),
        letters=map(wire.letter_message, await session.exec(letters.order_by(*in_order))),
    )


async def list_cases(
    session: AsyncSession, caller: Caller, request: pb.ListCasesRequest, today: date
) -> pb.ListCasesResponse:
    """Cases in the caller's scope, the least remaining term first, those without one last."""
    due_on, case_id = col(Case.due_on), col(Case.case_id)
    wanted = _wanted(caller, request).order_by(due_on, case_id)
    if key := paging.after(request, paging.day, paging.text):
        day, last = key
        wanted = wanted.where(sa.or_(due_on > day, sa.and_(due_on == day, case_id > last)))
    rows = (await session.exec(wanted.limit(paging.page_size(request) + 1))).all()
    page, token = paging.cut(request, rows, _key)
    cases = [wire.case_message(case, today) for case in page]
    return pb.ListCasesResponse(cases=cases, next_page_token=token)


def _wanted(caller: Caller, request: pb.ListCasesRequest) -> SelectOfScalar[Case]:
    wanted = _in_scope(select(Case), caller)
    if request.bureau:
        wanted = wanted.where(col(Case.bureau) == request.bureau)
    if request.subject_id:
        wanted = wanted.where(col(Case.subject_id) == request.subject_id)
    if request.kind:
        wanted = wanted.where(col(Case.kind) == CaseKind(request.kind))
    if not request.include_closed:
        wanted = wanted.where(col(Case.state).not_in(_OVER))
    return wanted


def _in_scope(wanted: SelectOfScalar[Case], caller: Caller) -> SelectOfScalar[Case]:
    if caller.is_service:
        return wanted
    if caller.has(Role.OPERATOR):
        return wanted.where(col(Case.subject_id) == caller.subject_id)
    if not caller.bureau:
        return wanted.where(sa.false())
    prefix = scope_prefix(caller.bureau)
    return wanted.where(col(Case.bureau).startswith(prefix, autoescape=True))


def _key(case: Case) -> list[Any]:
    return [case.due_on.isoformat(), case.case_id]
