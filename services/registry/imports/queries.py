"""Queries on batches, their faults and their rejected rows, within the caller's scope."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlmodel import col, select

from law.errors import WrongState
from plumbing import paging
from plumbing.rpc import MAX_MESSAGE_BYTES
from plumbing.view import View
from protos.registry.v1 import registry_pb2 as pb
from services.registry.imports import wire
from services.registry.imports.batch.access import find_batch, visible_batches
from services.registry.imports.batch.approvers import describe
from services.registry.tables import ImportBatch, ImportFault, RejectedRow

ENVELOPE_BYTES = 1024
PLACES_SHOWN = 3  # of each kind of fault
OF_THE_HEADER = ("UNKNOWN_COLUMN",)  # tells of columns, so each of them is no kind of its own
_ORDERS = {"imported_at": (ImportBatch.imported_at, ImportBatch.batch_id)}


async def get_batch(view: View, request: pb.GetBatchRequest) -> pb.GetBatchResponse:
    """Returns a batch. Raises NotFound, or NotPermitted outside the caller's scope."""
    row = await find_batch(view.session, view.caller, request.batch_id)
    return pb.GetBatchResponse(batch=await describe(view.session, row))


async def list_batches(view: View, request: pb.ListBatchesRequest) -> pb.ListBatchesResponse:
    """Returns a page of the batches the caller may see, newest first, and their total number.

    `order_by` can reverse the order.
    """
    rows = select(ImportBatch).where(visible_batches(view.caller))
    if request.state:
        rows = rows.where(col(ImportBatch.state) == request.state)
    order, reverse = paging.order(request, _ORDERS, "imported_at desc")
    page, token = await paging.page(view.session, request, rows, *order, newest_first=reverse)
    count = await paging.count(view.session, request, rows, token)
    return pb.ListBatchesResponse(batches=map(wire.batch, page), next_page_token=token, **count)


async def list_faults(view: View, request: pb.ListFaultsRequest) -> pb.ListFaultsResponse:
    """Returns a page of the faults of a batch, errors before hints, and their total number.

    Raises NotFound for an unknown batch, and NotPermitted outside the caller's scope.
    """
    batch = await find_batch(view.session, view.caller, request.batch_id)
    rows = select(ImportFault).where(ImportFault.batch_id == batch.batch_id)
    if request.reason:
        rows = rows.where(ImportFault.reason == request.reason)
    if request.column:
        rows = rows.where(ImportFault.column == request.column)
    if request.only_errors:
        rows = rows.where(sa.not_(col(ImportFault.warning)))
    page, token = await paging.page(view.session, request, rows, ImportFault.number)
    faults = (wire.fault(row, batch.sheet) for row in page)
    count = await paging.count(view.session, request, rows, token)
    return pb.ListFaultsResponse(faults=faults, next_page_token=token, **count)


async def count_faults(view: View, request: pb.CountFaultsRequest) -> pb.CountFaultsResponse:
    """Returns how many faults of each kind a batch has, errors first, and the first of each kind.

    Raises NotFound for an unknown batch, and NotPermitted outside the caller's scope.
    """
    batch = await find_batch(view.session, view.caller, request.batch_id)
    of_batch = col(ImportFault.batch_id) == batch.batch_id
    column = sa.case((col(ImportFault.reason).in_(OF_THE_HEADER), ""), else_=ImportFault.column)
    kind = (col(ImportFault.warning), col(ImportFault.reason), column)
    place = sa.func.row_number().over(partition_by=kind, order_by=col(ImportFault.number))
    number = sa.func.count().over(partition_by=kind)
    counted = sa.select(
        col(ImportFault.number), column.label("of"), place.label("place"), number.label("faults")
    ).where(of_batch)
    found = counted.subquery()
    first = (
        select(ImportFault, found.c.of, found.c.faults)
        .join(found, found.c.number == ImportFault.number)
        .where(of_batch, found.c.place <= PLACES_SHOWN)
    )
    rows = await view.session.exec(first.order_by(col(ImportFault.number)))
    return pb.CountFaultsResponse(kinds=_kinds(batch.sheet, rows))


def _kinds(sheet: str, rows: Iterable[tuple[ImportFault, str, int]]) -> list[pb.FaultKind]:
    """The kinds of faults, errors before hints, and the most frequent first."""
    kinds: dict[tuple[bool, str, str], pb.FaultKind] = {}
    for fault, column, faults in rows:
        key = fault.warning, fault.reason, column
        kind = kinds.setdefault(
            key,
            pb.FaultKind(reason=fault.reason, column=column, warning=fault.warning, faults=faults),
        )
        kind.first.append(wire.fault(fault, sheet))
    return sorted(kinds.values(), key=lambda kind: (kind.warning, -kind.faults))


async def get_rejected_rows(
    view: View, request: pb.GetRejectedRowsRequest
) -> pb.GetRejectedRowsResponse:
    """Returns the rejected rows of a batch as a CSV file.

    Raises NotFound for an unknown batch, NotPermitted outside the caller's scope, and WrongState if
    the rows are too many for one response.
    """
    batch = await find_batch(view.session, view.caller, request.batch_id)
    of_batch = select(RejectedRow).where(RejectedRow.batch_id == batch.batch_id)
    rows = (await view.session.exec(of_batch.order_by(col(RejectedRow.row)))).all()
    content = wire.rejected_rows(batch.header, rows)
    if len(content) > MAX_MESSAGE_BYTES - ENVELOPE_BYTES:
        raise WrongState(
            f"未收下的行太多（{len(rows)} 行），请按逐格说明修正原文件后整份再次导入",
            f"{len(rows)} rows are too many for one answer; correct the file and import it again,"
            " which leaves what was imported as it is",
        )
    return pb.GetRejectedRowsResponse(content=content)
