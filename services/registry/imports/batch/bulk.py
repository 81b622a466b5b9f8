"""A batch sent in bulk: opened, received chunk by chunk, completed, or expired.

Each chunk is stored in a transaction of its own. If the stream, the sender or this process fails,
the batch has exactly the chunks that were acknowledged.
"""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

import structlog
from sqlmodel import col, select

from law.errors import AlreadyExists, Fault, InvalidInput, NotPermitted, WrongState
from plumbing.change import Change, Changes
from plumbing.clock import local_date
from plumbing.database_away import DATABASE_AWAY
from plumbing.identity import service_caller
from plumbing.view import View
from protos.registry.v1 import bulk_pb2 as pb
from protos.registry.v1 import registry_pb2
from services.registry.imports.batch import content as pieces
from services.registry.imports.batch.access import find_batch
from services.registry.imports.batch.approvers import AWAITING, describe
from services.registry.imports.batch.commands import (
    MATCHING,
    RECEIVING,
    WAITING,
    close,
    require_scope,
)
from services.registry.imports.batch.content import Chunk
from services.registry.imports.batch.intake import Upload, question, sent_as
from services.registry.imports.batch.processing import Ready, process, required
from services.registry.imports.batch.quota import Quota, require_room
from services.registry.imports.rows import columns as mapping
from services.registry.tables import ImportBatch, ImportPiece

EXPIRY_EVERY_SECONDS = 5.0
EXPIRED_AT_ONCE = 100
EXPIRY_GROUND = "逾期未完成"
log = structlog.get_logger()


def header_of(request: pb.OpenBulkBatchRequest) -> registry_pb2.ImportHeader:
    """Returns the header that a file with the same content as the batch would have."""
    header = registry_pb2.ImportHeader(
        family=request.family,
        file_name=request.name,
        bureau=request.bureau,
        mode=request.mode,
        baseline=request.baseline,
        file_missing=request.file_missing,
        unknown_types=True,  # a system has types of its own, which its faults then tell of
    )
    mapping.check_header(header)
    return header


def last_day(batch: ImportBatch, open_days: int) -> date:
    """Returns the last day on which further chunks of a batch are received.

    It is `open_days` calendar days after the last chunk, or after the opening if there is no chunk.
    """
    return local_date(batch.last_at or batch.imported_at) + timedelta(days=open_days)


async def open_batch(
    change: Change, request: pb.OpenBulkBatchRequest, *, quota: Quota
) -> pb.OpenBulkBatchResponse:
    """Opens a batch; if the sender has opened it before with the same request, changes nothing.

    Raises NotPermitted outside the caller's scope, InvalidInput for a request that contradicts
    itself, AlreadyExists for an id that was used for another batch, Busy above the quota.
    """
    header = header_of(request)
    await require_scope(change, header)
    batch_id = _normal(request.batch_id)
    known = await change.session.get(ImportBatch, batch_id)
    if known is not None:
        _require_same(change, known, header)
        return pb.OpenBulkBatchResponse()
    await require_room(change, quota)
    batch = _new_batch(change, batch_id, header)
    change.session.add(batch)
    await change.session.flush()
    change.session.add(_piece(batch, 0, Chunk("", 0, pieces.heading(header))))
    change.audit("open_import", f"import/{batch_id}", after={"family": header.family})
    return pb.OpenBulkBatchResponse()


def _new_batch(change: Change, batch_id: str, header: registry_pb2.ImportHeader) -> ImportBatch:
    return ImportBatch(
        batch_id=batch_id,
        family=header.family,
        file_name=header.file_name,
        state=RECEIVING,
        baseline=header.baseline,
        bureau=header.bureau or change.caller.bureau,
        imported_by=change.on_behalf_of,
        imported_at=change.at,
        encoding="bulk",
        sha256="",
        question="",
        header=pieces.columns(header),
        asked=header.SerializeToString(),
        sent_as=sent_as(change.caller),
        next_sequence=1,
        last_at=change.at,
    )


def _require_same(change: Change, known: ImportBatch, header: registry_pb2.ImportHeader) -> None:
    same = known.asked == header.SerializeToString()
    if known.imported_by != change.on_behalf_of or not known.next_sequence or not same:
        zh, en = "该批次编号已用于另一批次", "This batch id was used for another batch"
        raise AlreadyExists(zh, en, batch_id=known.batch_id)


