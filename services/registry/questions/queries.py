"""Queries on what imports leave to decide, within the caller's scope."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.colours.rule import InstrumentState, VerificationResult
from law.errors import NotFound
from law.evidence import RecordStatus
from plumbing import paging, row_scope
from plumbing.change import Change
from plumbing.short_ids import find_by_id
from plumbing.view import View
from protos.registry.v1 import questions_pb2 as pb
from services.registry import lookup
from services.registry.questions import wire
from services.registry.questions.asking import WAITING
from services.registry.questions.tables import Asked, Question
from services.registry.tables import Instrument, Record, Verification


async def find(by: Change | View, given: str, *, lock: bool = False) -> Question:
    """Returns a question by its id or the beginning of its id; `lock` locks it for a change.

    Raises NotFound if there is none, and NotPermitted outside the caller's scope.
    """
    scope = row_scope.covered(by.caller, Question.bureau)
    row = await find_by_id(by.session, Question, given, scope, lock=lock)
    if row is None:
        raise NotFound("没有这一项待决定事项", "There is no such question", question_id=given)
    by.caller.require_bureau(row.bureau)
    return row


async def list_questions(view: View, request: pb.ListQuestionsRequest) -> pb.ListQuestionsResponse:
    """Returns a page of what is or was to be decided, the oldest first.

    What has settled itself, because the instrument passed or is no longer in use, is left out, and
    so is an instrument as long as its owner is in review.
    """
    scope = row_scope.covered(view.caller, Question.bureau)
    rows = select(Question).where(scope, _matters())
    if request.state:
        rows = rows.where(Question.state == request.state)
    if request.kind:
        rows = rows.where(col(Question.kind) == request.kind)
    if request.now:
        rows = rows.where(col(Question.kind) != Asked.NOT_FINAL)
    if request.subject_id:
        rows = rows.where(Question.subject_id == await lookup.subject_id(view, request.subject_id))
    if request.batch_id:
        rows = rows.where(Question.batch_id == request.batch_id)
    order = Question.opened_at, Question.question_id
    page, token = await paging.page(view.session, request, rows, *order)
    count = await paging.count(view.session, request, rows, token)
    messages = await wire.questions(view.session, page)
    return pb.ListQuestionsResponse(questions=messages, next_page_token=token, **count)


async def get_question(view: View, request: pb.GetQuestionRequest) -> pb.GetQuestionResponse:
    """Returns one question.

    Raises NotFound if there is none, and NotPermitted outside the caller's scope.
    """
    row = await find(view, request.question_id)
    return pb.GetQuestionResponse(question=await wire.question(view.session, row))


async def waits(session: AsyncSession, row: Question) -> bool:
    """Returns whether a question is still to be decided."""
    still = select(Question.question_id).where(
        Question.question_id == row.question_id, Question.state == WAITING, _matters()
    )
    return (await session.exec(still)).first() is not None


def waiting() -> sa.Select[Any]:
    """Returns the query for the number of questions that wait.

    Without penalties that are not final, which nobody can hasten.
    """
    rows = sa.select(sa.func.count()).select_from(Question)
    now = col(Question.kind) != Asked.NOT_FINAL
    return rows.where(col(Question.state) == WAITING, now, _matters())


def _matters() -> sa.ColumnElement[bool]:
    """The condition that a question is decided, or that there still is something to decide."""
    used = sa.exists().where(
        col(Instrument.instrument_id) == Question.instrument_id,
        col(Instrument.state) == InstrumentState.IN_USE,
        sa.not_(sa.or_(col(Instrument.removed), col(Instrument.in_review))),
    )
    passed = sa.exists().where(
        col(Verification.instrument_id) == Question.instrument_id,
        col(Verification.result) == VerificationResult.PASS,
        sa.not_(col(Verification.removed)),
    )
    open_still = sa.exists().where(
        col(Record.record_id) == Question.record_id,
        col(Record.status) == RecordStatus.ACTIVE,
        sa.not_(sa.or_(col(Record.removed), col(Record.final))),
    )
    return sa.or_(
        col(Question.kind).not_in((Asked.REJECTED_ALONE, Asked.NOT_FINAL)),
        col(Question.state) != WAITING,
        sa.and_(col(Question.kind) == Asked.REJECTED_ALONE, used, sa.not_(passed)),
        sa.and_(col(Question.kind) == Asked.NOT_FINAL, open_still),
    )
