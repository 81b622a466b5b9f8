"""The rules on which batches a caller may see and change."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import NotFound, NotPermitted
from plumbing import row_scope
from plumbing.identity import Caller, Role
from plumbing.short_ids import find_by_id
from services.registry.tables import ImportBatch

# Roles that see every batch of the bureaus they cover; others see only batches of their own.
SEE_EVERY_BATCH = (Role.CASEWORKER, Role.UNIT_HEAD, Role.INTEGRATOR, Role.ADMINISTRATOR)


async def find_batch(
    session: AsyncSession, caller: Caller, batch_id: str, *, lock: bool = False
) -> ImportBatch:
    """Returns a batch by its id or the beginning of its id; `lock` locks its row for a change.

    Raises NotFound if there is none, and NotPermitted if the caller may not see the batch.
    """
    row = await find_by_id(session, ImportBatch, batch_id, visible_batches(caller), lock=lock)
    if row is None:
        raise NotFound("没有该导入批次", "There is no such batch", batch_id=batch_id)
    caller.require_bureau(row.bureau)
    if not caller.has(*SEE_EVERY_BATCH) and row.imported_by != caller.account_id:
        raise NotPermitted("只能查看自己的批次", "You may see your own batches only")
    return row


def visible_batches(caller: Caller) -> sa.ColumnElement[bool]:
    """Returns the query condition that selects the batches a caller may see."""
    covered = row_scope.covered(caller, ImportBatch.bureau)
    if caller.has(*SEE_EVERY_BATCH):
        return covered
    return covered & (col(ImportBatch.imported_by) == caller.account_id)