async def receive(
    change: Change, request: pb.SendBulkChunksRequest, max_bytes: int, open_days: int
) -> None:
    """Stores one chunk of a batch; a chunk that was received before is ignored.

    Raises NotFound for an unknown batch, NotPermitted for another sender's batch, InvalidInput for
    items that cannot be read or a batch longer than `max_bytes`, WrongState for a batch that is not
    being sent or has expired, or a chunk that is not the next one, AlreadyExists for a known chunk
    with other content.
    """
    batch = await _receiving(change, request.batch_id, open_days)
    header = registry_pb2.ImportHeader.FromString(batch.asked or b"")
    chunk = pieces.chunk_of(header, request)
    if request.sequence > batch.next_sequence:
        raise WrongState(
            f"应从第 {batch.next_sequence} 块接着发送",
            f"Chunk {batch.next_sequence} is expected next",
            next_sequence=str(batch.next_sequence),
        )
    if request.sequence < batch.next_sequence:
        await _require_repeated(change, batch, request.sequence, chunk)
        return
    batch.bytes_held += len(chunk.content)
    if batch.bytes_held > max_bytes:
        zh = f"批次超过 {max_bytes} 字节，请分成几个批次发送"
        raise InvalidInput(zh, f"The batch is longer than {max_bytes} bytes; send several")
    batch.next_sequence, batch.last_at = request.sequence + 1, change.at
    batch.rows += chunk.items
    change.session.add(_piece(batch, request.sequence, chunk))


async def _receiving(change: Change, batch_id: str, open_days: int) -> ImportBatch:
    batch = await find_batch(change.session, change.caller, _normal(batch_id), lock=True)
    if batch.imported_by != change.on_behalf_of:
        raise NotPermitted("该批次由他人发送", "The batch is somebody else's")
    if batch.state != RECEIVING:
        raise WrongState("该批次不再接收内容", "The batch receives no more", state=batch.state)
    if change.today > last_day(batch, open_days):
        raise WrongState(
            "该批次搁置过久，已失效", "The batch was left for too long", state="expired"
        )
    return batch


async def _require_repeated(
    change: Change, batch: ImportBatch, sequence: int, chunk: Chunk
) -> None:
    known = await change.session.get_one(ImportPiece, (batch.batch_id, sequence))
    if known.digest != chunk.digest:
        raise AlreadyExists(
            f"第 {sequence} 块已收到，且内容不同",
            f"Chunk {sequence} came before, with other content",
            sequence=str(sequence),
        )


def _piece(batch: ImportBatch, sequence: int, chunk: Chunk) -> ImportPiece:
    return ImportPiece(
        batch_id=batch.batch_id,
        sequence=sequence,
        digest=chunk.digest,
        items=chunk.items,
        content=chunk.content,
    )


async def kept_content(view: View, batch_id: str) -> tuple[registry_pb2.ImportHeader, bytes, str]:
    """Returns a batch's header, its content received so far, and the digest of the content.

    Raises NotFound for an unknown batch, and NotPermitted outside the caller's scope.
    """
    batch = await find_batch(view.session, view.caller, _normal(batch_id))
    content = await pieces.content(view.session, batch.batch_id)
    digest = pieces.digest_of(await pieces.digests(view.session, batch.batch_id))
    return registry_pb2.ImportHeader.FromString(batch.asked or b""), content, digest


async def draft_of_complete(change: Change, batch_id: str, upload: Upload) -> ImportBatch | None:
    """Returns a copy of a batch that is to be completed; None if `complete_batch` will refuse it.

    Raises NotFound for an unknown batch, and NotPermitted outside the caller's scope.
    """
    batch = await find_batch(change.session, change.caller, _normal(batch_id))
    change.session.expunge(batch)
    if batch.state != RECEIVING or batch.imported_by != change.on_behalf_of:
        return None
    _close(batch, upload)
    return batch


def _close(batch: ImportBatch, upload: Upload) -> None:
    header = registry_pb2.ImportHeader.FromString(batch.asked or b"")
    batch.sha256, batch.rows = upload.sha256, upload.file.rows
    batch.question = question(header, upload.sha256, batch.bureau)
    batch.header = list(upload.file.names)


