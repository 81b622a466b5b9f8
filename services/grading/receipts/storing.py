"""Stores receipts with their shared parts, and reads their texts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing.chunks import chunks
from services.grading.receipts import cutting
from services.grading.tables import Receipt, ReceiptPart

CHUNK = 500
# In one order, so that two transactions with the same new parts cannot wait for each other.
_PUT = sa.text(
    "INSERT INTO receipt_part (name, content) VALUES (:name, :content)"
    " ON CONFLICT (name) DO NOTHING"
)


async def put(session: AsyncSession, parts: Mapping[bytes, bytes]) -> None:
    """Stores the parts that are not stored yet."""
    if parts:
        connection = await session.connection()
        rows = [{"name": name, "content": parts[name]} for name in sorted(parts)]
        await connection.execute(_PUT, rows)


async def texts(session: AsyncSession, receipts: Sequence[Receipt]) -> dict[str, str]:
    """Returns the JSON text of each receipt, by its id, as it was when the receipt was made.

    A receipt of which a part is missing is left out.
    """
    parts = await _parts_of(session, receipts)
    found = {}
    for receipt in receipts:
        try:
            found[receipt.receipt_id] = text_of(receipt, parts)
        except KeyError:
            continue  # `check` names the part
    return found


def text_of(receipt: Receipt, parts: Mapping[bytes, bytes]) -> str:
    """Returns the JSON text of a receipt. Raises KeyError if a part of it is not among `parts`."""
    if receipt.content is None:  # stored by a release whose receipts shared nothing
        return json.dumps(receipt.document, ensure_ascii=False)
    return cutting.joined(receipt.content, parts)


async def _parts_of(session: AsyncSession, receipts: Iterable[Receipt]) -> dict[bytes, bytes]:
    """The parts of receipts, read level by level."""
    found: dict[bytes, bytes] = {}
    contents = [one.content for one in receipts if one.content is not None]
    while missing := {name for one in contents for name in cutting.needed(one)} - found.keys():
        level = await _read(session, sorted(missing))
        found |= level
        contents = list(level.values())
    return found


async def _read(session: AsyncSession, names: Sequence[bytes]) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    for some in chunks(names, CHUNK):
        parts = select(ReceiptPart).where(col(ReceiptPart.name).in_(some))
        found |= {part.name: part.content for part in (await session.exec(parts)).all()}
    return found
