"""Reads of batches and their faults, within the caller's scope."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import NotFound, NotPermitted, WrongState
from plumbing import paging, row_scope
from plumbing.identity import Caller, Role
from plumbing.rpc import MAX_MESSAGE_BYTES
from plumbing.short_ids import find_by_id
from plumbing.view import View
from protos.registry.v1 import registry_pb2 as pb
from services.registry.imports import wire
from services.registry.imports.batch.approvers import describe
from services.registry.tables import ImportBatch, ImportFault, RejectedRow

ENVELOPE_BYTES = 1024

# Roles that see every batch of the bureaus they cover; others see only batches of their own.
SEE_EVERY_BATCH = (
    Role.CASEWORKER,
    Role.UNIT_HEAD,
    Role.INTEGRATOR,
    Role.ADMINISTRATOR,
    Role.SERVICE,
)


async def find_batch(
    session: AsyncSession, caller: Caller, batch_id: str, *, lock: bool = False
) -> ImportBatch:
    """A batch by its id or the beginning of it; `lock` where it is going to be changed.

    Raises NotFound, NotPermitted outside the scope.
    """
    row = await find_by_id(session, ImportBatch, batch_id, _seen(caller), lock=lock)
    if row is None:
        raise NotFound("没有该导入批次", "There is no such batch", batch_id=batch_id)
    caller.require_bureau(row.bureau)
    if not caller.has(*SEE_EVERY_BATCH) and row.imported_by != caller.account_id:
        raise NotPermitted("只能查看自己的批次", "You may see your own batches only")
    return row


async def get_batch(view: View, request: pb.GetBatchRequest) -> pb.GetBatchResponse:
    """A batch. Raises NotFound, NotPermitted outside the scope."""
    row = await find_batch(view.session, view.caller, request.batch_id)
    return pb.GetBatchResponse(batch=await describe(view.session, row))


async def list_batches(view: View, request: pb.ListBatchesRequest) -> pb.ListBatchesResponse:
    """The batches that the caller sees, newest first."""
    rows = select(ImportBatch).where(_seen(view.caller))
    order = (ImportBatch.imported_at, ImportBatch.batch_id)
    page, token = await paging.page(view.session, request, rows, *order, newest_first=True)
    total = await paging.total(view.session, request, rows, token)
    return pb.ListBatchesResponse(batches=map(wire.batch, page), next_page_token=token, total=total)


async def list_faults(view: View, request: pb.ListFaultsRequest) -> pb.ListFaultsResponse:
    """The faults of a batch, by row. Raises NotFound, NotPermitted."""
    batch = await find_batch(view.session, view.caller, request.batch_id)
    rows = select(ImportFault).where(ImportFault.batch_id == batch.batch_id)
    page, token = await paging.page(view.session, request, rows, ImportFault.number)
    faults = (wire.fault(row, batch.sheet) for row in page)
    total = await paging.total(view.session, request, rows, token)
    return pb.ListFaultsResponse(faults=faults, next_page_token=token, total=total)


async def get_rejected_rows(
    view: View, request: pb.GetRejectedRowsRequest
) -> pb.GetRejectedRowsResponse:
    """The rejected rows as a CSV file.

    Raises NotFound, NotPermitted, WrongState where they are too many for one answer.
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


def _seen(caller: Caller) -> sa.ColumnElement[bool]:
    covered = row_scope.covered(caller, ImportBatch.bureau)
    if caller.has(*SEE_EVERY_BATCH):
        return covered
    return covered & (col(ImportBatch.imported_by) == caller.account_id)
