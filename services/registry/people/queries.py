"""Queries on qualifications: the bureau's register, and what others may see of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from law.instruments import catalogue, code_of
from law.people import QualificationKind
from plumbing import paging, row_scope
from plumbing.database import unindexed
from plumbing.view import View
from protos.registry.v1 import people_pb2 as pb
from services.registry.people import wire
from services.registry.people.access import find
from services.registry.people.tables import ENDING, PUBLIC, Qualification

_SEARCHED = (Qualification.name, Qualification.number, Qualification.institution)
_BY_NAME: tuple[Any, ...] = (Qualification.name, Qualification.qualification_id)


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
        conditions.append(_containing(request.contains, *_SEARCHED))
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
    rows = _shown(view, QualificationKind.CALIBRATION_INSTITUTION)
    if request.contains:
        rows = rows.where(_containing(request.contains, Qualification.name, Qualification.scope))
    if request.type_code:
        named = [_containing(name, Qualification.scope) for name in _names(request.type_code)]
        rows = rows.where(sa.or_(*named))
    if request.division_code:
        rows = rows.where(unindexed(col(Qualification.bureau).startswith(request.division_code)))
    page, token = await paging.page(view.session, request, rows, *_BY_NAME)
    count = await paging.count(view.session, request, rows, token)
    found = map(wire.calibrator, page)
    return pb.ListCalibratorsResponse(calibrators=found, next_page_token=token, **count)


def _names(type_code: str) -> list[str]:
    """What a scope may call a type: its code, its names, and its name without what explains it."""
    known = catalogue().get(code_of(type_code.strip()))
    if known is None:
        return [type_code]
    return [known.code, known.name_zh, known.name_zh.partition("（")[0], *known.aliases]


async def list_experts(view: View, request: pb.ListExpertsRequest) -> pb.ListExpertsResponse:
    """Returns a page of the experts that consented and are appointed today (S4 三(四), C-48)."""
    rows = _shown(view, QualificationKind.EXPERT)
    if request.contains:
        searched = (Qualification.name, Qualification.scope, Qualification.institution)
        rows = rows.where(_containing(request.contains, *searched))
    page, token = await paging.page(view.session, request, rows, *_BY_NAME)
    count = await paging.count(view.session, request, rows, token)
    found = map(wire.expert, page)
    return pb.ListExpertsResponse(experts=found, next_page_token=token, **count)


def _shown(view: View, kind: QualificationKind) -> Any:
    """The query for those of a kind that consented to be shown, and are in force today."""
    today, last = view.today, col(Qualification.valid_until)
    in_force = sa.and_(
        col(Qualification.kind) == kind,
        col(Qualification.valid_from) <= today,
        sa.or_(last.is_(None), last >= today),
    )
    return select(Qualification).where(sa.text(PUBLIC), unindexed(in_force))


def _containing(text: str, *columns: Any) -> Any:
    found = (col(one).icontains(text, autoescape=True) for one in columns)
    return unindexed(sa.or_(*found))
