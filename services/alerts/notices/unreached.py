"""The operators whom notices do not reach: what was not delivered, and they have not opened either.

A notice stands among the messages on the portal whatever becomes of its mail, so who opened it was
reached.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing import paging, row_scope
from plumbing.view import View
from protos.alerts.v1 import alerts_pb2 as pb
from services.alerts.notices.retries import WANTS_NO_MAIL
from services.alerts.tables import Failure, Notice, NoticeState, Subject

_MISSED: tuple[sa.ColumnElement[bool], ...] = (
    col(Notice.state).in_((NoticeState.FAILED, NoticeState.NO_ADDRESS)),
    col(Notice.read_at).is_(None),
    sa.not_(WANTS_NO_MAIL),  # such digests once stood as without an address
)


async def list_unreached(view: View, request: pb.ListUnreachedRequest) -> pb.ListUnreachedResponse:
    """Returns a page of the subjects in the caller's scope whom a notice has not reached."""
    missed = sa.exists().where(col(Notice.subject_id) == col(Subject.subject_id), *_MISSED)
    on_file = sa.not_(col(Subject.removed))
    rows = select(Subject).where(row_scope.covered(view.caller, Subject.bureau), on_file, missed)
    if request.bureau:
        rows = rows.where(row_scope.of_bureau(request.bureau, Subject.bureau))
    page, token = await paging.page(view.session, request, rows, Subject.subject_id)
    count = await paging.count(view.session, request, rows, token)
    return pb.ListUnreachedResponse(
        subjects=await _unreached(view.session, page), next_page_token=token, **count
    )


async def _unreached(
    session: AsyncSession, subjects: Sequence[Subject]
) -> list[pb.UnreachedSubject]:
    """The messages of subjects, with how many notices missed them, since when and why."""
    ids = [subject.subject_id for subject in subjects]
    counted = (
        sa.select(
            col(Notice.subject_id),
            sa.func.count(),
            sa.func.min(col(Notice.created_at)),
            sa.func.sum(sa.case((col(Notice.failure) == Failure.REFUSED, 1), else_=0)),
        )
        .where(col(Notice.subject_id).in_(ids), *_MISSED)
        .group_by(col(Notice.subject_id))
    )
    connection = await session.connection()
    found = {row[0]: row for row in (await connection.execute(counted)).all()}
    unreached = []
    for subject in subjects:
        _, notices, oldest, refused = found[subject.subject_id]
        why = "refused" if refused else "unreachable"
        message = pb.UnreachedSubject(
            subject_id=subject.subject_id,
            subject_name=subject.name,
            bureau=subject.bureau,
            address=subject.email,
            notices=notices,
            why=why if subject.email else "no_address",
        )
        message.oldest_at.FromDatetime(oldest)
        unreached.append(message)
    return unreached
