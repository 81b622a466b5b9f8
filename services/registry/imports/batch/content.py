"""Stores the content of a batch, in pieces, until the batch is decided.

A batch sent in bulk is stored as a CSV file: its columns, then a line for each item. So the same
code reads, plans and refuses it as any file.
"""

from __future__ import annotations

import csv
import hashlib
import io
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import sqlalchemy as sa
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import Fault
from law.reader.strict_reader import refuse
from plumbing.chunks import pieces
from protos.registry.v1 import bulk_pb2 as bulk
from protos.registry.v1 import registry_pb2 as pb
from services.registry.imports.rows.families import FamilyName
from services.registry.imports.rows.faults import HEADER_ROW
from services.registry.tables import ImportPiece

PIECE_BYTES = 1 << 20
BETWEEN_FIELDS, BETWEEN_ITEMS = "\x1f", "\x1e"
_FIRST_LATER = "part"  # the first field that came after the first release with digests
ITEMS: Mapping[FamilyName, Descriptor] = {
    FamilyName.SUBJECTS: bulk.SubjectItem.DESCRIPTOR,
    FamilyName.INSTRUMENTS: bulk.InstrumentItem.DESCRIPTOR,
    FamilyName.VERIFICATIONS: bulk.VerificationItem.DESCRIPTOR,
    FamilyName.RECORDS: bulk.RecordItem.DESCRIPTOR,
}


class Chunk(NamedTuple):
    """A chunk as it is stored: its digest, its number of items, and the items as lines of CSV."""

    digest: str
    items: int
    content: bytes


class Place(NamedTuple):
    """Where a row came from: chunk and item, both from 1 in a bulk batch, both 0 in a file."""

    chunk: int = 0
    item: int = 0


def columns(header: pb.ImportHeader) -> list[str]:
    """Returns the columns of a batch sent in bulk.

    The column `entered_on` is only in the first load of a register (`baseline`).
    """
    names = [field.name for field in ITEMS[FamilyName(header.family)].fields]
    return names if header.baseline else [name for name in names if name != "entered_on"]


def heading(header: pb.ImportHeader) -> bytes:
    """Returns the first piece of a batch sent in bulk: the CSV line of its column names."""
    return _lines([columns(header)])


def chunk_of(header: pb.ImportHeader, request: bulk.SendBulkChunksRequest) -> Chunk:
    """Converts a received chunk to the form in which it is stored.

    Raises InvalidInput for a chunk without items, empty items, or items of another family than the
    batch's.
    """
    items: Sequence[Message] = getattr(request, header.family)
    _refuse(header, request, items)
    content = BETWEEN_ITEMS.join(map(text_of, items))
    names = columns(header)
    lines = _lines([str(getattr(item, name)) for name in names] for item in items)
    return Chunk(hashlib.sha256(content.encode()).hexdigest(), len(items), lines)


def text_of(item: Message) -> str:
    """Returns the text of an item of which digests are made.

    Fields of the first release with digests are in it always, later ones only if the item has them:
    so the digests of senders that know nothing of these stay right.
    """
    fields = [one.name for one in item.DESCRIPTOR.fields]
    later = fields.index(_FIRST_LATER) if _FIRST_LATER in fields else len(fields)
    said = fields[:later] + [name for name in fields[later:] if getattr(item, name)]
    return BETWEEN_FIELDS.join(str(getattr(item, name)) for name in said)


def _refuse(
    header: pb.ImportHeader, request: bulk.SendBulkChunksRequest, items: Sequence[Message]
) -> None:
    faults = [
        Fault(family.value, f"此批次只收 {header.family}", f"the batch takes {header.family} only")
        for family in ITEMS
        if family != header.family and getattr(request, family)
    ]
    if not items:
        faults.append(Fault(header.family, "至少 1 项", "at least one item"))
    faults += [
        Fault(f"{header.family}[{number}]", "此项没有任何内容", "the item says nothing")
        for number, item in enumerate(items)
        if not any(str(value).strip() for _, value in item.ListFields())
    ]
    refuse(faults, "此块不符合要求", "The chunk is not valid.")


def _lines(rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_MINIMAL).writerows(rows)
    return text.getvalue().encode()


def digest_of(digests: Iterable[str]) -> str:
    """Returns the digest of a batch: the SHA-256 of the digests of its chunks, in order."""
    return hashlib.sha256("".join(digests).encode()).hexdigest()


async def digests(session: AsyncSession, batch_id: str) -> list[str]:
    """Reads the digests of the chunks of a batch, in order."""
    rows = select(ImportPiece.digest).where(
        ImportPiece.batch_id == batch_id, ImportPiece.sequence > 0
    )
    return list((await session.exec(rows.order_by(col(ImportPiece.sequence)))).all())


async def content(session: AsyncSession, batch_id: str) -> bytes:
    """Reads the whole stored content of a batch."""
    rows = select(ImportPiece.content).where(ImportPiece.batch_id == batch_id)
    ordered = rows.order_by(col(ImportPiece.sequence))
    return b"".join((await session.exec(ordered)).all())


async def keep(session: AsyncSession, batch_id: str, whole: bytes) -> None:
    """Stores the content of a file in pieces."""
    for sequence, piece in enumerate(pieces(whole, PIECE_BYTES)):
        session.add(
            ImportPiece(batch_id=batch_id, sequence=sequence, digest="", items=0, content=piece)
        )
    await session.flush()


async def drop(session: AsyncSession, batch_id: str) -> None:
    """Deletes the stored content of a batch."""
    await session.exec(sa.delete(ImportPiece).where(col(ImportPiece.batch_id) == batch_id))


class Places:
    """The places from which the rows of a batch sent in bulk came; rows of a file have no place."""

    def __init__(self, counts: Iterable[int]) -> None:
        """Computes the first row of each chunk; `counts` are the numbers of items of the chunks."""
        self._starts = [HEADER_ROW]
        for items in counts:
            self._starts.append(self._starts[-1] + items)

    @classmethod
    async def of(cls, session: AsyncSession, batch_id: str) -> Places:
        """Reads the places of the rows of a batch whose pieces are still stored."""
        rows = select(ImportPiece.items).where(
            ImportPiece.batch_id == batch_id, ImportPiece.sequence > 0
        )
        ordered = rows.order_by(col(ImportPiece.sequence))
        return cls((await session.exec(ordered)).all())

    def __getitem__(self, row: int) -> Place:
        """Returns the chunk and the item from which a row came."""
        chunk = bisect_left(self._starts, row)
        if not HEADER_ROW < row <= self._starts[-1]:
            return Place()
        return Place(chunk, row - self._starts[chunk - 1])
