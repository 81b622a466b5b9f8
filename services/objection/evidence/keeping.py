"""How long files of cases are kept, which files rows name, and what `check` finds about them.

A file is erased once its case has ended long enough ago and every record of the case has left the
archive (`services/registry/retention/`): then nothing is left that it could prove. Its digest
stays.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from sqlmodel import col, select

from plumbing.change import Change, Changes
from plumbing.database import Database
from plumbing.files import Files
from plumbing.identity import service_caller
from plumbing.pruning.portions import PORTION, Paused
from plumbing.service import Findings
from plumbing.settings import Settings
from services.objection.steps import aggregate_of
from services.objection.tables import Case, CaseEvidence

_CALLER = service_caller("objection")
# Whether the archive still holds any of these records; the second argument is an account.
Held = Callable[[Sequence[str], str], Awaitable[bool]]


async def named_by_evidence(database: Database, digests: list[str]) -> set[str]:
    """Returns which of some SHA-256 values a kept file or its preview has."""
    kept = col(CaseEvidence.erased_at).is_(None)
    async with database.snapshot() as session:
        found: set[str] = set()
        for column in (CaseEvidence.sha256, CaseEvidence.preview_sha256):
            found |= set(await session.exec(select(column).where(kept, col(column).in_(digests))))
        return found


async def check_evidence(database: Database, files: Files, findings: Findings) -> None:
    """Reports files of cases that are missing from the store, or have another length."""
    async with database.snapshot() as session:
        kept = select(CaseEvidence).where(col(CaseEvidence.erased_at).is_(None))
        rows = (await session.exec(kept)).all()
    sizes = {digest: size async for digest, size in files.sizes()} if rows else {}
    findings.figures["evidence_files"] = len(rows)
    for row in rows:
        if sizes.get(row.sha256) != row.size:
            zh, en = "证据文件不在存储中，或长度不同", "Its file is missing, or has another length"
            findings.differ("evidence.file_missing", f"evidence/{row.evidence_id}", zh, en)


class EvidencePruner:
    """Erases the files whose time is over, and forgets those held for cases that never came.

    `kept` is how long a file stays at least after its case has ended; `held` asks the archive, and
    a file for a case that was not lodged stays for `waits`.
    """

    def __init__(self, changes: Changes, kept: timedelta, held: Held, *, waits: timedelta) -> None:
        self._changes, self._kept, self._held, self._waits = changes, kept, held, waits

    @classmethod
    def of(cls, changes: Changes, settings: Settings, held: Held) -> EvidencePruner:
        """Returns the pruner with the days that the settings name."""
        kept = timedelta(days=settings.evidence_keep_days)
        return cls(changes, kept, held, waits=timedelta(days=settings.evidence_wait_days))

    async def prune(self, paused: Paused) -> dict[str, int]:
        """Erases and forgets; returns how many. The files themselves go with the next sweep."""
        forgotten = await self._forget(paused)
        erased = 0
        for case in await self._ended():
            records = case.record_ids
            if not (records and await self._held(records, case.decided_by or case.lodged_by)):
                erased += await self._erase(case)
                await paused()
        return {"case_evidence": erased + forgotten}

    async def _forget(self, paused: Paused) -> int:
        total = 0
        while forgotten := await self._forget_portion():
            total += forgotten
            await paused()
        return total

    async def _forget_portion(self) -> int:
        async with self._changes.change(_CALLER) as change:
            old = select(CaseEvidence).where(
                col(CaseEvidence.case_id) == "",
                col(CaseEvidence.uploaded_at) < change.at - self._waits,
            )
            rows = (await change.session.exec(old.limit(PORTION).with_for_update())).all()
            for row in rows:
                await change.session.delete(row)
            if rows:
                change.audit("forget_evidence", "evidence", after={"files": len(rows)})
        return len(rows)

    async def _ended(self) -> list[Case]:
        """The cases that ended long enough ago and still have files."""
        before = self._changes.clock.now() - self._kept
        with_files = select(CaseEvidence.case_id).where(col(CaseEvidence.erased_at).is_(None))
        cases = select(Case).where(
            col(Case.settled_at) < before, col(Case.case_id).in_(with_files.distinct())
        )
        async with self._changes.database.snapshot() as session:
            return list(await session.exec(cases))

    async def _erase(self, case: Case) -> int:
        async with self._changes.change(_CALLER) as change:
            kept = select(CaseEvidence).where(
                col(CaseEvidence.case_id) == case.case_id, col(CaseEvidence.erased_at).is_(None)
            )
            rows = (await change.session.exec(kept.with_for_update())).all()
            for row in rows:
                _blank(change, row)
            if rows:
                erased = {"files": [row.evidence_id for row in rows]}
                change.audit("erase_evidence", aggregate_of(case), after=erased, bureau=case.bureau)
        return len(rows)


def _blank(change: Change, row: CaseEvidence) -> None:
    row.erased_at = change.at
    row.file_name = row.description = row.preview_sha256 = ""
    row.preview_size = 0
    change.session.add(row)
