"""Lists of sharings, and of the notices to receivers."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import col, select

from plumbing import paging, row_scope
from plumbing.view import View
from protos.objection.v1 import sharings_pb2 as pb
from services.objection.queries import find_case
from services.objection.sharings.numbers import numbers_of
from services.objection.sharings.tables import TO_SEND, ReceiverNotice, SharedRecord, Sharing
from services.objection.sharings.wire import notice_message, sharing_message


async def list_sharings(view: View, request: pb.ListSharingsRequest) -> pb.ListSharingsResponse:
    """Returns a page of the sharings in the caller's scope, the newest first."""
    rows = select(Sharing).where(row_scope.covered(view.caller, Sharing.bureau))
    if request.subject_id:
        rows = rows.where(Sharing.subject_id == request.subject_id)
    if request.record_id:
        of_record = select(SharedRecord.sharing_id).where(
            SharedRecord.record_id == request.record_id
        )
        rows = rows.where(col(Sharing.sharing_id).in_(of_record))
    if request.sharing_id:
        rows = rows.where(Sharing.sharing_id == request.sharing_id)
    elif not request.include_ended:
        rows = rows.where(col(Sharing.ended_at).is_(None))
    order = (Sharing.entered_at, Sharing.sharing_id)
    page, token = await paging.page(view.session, request, rows, *order, newest_first=True)
    count = await paging.count(view.session, request, rows, token)
    return pb.ListSharingsResponse(
        sharings=map(sharing_message, page), next_page_token=token, **count
    )


async def list_receiver_notices(
    view: View, request: pb.ListReceiverNoticesRequest
) -> pb.ListReceiverNoticesResponse:
    """Returns a page of the notices of a case, or of those that wait to be sent by hand.

    Raises NotFound if there is no such case, and NotPermitted outside the caller's scope.
    """
    scope = row_scope.covered(view.caller, ReceiverNotice.bureau)
    if request.notice_id:
        rows = select(ReceiverNotice).where(ReceiverNotice.notice_id == request.notice_id, scope)
    elif request.case_id:
        case = await find_case(view.session, request.case_id)
        view.caller.require_bureau(case.bureau)
        rows = select(ReceiverNotice).where(ReceiverNotice.case_id == case.case_id)
    else:
        rows = select(ReceiverNotice).where(sa.text(TO_SEND), scope)
    order = (ReceiverNotice.issued_at, ReceiverNotice.notice_id)
    page, token = await paging.page(view.session, request, rows, *order)
    count = await paging.count(view.session, request, rows, token)
    numbers = await numbers_of(view.session, page)
    notices = [notice_message(one, numbers[one.notice_id]) for one in page]
    return pb.ListReceiverNoticesResponse(notices=notices, next_page_token=token, **count)
