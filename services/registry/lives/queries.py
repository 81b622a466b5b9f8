"""The query on the acts of which the life of a subject consists."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import col, select

from law.errors import NotFound
from plumbing import paging
from plumbing.view import View
from protos.registry.v1 import lives_pb2 as pb
from services.registry import lookup
from services.registry.identity.tables import Account
from services.registry.lives import wire
from services.registry.lives.tables import SubjectAct


async def list_subject_acts(
    view: View, request: pb.ListSubjectActsRequest
) -> pb.ListSubjectActsResponse:
    """Returns a page of the acts that concern a subject, the latest first.

    Raises NotFound, and NotPermitted outside the caller's scope.
    """
    subject = await lookup.subject(view, request.subject_id)
    if subject is None:
        raise NotFound("没有该信用主体", "There is no such subject")
    view.caller.require_subject(subject.subject_id, subject.bureau)
    own = subject.subject_id
    rows = select(SubjectAct).where(
        sa.or_(col(SubjectAct.subject_id) == own, col(SubjectAct.other_id) == own)
    )
    order = SubjectAct.at, SubjectAct.act_id
    page, token = await paging.page(view.session, request, rows, *order, newest_first=True)
    count = await paging.count(view.session, request, rows, token)
    people = await view.session.exec(
        select(Account).where(col(Account.account_id).in_({row.by for row in page}))
    )
    names = {one.account_id: one.display_name for one in people}
    acts = [wire.act(row, names.get(row.by, "")) for row in page]
    return pb.ListSubjectActsResponse(acts=acts, next_page_token=token, **count)
