"""A batch sent in bulk: opened, taken in chunk by chunk, completed.

Every chunk is a transaction of its own, so whatever happens to the stream, the sender or this
process, the batch stands where its last acknowledged chunk left it.
"""

from __future__ import annotations

from datetime import date, timedelta

from law.errors import AlreadyExists, Fault, InvalidInput, NotPermitted, WrongState
from plumbing.change import Change
from plumbing.clock import local_date
from plumbing.database import Database
from plumbing.identity import Caller, Role
from protos.registry.v1 import bulk_pb2 as pb
from protos.registry.v1 import registry_pb2
from services.registry.imports.batch import content as pieces
from services.registry.imports.batch.approvers import describe
from services.registry.imports.batch.commands import require_scope
from services.registry.imports.batch.content import Chunk
from services.registry.imports.batch.intake import Intake, Upload, question, sent_as, take_in
from services.registry.imports.impact.alarms import Drops, Shares
from services.registry.imports.queries import find_batch
from services.registry.imports.rows import columns as mapping
from services.registry.imports.rows.families import FamilyName
from services.registry.tables import ImportBatch, ImportPiece

RECEIVING = "receiving"


def header_of(request: pb.OpenBulkBatchRequest) -> registry_pb2.ImportHeader:
    """The header of the file that a batch amounts to."""
    header = registry_pb2.ImportHeader(
        family=request.family,
        file_name=request.name,
        bureau=request.bureau,
        mode=request.mode,
        baseline=request.baseline,
        file_missing=request.file_missing,
    )
    mapping.check_header(header)
    return header


def last_day(batch: ImportBatch, days: int) -> date:
    """The last day on which a batch may be gone on with."""
    return local_date(batch.last_at or batch.imported_at) + timedelta(days=days)


