"""Queries on qualifications: the bureau's register, and what anybody may see of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from law.people import QualificationKind
from plumbing import paging, row_scope
from plumbing.database import unindexed
from plumbing.view import View
from protos.registry.v1 import people_pb2 as pb
from services.registry.people import wire
from services.registry.people.access import find
from services.registry.people.tables import ENDING, PUBLIC, Qualification

_SEARCHED = (Qualification.name, Qualification.number, Qualification.institution)


async def list_qualifications(
    view: View, request: pb.ListQualificationsRequest
) -> pb.ListQualificationsResponse:
    """Returns a page of the qualifications in the caller's scope, by name or by their last day."""
    rows: Any = select(Qualification).where(
        unindexed(row_scope.covered(view.caller, Qualification.bureau)), *_asked(view, request)
    )
    first = Qualification.valid_until if request.ends_within_days else Qualification.name
    order: tuple[Any, ...] = (first, Qualification.qualification_id)
    page, token = await paging.page(view.session, request, rows, *order)
    count = await paging.count(view.session, request, rows, token)
    found = (wire.qualification(row, view.today) for row in page)
    return pb.ListQualificationsResponse(qualifications=found, next_page_token=token, **count)


def _asked(view: View, request: pb.ListQualificationsRequest) -> list[Any]:
    """The conditions that the filters of a request set."""
    conditions: list[Any] = []
    if request.kind:
        conditions.append(unindexed(col(Qualification.kind) == QualificationKind(request.kind)))
    if request.ends_within_days:
        today, last = view.today, col(Qualification.valid_until)
        end = today + timedelta(days=request.ends_within_days)
        conditions += [sa.text(ENDING), last >= today, last <= end]
    if request.contains:
        found = (col(one).icontains(request.contains, autoescape=True) for one in _SEARCHED)
        conditions.append(unindexed(sa.or_(*found)))
    return conditions


async def get_qualification(
    view: View, request: pb.GetQualificationRequest
) -> pb.GetQualificationResponse:
    """Returns a qualification. Raises NotFound if the caller may see no such one."""
    row = await find(view, request.qualification_id)
    return pb.GetQualificationResponse(qualification=wire.qualification(row, view.today))


async def list_calibrators(
    view: View, request: pb.ListCalibratorsRequest
) -> pb.ListCalibratorsResponse:
    """Returns a page of the calibration institutions that consented and are qualified today."""
    today, last = view.today, col(Qualification.valid_until)
    rows: Any = select(Qualification).where(
        sa.text(PUBLIC),
        unindexed(
            sa.and_(
                col(Qualification.kind) == QualificationKind.CALIBRATION_INSTITUTION,
                col(Qualification.valid_from) <= today,
                sa.or_(last.is_(None), last >= today),
            )
        ),
    )
    if request.contains:
        named = (Qualification.name, Qualification.scope)
        found = (col(one).icontains(request.contains, autoescape=True) for one in named)
        rows = rows.where(unindexed(sa.or_(*found)))
    order: tuple[Any, ...] = (Qualification.name, Qualification.qualification_id)
    page, token = await paging.page(view.session, request, rows, *order)
    count = await paging.count(view.session, request, rows, token)
    found_ = map(wire.calibrator, page)
    return pb.ListCalibratorsResponse(calibrators=found_, next_page_token=token, **count)
