"""Queries on the indices of areas: the bureau's staff see every index, others published ones."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from sqlmodel import col, select

from law.errors import NotFound
from plumbing import paging, row_scope
from plumbing.identity import Caller, Role
from plumbing.short_ids import find_by_id
from plumbing.view import View
from protos.grading.v1 import assessments_pb2 as pb
from services.grading.assessments import wire
from services.grading.policy import STAFF
from services.grading.tables import IndexAssessment, IndexState

_TOTAL = col(IndexAssessment.result)["total"].as_float()
_ORDERS = {
    "area_name": (IndexAssessment.area_name, IndexAssessment.index_id),
    "assessed_on": (IndexAssessment.assessed_on, IndexAssessment.index_id),
    "total": (_TOTAL, IndexAssessment.index_id),
    "": (IndexAssessment.assessed_at, IndexAssessment.index_id),
}


async def get_index(view: View, request: pb.GetIndexRequest) -> pb.GetIndexResponse:
    """Returns an index: in any state to the bureau's staff, only a published one to everyone else.

    Raises NotFound for an unknown index and for one that the caller may not see.
    """
    row = await find_by_id(view.session, IndexAssessment, request.index_id)
    staff = row is not None and _is_staff(view.caller, row)
    if row is None or not (row.state is IndexState.PUBLISHED or staff):
        raise NotFound("未找到该指数", "There is no such index")
    index = wire.index(row, staff=staff, rows=True)
    return pb.GetIndexResponse(index=index, result_json=wire.as_json(row.result))


async def list_indexes(view: View, request: pb.ListIndexesRequest) -> pb.ListIndexesResponse:
    """Returns a page of the indices that the caller may see.

    They are in the requested order, the last assessment first without one.
    """
    rows = select(IndexAssessment).where(_seen(view.caller), *_conditions(request))
    order, reverse = paging.order(request, _ORDERS, " desc")
    key = _by_total if request.order_by.startswith("total") else None
    page, token = await paging.page(
        view.session, request, rows, *order, newest_first=reverse, key=key
    )
    indexes = [wire.index(row, staff=_is_staff(view.caller, row), rows=False) for row in page]
    count = await paging.count(view.session, request, rows, token)
    return pb.ListIndexesResponse(indexes=indexes, next_page_token=token, **count)


def _by_total(row: IndexAssessment) -> tuple[float, str]:
    return float(row.result["total"]), row.index_id


def _is_staff(caller: Caller, row: IndexAssessment) -> bool:
    """Whether the caller works for the bureau of an index, or for one above it."""
    return caller.has(*STAFF, Role.SERVICE) and caller.covers(row.bureau)


def _seen(caller: Caller) -> sa.ColumnElement[bool]:
    published = col(IndexAssessment.state) == IndexState.PUBLISHED
    if not caller.has(*STAFF, Role.SERVICE):
        return published
    return sa.or_(published, row_scope.covered(caller, IndexAssessment.bureau))


def _conditions(request: pb.ListIndexesRequest) -> Iterator[sa.ColumnElement[bool]]:
    if request.bureau:
        yield row_scope.within(request.bureau, IndexAssessment.bureau)
    if request.area_id:
        yield col(IndexAssessment.area_id) == request.area_id
    if request.area_kind:
        yield col(IndexAssessment.area_kind) == request.area_kind
    if request.name_contains:
        yield col(IndexAssessment.area_name).icontains(request.name_contains, autoescape=True)
    if request.state:
        yield col(IndexAssessment.state) == IndexState(request.state)
