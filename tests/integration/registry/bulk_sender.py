"""A sender of batches in bulk, which knows its chunks and their digests."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from plumbing.client import new_request_id
from protos.registry.v1 import bulk_pb2 as bulk
from protos.registry.v1 import registry_pb2 as pb
from tests.integration.registry.running_registry import Client
from tests.patience import PATIENCE_SECONDS

Item = bulk.SubjectItem | bulk.InstrumentItem | bulk.VerificationItem | bulk.RecordItem


@dataclass
class Sender:
    """A system that pushes a batch of some family."""

    client: Client
    family: str
    chunks: Sequence[Sequence[Item]]
    batch_id: str = field(default_factory=lambda: str(uuid4()))

    async def open(self, **values: Any) -> bulk.BulkBatch:
        """Opens the batch, by default all or nothing."""
        defaults = {"name": "合成报送", "mode": "all_or_nothing", "request_id": new_request_id()}
        request = bulk.OpenBulkBatchRequest(
            batch_id=self.batch_id, family=self.family, **(defaults | values)
        )
        return (await self.client.bulk.OpenBulkBatch(request)).batch

    async def send(self, first: int = 1, last: int | None = None) -> bulk.BulkBatch:
        """Streams the chunks from `first` to `last`, both included."""
        stream = self.stream(range(first, (last or len(self.chunks)) + 1))
        return (await self.client.bulk.SendBulkChunks(stream, timeout=PATIENCE_SECONDS)).batch

    async def stream(self, sequences: Iterable[int]) -> AsyncIterator[bulk.SendBulkChunksRequest]:
        for sequence in sequences:
            yield self.chunk(sequence)

    def chunk(self, sequence: int) -> bulk.SendBulkChunksRequest:
        """The request with one chunk."""
        items: dict[str, Any] = {self.family: self.chunks[sequence - 1]}
        return bulk.SendBulkChunksRequest(batch_id=self.batch_id, sequence=sequence, **items)

    async def status(self) -> bulk.BulkBatch:
        """The batch and how much of it has been received."""
        request = bulk.GetBulkBatchRequest(batch_id=self.batch_id)
        return (await self.client.bulk.GetBulkBatch(request)).batch

    async def complete(self, within: float = PATIENCE_SECONDS, **values: Any) -> pb.Batch:
        """Completes the batch."""
        defaults: dict[str, Any] = {
            "request_id": new_request_id(),
            "items": sum(map(len, self.chunks)),
            "digest": digest_of(self.chunks),
        }
        request = bulk.CompleteBulkBatchRequest(batch_id=self.batch_id, **(defaults | values))
        return (await self.client.bulk.CompleteBulkBatch(request, timeout=within)).batch

    async def push(self, **values: Any) -> pb.Batch:
        """Opens, sends and completes the batch."""
        await self.open(**values)
        await self.send()
        return await self.complete()


def digest_of(chunks: Iterable[Sequence[Item]]) -> str:
    """The digest of a batch as the contract words it."""
    digests = "".join(_sha256("\x1e".join(map(_text, chunk))) for chunk in chunks)
    return _sha256(digests)


def _text(item: Item) -> str:
    names, said, first = [one.name for one in item.DESCRIPTOR.fields], list[str](), True
    for name in names:
        first = first and name != "part"  # that and those below are left out where they are empty
        if first or getattr(item, name):
            said.append(getattr(item, name))
    return "\x1f".join(said)


def _sha256(values: str) -> str:
    return hashlib.sha256(values.encode()).hexdigest()


def meters(owner: str, count: int, mark: str, **values: str) -> list[bulk.InstrumentItem]:
    """Water meters of one owner."""
    return [
        bulk.InstrumentItem(owner=owner, type_code="WATER", serial_no=f"{mark}-{n:05d}", **values)
        for n in range(count)
    ]


def in_chunks(items: Sequence[Item], size: int) -> list[Sequence[Item]]:
    """The items in chunks."""
    return [items[start : start + size] for start in range(0, len(items), size)]
