"""The receipts that cases cite: grading must still hold each, and as it was when it was cited.

A letter names the receipts of the grade before and after a decision. The case keeps the digests
that they had then; a case of an earlier release keeps none, so there only existence is checked.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from sqlmodel import col, or_, select

from plumbing import paging
from plumbing.database import Database
from plumbing.service import Findings
from services.objection.tables import Case

CHUNK = 200  # cases; each cites two receipts at most


class CitedReceipts:
    """Compares the receipts that cases cite with those that grading holds.

    `held` returns the digest of each of the named receipts that grading holds, by its id.
    """

    def __init__(
        self, database: Database, held: Callable[[Sequence[str]], Awaitable[Mapping[str, str]]]
    ) -> None:
        self._database, self._held = database, held

    async def check(self, findings: Findings) -> None:
        """Counts the cited receipts, and reports each that is missing or is not what it was.

        Raises the refusals of grading.
        """
        findings.figures["receipts.cited"] = 0
        citing = select(Case).where(
            or_(col(Case.receipt_before) != "", col(Case.receipt_after) != "")
        )
        async with self._database.snapshot() as session:
            async for cases in paging.read_in_chunks(session, citing, col(Case.case_id), CHUNK):
                await self._compare(cases, findings)

    async def _compare(self, cases: Sequence[Case], findings: Findings) -> None:
        cited = [(case, one) for case in cases for one in _receipts_of(case)]
        held = await self._held(sorted({receipt_id for _, receipt_id in cited}))
        findings.figures["receipts.cited"] += len(cited)
        for case, receipt_id in cited:
            digest = held.get(receipt_id, "")
            if not digest:
                zh = f"案件引用的评价凭据 {receipt_id} 不存在"
                findings.differ(
                    "receipt.missing", _name(case), zh, f"Its receipt {receipt_id} does not exist"
                )
            elif case.receipt_digests.get(receipt_id, digest) != digest:
                zh = f"案件引用的评价凭据 {receipt_id} 与引用时不同"
                en = f"Its receipt {receipt_id} is not what it was when it was cited"
                findings.differ("receipt.differs", _name(case), zh, en)


def _receipts_of(case: Case) -> list[str]:
    return [one for one in dict.fromkeys((case.receipt_before, case.receipt_after)) if one]


def _name(case: Case) -> str:
    return f"case/{case.case_id}"
