"""Queries on grades and receipts; a subject outside the caller's scope is reported as not found."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law import grading
from law.errors import NotFound, NotPermitted
from law.evidence import SubjectKind
from law.grading.wording_receipt import explain
from plumbing import paging, row_scope, validation
from plumbing.identity import Caller, Role
from plumbing.short_ids import find_by_id
from plumbing.view import View
from protos.grading.v1 import grading_pb2 as pb
from services.grading import public_grades, wire, wording
from services.grading.assessment import digest_of
from services.grading.receipts import storing
from services.grading.tables import Grade, Receipt, Record, Subject

CURRENT = (col(Grade.known_to).is_(None), col(Grade.in_force_to).is_(None))


async def get_grade(view: View, request: pb.GetGradeRequest) -> pb.GetGradeResponse:
    """Returns the grade of a subject that is in force on a day, as it was known at a moment.

    The day is today and the moment is now unless the request names others. Raises NotFound for a
    day without a grade and for a subject that is unknown or outside the caller's scope. Raises
    NotPermitted when the public requests the past, because a repaired record must not show again
    (C-03).
    """
    subject = await _subject(view, request.subject_id)
    past = bool(request.on) or request.HasField("known_at")
    if past and not view.caller.sees(subject.subject_id, subject.bureau):
        raise NotPermitted(
            "公众只能查看当前等级", "The public may see the grade now in force, no other"
        )
    in_force = select(Grade).where(
        col(Grade.subject_id) == subject.subject_id,
        *_in_force(validation.day(request.on, "on") or view.today),
        *_known(request.known_at.ToDatetime(UTC) if request.HasField("known_at") else None),
    )
    row = (await view.session.exec(in_force)).first()
    if row is None:
        raise NotFound("该日没有等级", "No grade on that day")
    [shown] = await _shown(view, [row])
    return pb.GetGradeResponse(grade=shown)


async def _shown(view: View, rows: Sequence[Grade], *, as_public: bool = False) -> list[pb.Grade]:
    """The grades as the caller may see them: to the public, as released records alone have them."""
    if not (as_public or view.caller.has(Role.PUBLIC)):
        return [wire.grade(row) for row in rows]
    return await public_grades.shown(view.session, rows)


async def current(session: AsyncSession, subject_id: str) -> Grade | None:
    """Returns a subject's present grade: known now and without an end; None if there is none."""
    return (
        await session.exec(select(Grade).where(col(Grade.subject_id) == subject_id, *CURRENT))
    ).first()


async def list_grades_in_force(
    view: View, request: pb.ListGradesInForceRequest
) -> pb.ListGradesInForceResponse:
    """Returns the grades of several subjects that are in force today, by subject.

    Subjects without a grade, and those that the caller may not see, are left out.
    """
    asked = col(Subject.subject_id).in_(request.subject_ids)
    subjects = await view.session.exec(select(Subject).where(asked))
    seen = [row.subject_id for row in subjects if row.version and _sees(view.caller, row)]
    in_force = select(Grade).where(
        col(Grade.subject_id).in_(seen), *_in_force(view.today), *_known(None)
    )
    rows = (await view.session.exec(in_force.order_by(col(Grade.subject_id)))).all()
    shown = await _shown(view, rows, as_public=request.as_public)
    return pb.ListGradesInForceResponse(grades=shown)


async def list_grades(view: View, request: pb.ListGradesRequest) -> pb.ListGradesResponse:
    """Returns a page of the grade statements about a subject, past and present, newest first."""
    subject = await _subject(view, request.subject_id)
    rows = select(Grade).where(col(Grade.subject_id) == subject.subject_id)
    order = (Grade.known_from, Grade.in_force_from, Grade.grade_id)
    page, token = await paging.page(view.session, request, rows, *order, newest_first=True)
    count = await paging.count(view.session, request, rows, token)
    return pb.ListGradesResponse(grades=map(wire.grade, page), next_page_token=token, **count)


async def get_receipt(view: View, request: pb.GetReceiptRequest) -> pb.GetReceiptResponse:
    """Returns a receipt as it was stored, with explanations in Chinese and English."""
    text = await _receipt(view, request.receipt_id)
    receipt = grading.Receipt.from_json(json.loads(text))
    return pb.GetReceiptResponse(
        receipt_json=text,
        explanation_zh=explain(receipt, "zh", wording.names(receipt.inputs, "zh")),
        explanation_en=explain(receipt, "en", wording.names(receipt.inputs, "en")),
    )


async def get_receipt_digests(
    view: View, request: pb.GetReceiptDigestsRequest
) -> pb.GetReceiptDigestsResponse:
    """Returns the digest of each receipt that exists, computed from its content as it is now.

    A receipt of which a part is missing is left out.
    """
    wanted = select(Receipt).where(col(Receipt.receipt_id).in_(request.receipt_ids))
    rows = (await view.session.exec(wanted)).all()
    return pb.GetReceiptDigestsResponse(
        digests={
            receipt_id: digest_of(json.loads(text))
            for receipt_id, text in (await storing.texts(view.session, rows)).items()
        }
    )


