"""The content of a batch that is not decided yet, kept in pieces.

A batch sent in bulk is kept as the file it amounts to: its columns, then a line per item. So it is
read, planned and refused by the same code as a file.
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
ITEMS: Mapping[FamilyName, Descriptor] = {
    FamilyName.SUBJECTS: bulk.SubjectItem.DESCRIPTOR,
    FamilyName.INSTRUMENTS: bulk.InstrumentItem.DESCRIPTOR,
    FamilyName.VERIFICATIONS: bulk.VerificationItem.DESCRIPTOR,
    FamilyName.RECORDS: bulk.RecordItem.DESCRIPTOR,
}


class Chunk(NamedTuple):
    """A chunk as it is kept."""

    digest: str
    items: int
    content: bytes


class Place(NamedTuple):
    """Where in a batch sent in bulk a row came from."""

    chunk: int = 0
    item: int = 0


def columns(header: pb.ImportHeader) -> list[str]:
    """The columns of a batch sent in bulk; the day of entry is told of a first load only."""
    names = [field.name for field in ITEMS[FamilyName(header.family)].fields]
    return names if header.baseline else [name for name in names if name != "entered_on"]


def heading(header: pb.ImportHeader) -> bytes:
    """The first piece of a batch sent in bulk."""
    return _lines([columns(header)])


def chunk_of(header: pb.ImportHeader, request: bulk.SendBulkChunksRequest) -> Chunk:
    """A chunk to be kept. Raises InvalidInput for items of another family, or empty ones."""
    items: Sequence[Message] = getattr(request, header.family)
    _refuse(header, request, items)
    told = [[str(getattr(one, field.name)) for field in one.DESCRIPTOR.fields] for one in items]
    said = BETWEEN_ITEMS.join(BETWEEN_FIELDS.join(cells) for cells in told)
    kept = columns(header)
    lines = _lines([str(getattr(one, name)) for name in kept] for one in items)
    return Chunk(hashlib.sha256(said.encode()).hexdigest(), len(items), lines)


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
        for number, one in enumerate(items)
        if not any(str(value).strip() for _, value in one.ListFields())
    ]
    refuse(faults, "此块不符合要求", "The chunk is not valid.")


def _lines(rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_MINIMAL).writerows(rows)
    return text.getvalue().encode()


def digest_of(digests: Iterable[str]) -> str:
    """The digest of a batch, of the digests of its chunks."""
    return hashlib.sha256("".join(digests).encode()).hexdigest()


async def digests(session: AsyncSession, batch_id: str) -> list[str]:
    """The digests of the chunks of a batch, in order."""
    wanted = select(ImportPiece.digest).where(
        ImportPiece.batch_id == batch_id, ImportPiece.sequence > 0
    )
    return list((await session.exec(wanted.order_by(col(ImportPiece.sequence)))).all())


async def content(session: AsyncSession, batch_id: str) -> bytes:
    """The whole content of a batch."""
    wanted = select(ImportPiece.content).where(ImportPiece.batch_id == batch_id)
    ordered = wanted.order_by(col(ImportPiece.sequence))
    return b"".join((await session.exec(ordered)).all())


async def keep(session: AsyncSession, batch_id: str, whole: bytes) -> None:
    """Keeps the content of a file."""
    for sequence, piece in enumerate(pieces(whole, PIECE_BYTES)):
        session.add(
            ImportPiece(batch_id=batch_id, sequence=sequence, digest="", items=0, content=piece)
        )
    await session.flush()


async def drop(session: AsyncSession, batch_id: str) -> None:
    """Keeps the content no longer."""
    await session.exec(sa.delete(ImportPiece).where(col(ImportPiece.batch_id) == batch_id))


class Places:
    """Where the rows of a batch sent in bulk came from; of a file, nowhere."""

    def __init__(self, counts: Iterable[int]) -> None:
        self._starts = [HEADER_ROW]
        for items in counts:
            self._starts.append(self._starts[-1] + items)

    @classmethod
    async def of(cls, session: AsyncSession, batch_id: str) -> Places:
        """Those of a batch whose pieces are kept."""
        wanted = select(ImportPiece.items).where(
            ImportPiece.batch_id == batch_id, ImportPiece.sequence > 0
        )
        ordered = wanted.order_by(col(ImportPiece.sequence))
        return cls((await session.exec(ordered)).all())

    def __getitem__(self, row: int) -> Place:
        """The chunk and the item of a row."""
        chunk = bisect_left(self._starts, row)
        if not HEADER_ROW < row <= self._starts[-1]:
            return Place()
        return Place(chunk, row - self._starts[chunk - 1])
