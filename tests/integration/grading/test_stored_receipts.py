"""Receipts as grading stores them: with shared parts, each of which is checked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from sqlmodel import col, delete

from protos.registry.v1 import events_pb2 as events
from services.grading.checks import check
from services.grading.receipts.cutting import needed
from services.grading.tables import Receipt, ReceiptPart
from tests.integration.grading.support import Platform, penalty, subject

RECORDS = 40


async def told(platform: Platform) -> None:
    """A subject gets one record after another, and with each a new receipt."""
    await platform.tell_subjects(subject())
    for number in range(RECORDS):
        record = penalty(number, determined_on=f"2026-05-{number * 5 % 28 + 1:02}")
        await platform.announce(events.RecordsChanged(records=[record]))
    await platform.settled()


async def stored_bytes(platform: Platform) -> int:
    """The bytes of all stored receipts and of their parts."""
    receipts, parts = await platform.rows(Receipt), await platform.rows(ReceiptPart)
    own = sum(len(row.content or b"") for row in receipts)
    return own + sum(len(part.name) + len(part.content) for part in parts)


async def found(platform: Platform) -> set[tuple[str, str]]:
    problems = (await check(platform.database, platform.clock)).problems
    return {(one.name, one.object) for one in problems}


def behind(content: bytes, parts: Mapping[bytes, bytes]) -> Iterator[bytes]:
    """The names of the parts of a content, on every level."""
    for name in needed(content):
        yield name
        yield from behind(parts[name], parts)


async def only_of_the_past(platform: Platform) -> ReceiptPart:
    """A part of former receipts that the present one does not need."""
    stored = {row.receipt_id: row.content or b"" for row in await platform.rows(Receipt)}
    rows = await platform.rows(ReceiptPart)
    parts = {row.name: row.content for row in rows}
    present = set(behind(stored[(await platform.current()).receipt_id], parts))
    return next(row for row in rows if row.name not in present and not needed(row.content))


async def test_each_record_adds_what_it_changes(platform: Platform) -> None:
    await told(platform)
    receipts = await platform.receipts()
    assert len(receipts) == RECORDS + 1
    whole = sum(len(json.dumps(one, ensure_ascii=False).encode()) for one in receipts.values())
    stored = await stored_bytes(platform)
    assert stored < whole / 3, (stored, whole)
    assert stored / len(receipts) < 5000
    findings = await check(platform.database, platform.clock)
    assert findings.problems == []
    assert findings.figures["receipts"] == len(receipts)
    assert findings.figures["receipt_parts"] > RECORDS


async def test_a_part_that_is_changed_or_missing_is_found(platform: Platform) -> None:
    """The attacker has the database, and changes what only the receipt of a former grade needs."""
    await told(platform)
    part = await only_of_the_past(platform)
    async with platform.database.transaction() as session:
        row = await session.get_one(ReceiptPart, part.name)
        row.content += b" "
    assert await found(platform) == {("receipt.part_changed", f"receipt-part/{part.name.hex()}")}
    async with platform.database.transaction() as session:
        await session.exec(delete(ReceiptPart).where(col(ReceiptPart.name) == part.name))
    missing = await found(platform)
    assert {name for name, _ in missing} == {"receipt.part_missing"}
    assert missing
