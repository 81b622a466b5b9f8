"""Checks that every part of the stored receipts is there, and is what its name says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing import paging
from plumbing.chunks import chunks
from plumbing.service import Findings
from services.grading.receipts import cutting
from services.grading.tables import Receipt, ReceiptPart

CHUNK, PORTION = 1000, 500  # rows read at a time, and names asked for at a time


async def check_parts(session: AsyncSession, findings: Findings) -> None:
    """Counts receipts and parts; reports parts that were changed, and what lacks a part."""
    findings.figures |= {"receipts": 0, "receipt_parts": 0}
    receipts = select(Receipt.receipt_id, Receipt.content)
    async for rows in paging.read_in_chunks(session, receipts, col(Receipt.receipt_id), CHUNK):
        findings.figures["receipts"] += len(rows)
        owners = [(f"receipt/{key}", content) for key, content in rows if content is not None]
        await _check_needed(session, owners, findings)
    parts = select(ReceiptPart.name, ReceiptPart.content)
    async for rows in paging.read_in_chunks(session, parts, col(ReceiptPart.name), CHUNK):
        findings.figures["receipt_parts"] += len(rows)
        _check_names(rows, findings)
        await _check_needed(session, [(_object(name), content) for name, content in rows], findings)


def _check_names(parts: Iterable[tuple[bytes, bytes]], findings: Findings) -> None:
    for name, content in parts:
        if cutting.name_of(content) != name:
            findings.differ(
                "receipt.part_changed",
                _object(name),
                "评价凭据的这一部分与其摘要不符，是绕过平台改动的",
                "This part of receipts does not have the digest that names it: it was changed",
            )


async def _check_needed(
    session: AsyncSession, owners: Sequence[tuple[str, bytes]], findings: Findings
) -> None:
    needed = {name for _, content in owners for name in cutting.needed(content)}
    known: set[bytes] = set()
    for some in chunks(needed, PORTION):
        query = select(ReceiptPart.name).where(col(ReceiptPart.name).in_(some))
        known |= set((await session.exec(query)).all())
    for owner, content in owners:
        if set(cutting.needed(content)) - known:
            findings.differ(
                "receipt.part_missing",
                owner,
                "评价凭据缺少一部分",
                "A part of this receipt, or of this part of receipts, is missing",
            )


def _object(name: bytes) -> str:
    return f"receipt-part/{name.hex()}"