async def open_batch(change: Change, request: pb.OpenBulkBatchRequest) -> ImportBatch:
    """Opens a batch, or finds it as it was opened before by the same sender for the same.

    Raises NotPermitted outside the scope, InvalidInput for what cannot be asked, AlreadyExists
    for an id that was used for something else.
    """
    header = header_of(request)
    _require_own_field(change.caller, request)
    await require_scope(change, header)
    batch_id = _plain(request.batch_id)
    known = await change.session.get(ImportBatch, batch_id)
    if known is not None:
        _require_same(change, known, header)
        return known
    bureau = header.bureau or change.caller.bureau
    batch = ImportBatch(
        batch_id=batch_id,
        family=header.family,
        file_name=header.file_name,
        state=RECEIVING,
        baseline=header.baseline,
        bureau=bureau,
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
    change.session.add(batch)
    await change.session.flush()
    first = pieces.heading(header)
    change.session.add(_piece(batch, 0, Chunk("", 0, first)))
    change.audit("open_import", f"import/{batch_id}", after={"family": header.family})
    return batch


def _require_own_field(caller: Caller, request: pb.OpenBulkBatchRequest) -> None:
    verifications = request.family == FamilyName.VERIFICATIONS and not request.file_missing
    everything = (Role.CASEWORKER, Role.INTEGRATOR, Role.ADMINISTRATOR, Role.SERVICE)
    if not caller.has(*everything) and not (verifications and not request.baseline):
        zh = "检定机构只能报送已登记器具的检定结果"
        raise NotPermitted(zh, "An institution uploads verifications of known instruments")


def _require_same(change: Change, known: ImportBatch, header: registry_pb2.ImportHeader) -> None:
    same = known.asked == header.SerializeToString()
    if known.imported_by != change.on_behalf_of or not known.next_sequence or not same:
        zh, en = "该批次编号已用于另一批次", "This batch id was used for another batch"
        raise AlreadyExists(zh, en, batch_id=known.batch_id)


async def receive(
    change: Change, request: pb.SendBulkChunksRequest, most_bytes: int, days: int
) -> None:
    """Takes in one chunk; one that is here already has no second effect.

    Raises NotFound, NotPermitted for another's batch, InvalidInput for items that cannot be read
    or a batch that grows too large, WrongState for a batch that is not being sent or a chunk out
    of turn, AlreadyExists for one that came before with other content.
    """
    batch = await _open(change, request.batch_id, days)
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
    if batch.bytes_held > most_bytes:
        zh = f"批次超过 {most_bytes} 字节，请分成几个批次发送"
        raise InvalidInput(zh, f"The batch is longer than {most_bytes} bytes; send several")
    batch.next_sequence, batch.last_at = request.sequence + 1, change.at
    batch.rows += chunk.items
    change.session.add(_piece(batch, request.sequence, chunk))


async def _open(change: Change, batch_id: str, days: int) -> ImportBatch:
    batch = await find_batch(change.session, change.caller, _plain(batch_id), lock=True)
    if batch.imported_by != change.on_behalf_of:
        raise NotPermitted("该批次由他人发送", "The batch is somebody else's")
    if batch.state != RECEIVING:
        raise WrongState("该批次不再接收内容", "The batch takes in no more", state=batch.state)
    if change.today > last_day(batch, days):
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


async def held_content(
    database: Database, caller: Caller, batch_id: str
) -> tuple[registry_pb2.ImportHeader, bytes, str]:
    """What a batch asked for, its content so far and the digest of it.

    Raises NotFound, NotPermitted for another's batch.
    """
    async with database.snapshot() as session:
        batch = await find_batch(session, caller, _plain(batch_id))
        content = await pieces.content(session, batch.batch_id)
        digest = pieces.digest_of(await pieces.digests(session, batch.batch_id))
    return registry_pb2.ImportHeader.FromString(batch.asked or b""), content, digest


async def complete_batch(
    upload: Upload,
    shares: Shares,
    days: int,
    drops: Drops,
    change: Change,
    request: pb.CompleteBulkBatchRequest,
) -> pb.CompleteBulkBatchResponse:
    """Takes in the whole batch as if it were a file.

    Raises as `receive` does; InvalidInput where the sender counts other items than were taken in,
    Unforeseen where grading must be asked first.
    """
    batch = await _open(change, request.batch_id, days)
    present = pieces.digest_of(await pieces.digests(change.session, batch.batch_id))
    _require_complete(batch, present, request)
    if upload.sha256 != present:  # a chunk came in since it was read
        raise WrongState("此批次仍在接收内容", "The batch is still being sent", state=batch.state)
    header = registry_pb2.ImportHeader.FromString(batch.asked or b"")
    batch.sha256, batch.rows = present, upload.read.rows
    batch.question = question(header, present, batch.bureau)
    batch.header, batch.imported_at = list(upload.read.names), change.at
    await take_in(change, batch, Intake(header, upload, change.caller, shares, drops))
    if batch.state != "awaiting_approval":
        await pieces.drop(change.session, batch.batch_id)
    if not change.audited:
        after = {"state": batch.state, "items": batch.rows, "digest": present}
        change.audit("complete_import", f"import/{batch.batch_id}", after=after)
    return pb.CompleteBulkBatchResponse(batch=await describe(change.session, batch))


def _require_complete(
    batch: ImportBatch, digest: str, request: pb.CompleteBulkBatchRequest
) -> None:
    faults = []
    if request.items != batch.rows:
        zh, en = f"已收到 {batch.rows} 项", f"{batch.rows} items were taken in"
        faults.append(Fault("items", zh, en))
    if request.digest != digest:
        zh, en = f"已收到内容的摘要为 {digest}", f"what was taken in has the digest {digest}"
        faults.append(Fault("digest", zh, en))
    if faults:
        zh, en = "收到的内容与发送方所述不符", "What was taken in is not what the sender counts"
        raise InvalidInput(zh, en, faults=faults)


async def tell(database: Database, caller: Caller, batch_id: str, days: int) -> pb.BulkBatch:
    """How far a batch has come. Raises NotFound, NotPermitted outside the scope."""
    async with database.snapshot() as session:
        batch = await find_batch(session, caller, _plain(batch_id))
        digests = await pieces.digests(session, batch.batch_id)
        message = await describe(session, batch)
    said = pb.BulkBatch(batch=message, next_sequence=batch.next_sequence, bytes=batch.bytes_held)
    if batch.state == RECEIVING:
        said.digest = pieces.digest_of(digests)
        said.open_until = last_day(batch, days).isoformat()
    return said


def _plain(batch_id: str) -> str:
    # A UUID is the same in capitals.
    return batch_id.lower()
