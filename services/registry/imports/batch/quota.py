"""How many unfinished batches the registry keeps: of one account, and of all together.

An unfinished batch holds its content in the database. One that is left is closed after a term
(`batch/bulk.py`, `Expiry`), which makes room again.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import col, select

from plumbing.change import Change
from plumbing.settings import Settings
from plumbing.turns import Busy
from services.registry.imports.batch.commands import MATCHING, RECEIVING, WAITING
from services.registry.tables import ImportBatch

UNFINISHED = (RECEIVING, WAITING, MATCHING)
RETRY_SECONDS = "60"  # a batch that waits to be processed is done by then


@dataclass(frozen=True)
class Quota:
    """The most unfinished batches of one account, and of all accounts."""

    of_one: int
    of_all: int

    @classmethod
    def of(cls, settings: Settings) -> Quota:
        """Returns the quota in the settings."""
        return cls(settings.import_open_of_one, settings.import_open_of_all)


async def require_room(change: Change, quota: Quota) -> None:
    """Raises Busy, with the time of the next try, if the caller may not begin another batch now.

    Two that begin at the same moment on PostgreSQL may both be the last one.
    """
    of_each = select(ImportBatch.imported_by, sa.func.count()).where(
        col(ImportBatch.state).in_(UNFINISHED)
    )
    rows = await change.session.exec(of_each.group_by(col(ImportBatch.imported_by)))
    counts = dict(rows.all())
    if counts.get(change.on_behalf_of, 0) >= quota.of_one:
        zh = f"您已有 {quota.of_one} 个未完成的批次，请先完成或放弃其中的批次"
        en = f"You have {quota.of_one} unfinished batches; complete or discard some first"
        raise Busy(zh, en, retry_after_seconds=RETRY_SECONDS)
    if sum(counts.values()) >= quota.of_all:
        zh = f"平台已有 {quota.of_all} 个未完成的批次，请稍后再试"
        en = f"There are {quota.of_all} unfinished batches; try again later"
        raise Busy(zh, en, retry_after_seconds=RETRY_SECONDS)
