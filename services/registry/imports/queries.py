"""Questions about imports, each within the caller's scope."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import NotFound, NotPermitted, WrongState
from plumbing import paging
from plumbing.database import Database
from plumbing.identity import Caller, Role, scope_prefix
from plumbing.rpc import MAX_MESSAGE_BYTES
from protos.registry.v1 import registry_pb2 as pb
from services.registry.imports import wire
from services.registry.imports.batch.approvers import describe
from services.registry.tables import ImportBatch, ImportFault, RejectedRow

ENVELOPE_BYTES = 1024
MOMENT = sa.inspect(ImportBatch).columns["imported_at"].type


# Who sees every batch of the bureaus they cover; others see those they sent themselves.
KEEPERS = (
    Role.CASEWORKER,
    Role.UNIT_HEAD,
    Role.INTEGRATOR,
    Role.ADMINISTRATOR,
    Role.SERVICE,
)


async def find_batch(
    session: AsyncSession, caller: Caller, batch_id: str, *, lock: bool = False
) -> ImportBatch:
    """A batch, locked for a change. Raises NotFound, NotPermitted outside the scope."""
    row = await session.get(ImportBatch, batch_id, with_for_update=lock)
    if row is None:
        raise NotFound("没有该导入批次", "There is no such batch", batch_id=batch_id)
    caller.require_bureau(row.bureau)
    if not caller.has(*KEEPERS) and row.imported_by != caller.account_id:
        raise NotPermitted("只能查看自己的批次", "You may see your own batches only")
    return row


class ImportQueries:
    """Reads what became of files."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get_batch(self, caller: Caller, request: pb.GetBatchRequest) -> pb.GetBatchResponse:
        """A batch. Raises NotFound, NotPermitted outside the scope."""
        async with self._database.snapshot() as session:
            row = await find_batch(session, caller, request.batch_id)
            return pb.GetBatchResponse(batch=await describe(session, row))

    async def list_batches(
        self, caller: Caller, request: pb.ListBatchesRequest
    ) -> pb.ListBatchesResponse:
        """Batches of the caller's scope, newest first."""
        place = sa.tuple_(col(ImportBatch.imported_at), col(ImportBatch.batch_id))
        wanted = select(ImportBatch).where(_in_scope(caller))
        if key := paging.after(request, paging.moment, paging.text):
            moment, batch_id = key
            beyond = sa.literal(moment, MOMENT)
            wanted = wanted.where(place < sa.tuple_(beyond, sa.literal(batch_id)))
        newest = (col(ImportBatch.imported_at).desc(), col(ImportBatch.batch_id).desc())
        limit = paging.page_size(request) + 1
        async with self._database.snapshot() as session:
            rows = (await session.exec(wanted.order_by(*newest).limit(limit))).all()
        page, token = paging.cut(
            request, rows, lambda row: [row.imported_at.isoformat(), row.batch_id]
        )
        return pb.ListBatchesResponse(batches=map(wire.batch, page), next_page_token=token)

    async def list_faults(
        self, caller: Caller, request: pb.ListFaultsRequest
    ) -> pb.ListFaultsResponse:
        """What was wrong with a batch, by row. Raises NotFound, NotPermitted."""
        wanted = select(ImportFault).where(ImportFault.batch_id == request.batch_id)
        if key := paging.after(request, paging.whole):
            beyond = sa.literal(key[0], sa.BigInteger)  # wider than the column: any token fits
            wanted = wanted.where(col(ImportFault.number) > beyond)
        async with self._database.snapshot() as session:
            batch = await find_batch(session, caller, request.batch_id)
            ordered = wanted.order_by(col(ImportFault.number))
            rows = (await session.exec(ordered.limit(paging.page_size(request) + 1))).all()
        page, token = paging.cut(request, rows, lambda row: [row.number])
        faults = (wire.fault(row, batch.sheet) for row in page)
        return pb.ListFaultsResponse(faults=faults, next_page_token=token)

    async def get_rejected_rows(
        self, caller: Caller, request: pb.GetRejectedRowsRequest
    ) -> pb.GetRejectedRowsResponse:
        """The rows not taken, as a file. Raises NotFound, NotPermitted, WrongState for too many."""
        async with self._database.snapshot() as session:
            batch = await find_batch(session, caller, request.batch_id)
            wanted = select(RejectedRow).where(RejectedRow.batch_id == request.batch_id)
            rows = (await session.exec(wanted.order_by(col(RejectedRow.row)))).all()
        content = wire.rejected_rows(batch.header, rows)
        if len(content) > MAX_MESSAGE_BYTES - ENVELOPE_BYTES:
            raise WrongState(
                f"未收下的行太多（{len(rows)} 行），请按逐格说明修正原文件后整份再次导入",
                f"{len(rows)} rows are too many for one answer; put the file right and import it"
                " again, which leaves alone what was taken",
            )
        return pb.GetRejectedRowsResponse(content=content)


def _in_scope(caller: Caller) -> sa.ColumnElement[bool]:
    if caller.is_service:
        return sa.true()
    if not caller.bureau:
        return sa.false()
    within = col(ImportBatch.bureau).startswith(scope_prefix(caller.bureau), autoescape=True)
    if caller.has(*KEEPERS):
        return within
    return within & (col(ImportBatch.imported_by) == caller.account_id)