async def verify_receipt(view: View, request: pb.VerifyReceiptRequest) -> pb.VerifyReceiptResponse:
    """Grades a receipt's inputs again and lists how the new receipt differs from the stored one."""
    document = json.loads(await _receipt(view, request.receipt_id))
    return pb.VerifyReceiptResponse(differences=grading.verify_document(document))


async def _receipt(view: View, receipt_id: str) -> str:
    row = await find_by_id(view.session, Receipt, receipt_id)
    if row is None:
        raise NotFound("未找到该评价凭据", "There is no such receipt")
    await _subject(view, row.subject_id)
    return (await storing.texts(view.session, [row]))[row.receipt_id]


async def summarise_grades(
    view: View, request: pb.SummariseGradesRequest
) -> pb.SummariseGradesResponse:
    """Counts the subjects in the caller's scope by ruleset and grade, on a day or from now on.

    Grades of a past day are those that are known now. `since` also counts how they moved. Subjects
    that are deregistered on the day are counted apart.

    Raises NotPermitted if the requested bureau is outside the caller's scope.
    """
    in_scope = row_scope.covered(view.caller, Subject.bureau)
    if request.bureau:
        view.caller.require_bureau(request.bureau)
        in_scope = row_scope.within(request.bureau, Subject.bureau)
    on, since = (validation.day(getattr(request, name), name) for name in ("on", "since"))
    then = (*_in_force(on), *_known(None)) if on else CURRENT
    ended = col(Subject.deregistered_on) <= (on or view.today)
    on_file = (col(Subject.removed).is_(False), in_scope)
    seen = (*on_file, sa.func.coalesce(ended, sa.false()).is_(False))
    counted = (
        select(Grade.ruleset_id, Grade.grade, sa.func.count())
        .join(Subject, col(Subject.subject_id) == col(Grade.subject_id))
        .where(*then, *seen)
        .group_by(col(Grade.ruleset_id), col(Grade.grade))
        .order_by(col(Grade.ruleset_id), col(Grade.grade))
    )
    return pb.SummariseGradesResponse(
        counts=[
            pb.GradeCount(ruleset_id=text, grade=grade or "", subjects=subjects)
            for text, grade, subjects in await view.session.exec(counted)
        ],
        moves=await _moves(view, since, on or view.today, seen) if since else [],
        deregistered=await _number(view, *on_file, ended),
    )


async def _number(view: View, *which: Any) -> int:
    return int((await view.session.exec(select(sa.func.count()).where(*which))).one())


async def _moves(view: View, since: date, on: date, seen: Sequence[Any]) -> list[pb.GradeMove]:
    """How many subjects went from one grade of a text to another between two days."""
    former, latter = aliased(Grade), aliased(Grade)
    key = (col(latter.ruleset_id), col(former.grade), col(latter.grade))
    counted = (
        sa.select(*key, sa.func.count())
        .select_from(former)
        .join(latter, col(latter.subject_id) == col(former.subject_id))
        .join(Subject, col(Subject.subject_id) == col(latter.subject_id))
        .where(*_in_force(since, former), *_known(None, former))
        .where(*_in_force(on, latter), *_known(None, latter), *seen)
        .where(col(former.ruleset_id) == col(latter.ruleset_id))
        .where(col(former.grade).is_distinct_from(col(latter.grade)))
        .group_by(*key)
        .order_by(*key)
    )
    rows = (await (await view.session.connection()).execute(counted)).all()
    return [
        pb.GradeMove(ruleset_id=text, before=before or "", after=after or "", subjects=subjects)
        for text, before, after, subjects in rows
    ]


async def get_record_graded(
    view: View, request: pb.GetRecordGradedRequest
) -> pb.GetRecordGradedResponse:
    """Returns the current grade of a record's subject.

    `graded` is false until grading has received the requested version of the record and graded its
    subject.
    """
    record = await view.session.get(Record, request.record_id)
    if record is None or record.version < request.version:
        return pb.GetRecordGradedResponse(graded=False)
    await _subject(view, record.subject_id)
    row = await current(view.session, record.subject_id)
    if row is None:
        return pb.GetRecordGradedResponse(graded=False)
    return pb.GetRecordGradedResponse(graded=True, grade=wire.grade(row))


async def _subject(view: View, subject_id: str) -> Subject:
    row = await view.session.get(Subject, subject_id)
    if row is None or not row.version or not _sees(view.caller, row):
        raise NotFound("未找到该主体", "There is no such subject")
    return row


def _sees(caller: Caller, subject: Subject) -> bool:
    if caller.sees(subject.subject_id, subject.bureau):
        return True
    # The registry shows the public neither natural persons nor owners under review.
    hidden = subject.removed or subject.in_review or subject.kind is SubjectKind.NATURAL_PERSON
    return caller.has(Role.PUBLIC) and not hidden


def _in_force(on: date, grade: type[Grade] = Grade) -> tuple[sa.ColumnElement[bool], ...]:
    until = col(grade.in_force_to)
    return col(grade.in_force_from) <= on, sa.or_(until.is_(None), until > on)


def _known(at: datetime | None, grade: type[Grade] = Grade) -> tuple[sa.ColumnElement[bool], ...]:
    until = col(grade.known_to)
    if at is None:
        return (until.is_(None),)
    return col(grade.known_from) <= at, sa.or_(until.is_(None), until > at)
