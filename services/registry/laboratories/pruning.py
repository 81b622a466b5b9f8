"""Removes the hourly records of laboratories once they need not be kept any more.

What a mark took from them stays with its verification, and such a mark is never computed again.
"""

from __future__ import annotations

from sqlmodel import col, select

from law.laboratories import kept_from
from plumbing.change import Changes
from plumbing.clock import midnight
from plumbing.identity import service_caller
from plumbing.pruning.portions import PORTION, Paused
from services.registry.institutions.tables import Institution
from services.registry.laboratories.tables import EnvironmentRecord, Laboratory

_CALLER = service_caller("registry")


class EnvironmentPruner:
    """Removes the records of days before the first one that is kept, laboratory by laboratory."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes

    async def prune(self, paused: Paused) -> dict[str, int]:
        """Removes them, 500 in a transaction with an audit entry; returns how many."""
        async with self._changes.database.snapshot() as session:
            every = select(Laboratory.laboratory_id).order_by(col(Laboratory.laboratory_id))
            laboratories = (await session.exec(every)).all()
        total = 0
        for laboratory_id in laboratories:
            while removed := await self._prune_portion(laboratory_id):
                total += removed
                await paused()
        return {"environment_record": total}

    async def _prune_portion(self, laboratory_id: str) -> int:
        async with self._changes.change(_CALLER) as change:
            first = kept_from(change.today)
            old = (
                select(EnvironmentRecord)
                .where(
                    EnvironmentRecord.laboratory_id == laboratory_id,
                    col(EnvironmentRecord.hour) < midnight(first),
                )
                .order_by(col(EnvironmentRecord.hour), col(EnvironmentRecord.sensor))
                .limit(PORTION)
                .with_for_update()
            )
            records = (await change.session.exec(old)).all()
            for record in records:
                await change.session.delete(record)
            if records:
                laboratory = await change.session.get_one(Laboratory, laboratory_id)
                owner = await change.session.get_one(Institution, laboratory.institution_id)
                change.audit(
                    "prune_environment",
                    f"laboratory/{laboratory_id}",
                    after={"environment_records": len(records), "kept_from": first.isoformat()},
                    bureau=owner.bureau,
                )
        return len(records)
