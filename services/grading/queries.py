"""What grading answers; whatever is out of the caller's scope is not there for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import NotFound, NotPermitted
from law.evidence import SubjectKind
from plumbing import paging, validation
from plumbing.identity import Caller, Role, scope_prefix
from protos.grading.v1 import grading_pb2 as pb
from services.grading.tables import Grade, Receipt, Record, Subject

CURRENT = (col(Grade.known_to).is_(None), col(Grade.in_force_to).is_(None))
_NEWEST: tuple[Any, ...] = (
    col(Grade.known_from),
    col(Grade.in_force_from),
    col(Grade.grade_id),
)
T = TypeVar("T")


async def grade(
    session: AsyncSession, caller: Caller, request: pb.GetGradeRequest, today: date
) -> Grade:
    """The grade of a subject in force on a day, as known at a moment.

    The public sees present grades alone: what was repaired must not come back by asking for
    the past (C-03).
    """
    subject = await _subject(session, caller, request.subject_id)
    past = bool(request.on) or request.HasField("known_at")
    if past and not caller.sees(subject.subject_id, subject.bureau):
        raise NotPermitted(
            "公众只能查看当前等级", "The public may see the grade now in force, no other"
        )
    wanted = select(Grade).where(
        col(Grade.subject_id) == subject.subject_id,
        *_in_force(validation.day(request.on, "on") or today),
        *_known(request.known_at.ToDatetime(UTC) if request.HasField("known_at") else None),
    )
    return _found((await session.exec(wanted)).first(), "该日没有等级", "No grade on that day")


async def current(session: AsyncSession, subject_id: str) -> Grade | None:
    """The grade of a subject known and in force from now on."""
    return (
        await session.exec(select(Grade).where(col(Grade.subject_id) == subject_id, *CURRENT))
    ).first()


async def grades(
    session: AsyncSession, caller: Caller, request: pb.ListGradesRequest
) -> tuple[Sequence[Grade], str]:
    """Every statement about a subject, the newest first, and the token of the next page."""
    subject = await _subject(session, caller, request.subject_id)
    wanted = select(Grade).where(col(Grade.subject_id) == subject.subject_id)
    if key := paging.after(request, paging.moment, paging.day, paging.text):
        wanted = wanted.where(sa.tuple_(*_NEWEST) < _read_key(key))
    in_order = wanted.order_by(*(one.desc() for one in _NEWEST))
    rows = (await session.exec(in_order.limit(paging.page_size(request) + 1))).all()
    return paging.cut(request, rows, _key)


async def receipt(session: AsyncSession, caller: Caller, receipt_id: str) -> dict[str, Any]:
    """A receipt as it was written."""
    row = await session.get(Receipt, receipt_id)
    said = _found(row, "未找到该评价凭据", "There is no such receipt")
    await _subject(session, caller, said.subject_id)
    return said.document


async def summary(
    session: AsyncSession, caller: Caller, bureau: str
) -> list[tuple[str, str | None, int]]:
    """How many subjects have which grade under which text, in the caller's scope."""
    if bureau:
        caller.require_bureau(bureau)
    counted = (
        select(Grade.ruleset_id, Grade.grade, sa.func.count())
        .join(Subject, col(Subject.subject_id) == col(Grade.subject_id))
        .where(*CURRENT, col(Subject.removed).is_(False), *_within(caller, bureau))
        .group_by(col(Grade.ruleset_id), col(Grade.grade))
        .order_by(col(Grade.ruleset_id), col(Grade.grade))
    )
    return [(text, letter, count) for text, letter, count in (await session.exec(counted)).all()]


async def record_graded(
    session: AsyncSession, caller: Caller, request: pb.GetRecordGradedRequest
) -> Grade | None:
    """The current grade of a record's subject, once that version of the record is in it."""
    record = await session.get(Record, request.record_id)
    if record is None or record.version < request.version:
        return None
    await _subject(session, caller, record.subject_id)
    return await current(session, record.subject_id)


async def _subject(session: AsyncSession, caller: Caller, subject_id: str) -> Subject:
    row = await session.get(Subject, subject_id)
    if row is None or not row.version or not _sees(caller, row):
        raise NotFound("未找到该主体", "There is no such subject")
    return row


def _sees(caller: Caller, subject: Subject) -> bool:
    if caller.sees(subject.subject_id, subject.bureau):
        return True
    # What registry lists openly: neither a person nor an owner in doubt.
    hidden = subject.removed or subject.in_review or subject.kind is SubjectKind.NATURAL_PERSON
    return caller.has(Role.PUBLIC) and not hidden


def _within(caller: Caller, bureau: str) -> list[sa.ColumnElement[bool]]:
    if caller.is_service and not bureau:
        return []
    scope = bureau or caller.bureau
    if not scope:
        return [sa.false()]
    return [col(Subject.bureau).startswith(scope_prefix(scope), autoescape=True)]


def _in_force(on: date) -> tuple[sa.ColumnElement[bool], ...]:
    until = col(Grade.in_force_to)
    return col(Grade.in_force_from) <= on, sa.or_(until.is_(None), until > on)


def _known(at: datetime | None) -> tuple[sa.ColumnElement[bool], ...]:
    until = col(Grade.known_to)
    if at is None:
        return (until.is_(None),)
    return col(Grade.known_from) <= at, sa.or_(until.is_(None), until > at)


def _key(row: Grade) -> list[str]:
    return [row.known_from.isoformat(), row.in_force_from.isoformat(), row.grade_id]


def _read_key(key: Sequence[Any]) -> sa.Tuple:
    typed = zip(key, _NEWEST, strict=True)
    return sa.tuple_(*(sa.literal(value, column.type) for value, column in typed))


def _found(row: T | None, zh: str, en: str) -> T:
    if row is None:
        raise NotFound(zh, en)
    return row
