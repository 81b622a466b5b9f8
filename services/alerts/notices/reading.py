"""What recipients did with their notices: opened them, and acknowledged them."""

from __future__ import annotations

from sqlmodel import col, select

from law.errors import NotFound
from plumbing.change import Change
from protos.alerts.v1 import alerts_pb2 as pb
from services.alerts import wire
from services.alerts.notices.record_notices import IN_PORTAL, report_told
from services.alerts.owners import addressed_to
from services.alerts.tables import Notice, NoticeKind


async def mark_notices(change: Change, request: pb.MarkNoticesRequest) -> pb.MarkNoticesResponse:
    """Marks notices as read, and also as acknowledged if the request asks for it.

    A notice that is already marked keeps the moment of its first mark. Raises NotFound, and marks
    none, if one of them is not addressed to the caller (see `owners.addressed_to`).
    """
    ids = sorted(set(request.notice_ids))
    mine = select(Notice).where(col(Notice.notice_id).in_(ids), addressed_to(change.caller))
    notices = (await change.session.exec(mine.with_for_update())).all()
    if len(notices) < len(ids):
        raise NotFound("没有这份通知", "There is no such notice")
    for notice in notices:
        await _open(change, notice)
        if request.acknowledge and notice.acknowledged_at is None:
            notice.acknowledged_at = change.at
            change.audit("acknowledge_notice", f"notice/{notice.notice_id}")
    return pb.MarkNoticesResponse(notices=map(wire.notice, notices))


async def _open(change: Change, notice: Notice) -> None:
    """Marks a notice as read; opening it for the first time tells the subject what it is about."""
    if notice.read_at is not None:
        return
    notice.read_at = change.at
    if notice.kind is NoticeKind.ADVERSE_RECORD and notice.delivered_at is None:
        change.audit("open_notice", f"notice/{notice.notice_id}")
        await report_told(change, notice, IN_PORTAL, change.at)
