"""Queries on the publication of records, within the caller's scope."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from law.disclosure.publication import PublicationState
from law.errors import NotFound
from law.evidence import ADVERSE, RecordStatus
from plumbing import paging, row_scope
from plumbing.database import unindexed
from plumbing.identity import Role
from plumbing.view import View
from protos.registry.v1 import publication_pb2 as pb
from services.registry import lookup
from services.registry.publication import wire
from services.registry.publication.names import found_in
from services.registry.publication.tables import Publication, Reply, ReplyState, Telling
from services.registry.publication.window import window_of
from services.registry.retention import activations as governing
from services.registry.tables import Record, Subject


async def list_publications(
    view: View, request: pb.ListPublicationsRequest
) -> pb.ListPublicationsResponse:
    """Returns a page of the records in force with the state of their publication, by id."""
    rows: Any = (
        select(Record, Subject)
        .join(Subject, col(Subject.subject_id) == col(Record.subject_id))
        .outerjoin(Publication, col(Publication.record_id) == col(Record.record_id))
        .where(
            sa.not_(col(Record.removed)),
            col(Record.status) == RecordStatus.ACTIVE,
        )
    )
    if request.state:
        rows = rows.where(_in_state(PublicationState(request.state)))
    if request.untold:
        rows = rows.outerjoin(Telling, col(Telling.record_id) == col(Record.record_id))
        rows = rows.where(unindexed(Record.kind).in_(ADVERSE), col(Telling.told_on).is_(None))
        rows = rows.where(sa.not_(col(Subject.in_review)))
    if request.reply_waiting:
        rows = rows.join(Reply, col(Reply.record_id) == col(Record.record_id))
        rows = rows.where(unindexed(Reply.state) == ReplyState.WAITING)
    if request.subject_id:
        rows = rows.where(Record.subject_id == await lookup.subject_id(view, request.subject_id))
    seen = row_scope.seen(view.caller, Subject.subject_id, Subject.bureau)
    of_firm = request.subject_id or view.caller.has(Role.OPERATOR)
    page, token = await paging.page(
        view.session,
        request,
        rows.where(seen if of_firm else unindexed(seen)),
        Record.record_id,
        key=lambda row: [row[0].record_id],
    )
    count = await paging.count(view.session, request, rows.where(seen), token)
    messages = await wire.publications(view, page)
    return pb.ListPublicationsResponse(publications=messages, next_page_token=token, **count)


def _in_state(state: PublicationState) -> sa.ColumnElement[bool]:
    own = unindexed(Publication.state) == state
    if state is not PublicationState.WAITING:
        return own
    return sa.or_(own, col(Publication.record_id).is_(None))


async def get_publication(
    view: View, request: pb.GetPublicationRequest
) -> pb.GetPublicationResponse:
    """Returns a record with the state of its publication.

    Raises NotFound if there is no such record, and NotPermitted outside the caller's scope.
    """
    record = await lookup.record(view, request.record_id)
    if record is None or record.status is RecordStatus.EXPIRED:
        raise NotFound("没有该信用记录", "There is no such record", record_id=request.record_id)
    owner = await view.session.get_one(Subject, record.subject_id)
    view.caller.require_subject(owner.subject_id, owner.bureau)
    [message] = await wire.publications(view, [(record, owner)])
    for one in await found_in(view.session, message.record.summary, record.source_ref):
        message.found.add(kind=one.kind, text=one.text)
    for one in await found_in(view.session, message.reply.text):
        message.reply.found.add(kind=one.kind, text=one.text)
    now = await governing.load(view.session)
    if window := window_of(record, owner, now, view.today):
        message.window_days, message.window_cite = window.days, window.cite
        message.window_example = window.example
    return pb.GetPublicationResponse(publication=wire.shown(view, message))
