"""Public lists: the repairs that are announced, and the changes of public records."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import col, select

from plumbing import paging, row_scope, validation
from plumbing.view import View
from protos.objection.v1 import publicity_pb2 as pb
from services.objection.publicity.tables import PublicChange


async def list_announcements(
    view: View, request: pb.ListAnnouncementsRequest
) -> pb.ListAnnouncementsResponse:
    """Returns a page of the repairs that are announced today, the newest first.

    Without those of records that a review keeps from the public meanwhile.
    """
    rows = select(PublicChange).where(
        col(PublicChange.changed_on) <= view.today,
        col(PublicChange.announced_until) >= view.today,
        sa.not_(col(PublicChange.withheld)),
    )
    if request.subject_id:
        rows = rows.where(PublicChange.subject_id == request.subject_id)
    if request.bureau:
        rows = rows.where(row_scope.within(request.bureau, PublicChange.bureau))
    order = (PublicChange.changed_on, PublicChange.change_id)
    page, token = await paging.page(view.session, request, rows, *order, newest_first=True)
    count = await paging.count(view.session, request, rows, token)
    shown = [_announcement(row) for row in page]
    return pb.ListAnnouncementsResponse(announcements=shown, next_page_token=token, **count)


async def list_record_changes(
    view: View, request: pb.ListRecordChangesRequest
) -> pb.ListRecordChangesResponse:
    """Returns a page of the changes that cases made to public records, the earliest first."""
    rows = select(PublicChange).where(col(PublicChange.changed_on) <= view.today)
    if since := validation.day(request.since, "since"):
        rows = rows.where(col(PublicChange.changed_on) >= since)
    order = (PublicChange.changed_on, PublicChange.change_id)
    page, token = await paging.page(view.session, request, rows, *order)
    count = await paging.count(view.session, request, rows, token)
    changes = [
        pb.RecordChange(
            record_id=row.record_id, change=row.change, changed_on=row.changed_on.isoformat()
        )
        for row in page
    ]
    return pb.ListRecordChangesResponse(changes=changes, next_page_token=token, **count)


def _announcement(row: PublicChange) -> pb.Announcement:
    return pb.Announcement(
        record_id=row.record_id,
        subject_id=row.subject_id,
        subject_name=row.subject_name,
        kind=row.kind,
        source_ref=row.source_ref,
        repaired_on=row.changed_on.isoformat(),
        announced_until=row.announced_until.isoformat(),
        bureau=row.bureau,
        cite=row.cite,
        example=row.example,
    )
