"""Stores the receipts of earlier releases with shared parts, a portion at a time."""

from __future__ import annotations

import asyncio
from typing import NoReturn

import structlog
from sqlmodel import col, select

from plumbing.change import Change, Changes
from plumbing.database_away import DATABASE_AWAY
from plumbing.identity import service_caller
from services.grading.receipts import cutting, storing
from services.grading.tables import Receipt

PORTION = 100
# Others write between two portions. A replica of the last release may still store whole receipts.
PAUSE_SECONDS, LOOK_EVERY_SECONDS = 0.05, 3600.0
_CALLER = service_caller("grading")
_LOG = structlog.get_logger()


class ReceiptMover:
    """Moves receipts that were stored whole; their texts stay the same, byte for byte."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes

    async def run(self) -> NoReturn:
        """Moves until cancelled: at once, and then what it finds each hour."""
        while True:
            moved = 0
            try:
                moved = await self.move_portion()
            except DATABASE_AWAY as error:
                _LOG.warning("receipts not moved, tried again later", error=repr(error))
            await asyncio.sleep(PAUSE_SECONDS if moved else LOOK_EVERY_SECONDS)

    async def move_portion(self) -> int:
        """Moves up to 100 receipts in one transaction with one audit entry; returns how many."""
        async with self._changes.change(_CALLER) as change:
            whole = select(Receipt).where(col(Receipt.content).is_(None))
            rows = whole.order_by(col(Receipt.receipt_id)).limit(PORTION).with_for_update()
            receipts = (await change.session.exec(rows)).all()
            for receipt in receipts:
                await _move(change, receipt)
            if receipts:
                change.audit("share_receipts", "receipts", after={"receipts": len(receipts)})
        return len(receipts)


async def _move(change: Change, receipt: Receipt) -> None:
    text = storing.text_of(receipt, {})
    cut = cutting.cut(text)
    if cutting.joined(cut.content, cut.parts) != text:
        raise AssertionError(f"Receipt {receipt.receipt_id} would not be read as it was")
    await storing.put(change.session, cut.parts)
    receipt.content, receipt.document = cut.content, {}