async def complete_batch(
    change: Change,
    request: pb.CompleteBulkBatchRequest,
    *,
    upload: Upload,
    open_days: int,
    ready: Ready | None,
) -> pb.CompleteBulkBatchResponse:
    """Closes the receiving of a batch and processes its content as if it were a file.

    Raises NotFound for an unknown batch, NotPermitted for another sender's batch, WrongState for a
    batch that is not being sent, InvalidInput if the sender's count of items or digest differs from
    that of the received content, Overtaken if others have changed what it is about since it was
    compared.
    """
    batch = await _receiving(change, request.batch_id, open_days)
    digest = pieces.digest_of(await pieces.digests(change.session, batch.batch_id))
    _require_complete(batch, digest, request)
    if upload.sha256 != digest:  # a chunk has arrived since the content was read
        raise WrongState("此批次仍在接收内容", "The batch is still being sent", state=batch.state)
    _close(batch, upload)
    batch.imported_at = change.at
    await process(change, batch, required(ready))
    if batch.state != AWAITING:
        await pieces.drop(change.session, batch.batch_id)
    if not change.audited:
        after = {"state": batch.state, "items": batch.rows, "digest": digest}
        change.audit("complete_import", f"import/{batch.batch_id}", after=after)
    return pb.CompleteBulkBatchResponse(batch=await describe(change.session, batch))


def _require_complete(
    batch: ImportBatch, digest: str, request: pb.CompleteBulkBatchRequest
) -> None:
    faults = []
    if request.items != batch.rows:
        zh, en = f"已收到 {batch.rows} 项", f"{batch.rows} items were received"
        faults.append(Fault("items", zh, en))
    if request.digest != digest:
        zh, en = f"已收到内容的摘要为 {digest}", f"what was received has the digest {digest}"
        faults.append(Fault("digest", zh, en))
    if faults:
        zh, en = "收到的内容与发送方所述不符", "What was received is not what the sender counts"
        raise InvalidInput(zh, en, faults=faults)


async def get_batch(view: View, batch_id: str, open_days: int) -> pb.BulkBatch:
    """Returns a batch and how much of its content has been received.

    Raises NotFound for an unknown batch, and NotPermitted outside the caller's scope.
    """
    batch = await find_batch(view.session, view.caller, _normal(batch_id))
    message = pb.BulkBatch(
        batch=await describe(view.session, batch),
        next_sequence=batch.next_sequence,
        bytes=batch.bytes_held,
    )
    if batch.state == RECEIVING:
        digests = await pieces.digests(view.session, batch.batch_id)
        message.digest = pieces.digest_of(digests)
        message.open_until = last_day(batch, open_days).isoformat()
    return message


def _normal(batch_id: str) -> str:
    # A UUID is the same in capitals.
    return batch_id.lower()


class Expiry:
    """Closes batches that were not completed and got no chunk for more than `open_days` days.

    Batches whose columns nobody confirmed in that time are closed too, and the file of one that was
    checked and not imported is deleted. The number of days is a setting, not law: an unfinished
    batch has changed nothing. Several replicas may run this at once, since each batch is locked.
    """

    def __init__(self, changes: Changes, open_days: int) -> None:
        self._changes, self._open_days = changes, open_days

    async def run(self) -> None:
        """Closes overdue batches every five seconds until cancelled."""
        while True:
            try:
                await self.expire()
            except DATABASE_AWAY as error:  # or busy; nothing is lost by waiting
                log.warning("imports.expiry_failed", error=str(error))
            await asyncio.sleep(EXPIRY_EVERY_SECONDS)

    async def expire(self) -> int:
        """Closes the batches that are overdue by the platform's clock; returns how many."""
        closed = 0
        for batch_id in await self._overdue():
            async with self._changes.change(service_caller("registry")) as change:
                batch = await change.session.get_one(ImportBatch, batch_id, with_for_update=True)
                if self._is_overdue(batch, change.today):
                    await _expire(change, batch)
                    closed += 1
        return closed

    def _is_overdue(self, batch: ImportBatch, today: date) -> bool:
        if batch.state == RECEIVING:
            return last_day(batch, self._open_days) < today
        return batch.state != WAITING and batch.open_until is not None and batch.open_until < today

    async def _overdue(self) -> list[str]:
        today = self._changes.clock.today()
        kept = select(ImportBatch).where(col(ImportBatch.open_until) < today)
        oldest = (
            select(ImportBatch)
            .where(ImportBatch.state == RECEIVING)
            .order_by(col(ImportBatch.last_at), col(ImportBatch.batch_id))
            .limit(EXPIRED_AT_ONCE)
        )
        async with self._changes.database.snapshot() as session:
            rows = [*await session.exec(oldest), *await session.exec(kept.limit(EXPIRED_AT_ONCE))]
        return [row.batch_id for row in rows if self._is_overdue(row, today)]


async def _expire(change: Change, batch: ImportBatch) -> None:
    if batch.state in (RECEIVING, MATCHING):
        await close(change, batch, "expired", "expire_import", EXPIRY_GROUND)
        return
    batch.open_until = None
    await pieces.drop(change.session, batch.batch_id)
    change.audit("expire_import", f"import/{batch.batch_id}", ground=EXPIRY_GROUND)
