"""Whom notices do not reach: what was not delivered, and they have not opened either.

A notice stands among the messages on the portal whatever becomes of its mail, so who opened it was
reached. They are subjects, verification institutions, or bureaus.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing import paging, row_scope
from plumbing.view import View
from protos.alerts.v1 import alerts_pb2 as pb
from services.alerts.notices.retries import WANTS_NO_MAIL
from services.alerts.owners import TO_BUREAU, TO_INSTITUTION
from services.alerts.tables import Bureau, Failure, Institution, Notice, NoticeState, Subject

_MISSED: tuple[sa.ColumnElement[bool], ...] = (
    col(Notice.state).in_((NoticeState.FAILED, NoticeState.NO_ADDRESS)),
    col(Notice.read_at).is_(None),
    sa.not_(WANTS_NO_MAIL),  # such digests once stood as without an address
)


@dataclass(frozen=True)
class _Missed:
    """One sort of recipients: their table, and which notices are theirs.

    Those are the notices that are their `own`, of which `named` is the recipient's `name`, with the
    other conditions. `field` of the message says the `identity` of the recipient.
    """

    table: Any
    identity: Any
    bureau: Any
    name: Any
    named: Any
    own: sa.ColumnElement[bool]
    notices: sa.ColumnElement[bool]
    on_file: sa.ColumnElement[bool]
    field: str


_SORTS = {
    "": _Missed(
        table=Subject,
        identity=Subject.subject_id,
        bureau=Subject.bureau,
        name=col(Subject.subject_id),
        named=col(Notice.subject_id),
        own=col(Notice.subject_id) == col(Subject.subject_id),
        notices=col(Notice.subject_id) != "",
        on_file=sa.not_(col(Subject.removed)),
        field="subject_id",
    ),
    "institution": _Missed(
        table=Institution,
        identity=Institution.institution_id,
        bureau=Institution.bureau,
        name=col(Institution.name),
        named=col(Notice.recipient),
        own=col(Notice.recipient) == col(Institution.name),
        notices=TO_INSTITUTION,
        on_file=sa.true(),
        field="institution_id",
    ),
    "bureau": _Missed(
        table=Bureau,
        identity=Bureau.code,
        bureau=Bureau.code,
        name=col(Bureau.code),
        named=col(Notice.bureau),
        own=row_scope.same_bureau(Notice.bureau, Bureau.code),
        notices=TO_BUREAU,
        on_file=sa.true(),
        field="bureau",
    ),
}


async def list_unreached(view: View, request: pb.ListUnreachedRequest) -> pb.ListUnreachedResponse:
    """Returns a page of those in the caller's scope whom a notice has not reached.

    They are subjects, unless the request asks for institutions or bureaus.
    """
    sort = _SORTS[request.of]
    missed = sa.exists().where(sort.own, sort.notices, *_MISSED)
    in_scope = row_scope.covered(view.caller, sort.bureau)
    rows = select(sort.table).where(in_scope, sort.on_file, missed)
    if request.bureau:
        rows = rows.where(row_scope.of_bureau(request.bureau, sort.bureau))
    page, token = await paging.page(view.session, request, rows, sort.identity)
    count = await paging.count(view.session, request, rows, token)
    return pb.ListUnreachedResponse(
        subjects=await _unreached(view.session, sort, page), next_page_token=token, **count
    )


async def _unreached(
    session: AsyncSession, sort: _Missed, rows: Sequence[Any]
) -> list[pb.UnreachedSubject]:
    """The messages of recipients, with how many notices missed them, since when and why."""
    names = [getattr(row, sort.name.key) for row in rows]
    counted = (
        sa.select(
            sort.named,
            sa.func.count(),
            sa.func.min(col(Notice.created_at)),
            sa.func.sum(sa.case((col(Notice.failure) == Failure.REFUSED, 1), else_=0)),
        )
        .where(sort.named.in_(names), sort.notices, *_MISSED)
        .group_by(sort.named)
    )
    connection = await session.connection()
    found = {row[0]: row for row in (await connection.execute(counted)).all()}
    unreached = []
    for row, name in zip(rows, names, strict=True):
        _, notices, oldest, refused = found[name]
        why = "refused" if refused else "unreachable"
        message = pb.UnreachedSubject(
            subject_name=row.name,
            bureau=getattr(row, sort.bureau.key),
            address=row.email,
            notices=notices,
            why=why if row.email else "no_address",
        )
        setattr(message, sort.field, getattr(row, sort.identity.key))
        message.oldest_at.FromDatetime(oldest)
        unreached.append(message)
    return unreached
