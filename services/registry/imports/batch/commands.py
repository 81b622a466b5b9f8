"""Commands that import a file and that discard a batch that is not decided yet."""

from __future__ import annotations

from functools import partial
from uuid import uuid4

from law.errors import NotPermitted, WrongState
from plumbing.change import Change
from plumbing.identity import Caller, Role
from protos.registry.v1 import registry_pb2 as pb
from services.registry.commands.targets import require_bureau_exists
from services.registry.imports import wire
from services.registry.imports.batch import content as pieces
from services.registry.imports.batch.access import find_batch
from services.registry.imports.batch.approvers import AWAITING, describe
from services.registry.imports.batch.intake import Intake, Upload, announce, question, sent_as
from services.registry.imports.batch.processing import Processor, Ready, process, required
from services.registry.imports.rows.families import FamilyName
from services.registry.institutions.reporting import require_named, require_own_field
from services.registry.tables import ImportBatch

RECEIVING, WAITING, MATCHING = "receiving", "waiting", "matching"
UNDECIDED = (RECEIVING, WAITING, MATCHING, AWAITING)


async def import_file(
    processor: Processor, caller: Caller, header: pb.ImportHeader, upload: Upload
) -> pb.ImportFileResponse:
    """Imports a file in the mode that its header names.

    Bad rows raise no error: the batch lists them. Raises NotPermitted outside the caller's scope,
    InvalidInput for a bureau that is not in the register, and the errors of `Processor.process`.
    """
    batch_id = uuid4().hex
    draft = partial(_draft, header=header, upload=upload, batch_id=batch_id)

    async def finish(ready: Ready | None) -> pb.ImportFileResponse:
        command = partial(_import_file, upload=upload, batch_id=batch_id, ready=ready)
        return await processor.changes.once(caller, header, command, pb.ImportFileResponse)

    intake = Intake(header, upload, caller, caller, draft, processor.limits)
    return await processor.process(intake, finish)


async def _draft(
    change: Change, header: pb.ImportHeader, upload: Upload, batch_id: str
) -> ImportBatch:
    await require_scope(change, header)
    await require_named(change.session, change.caller)
    return _batch(change, header, upload, batch_id)


async def _import_file(
    change: Change, header: pb.ImportHeader, *, upload: Upload, batch_id: str, ready: Ready | None
) -> pb.ImportFileResponse:
    batch = await _draft(change, header, upload, batch_id)
    await process(change, batch, required(ready))
    return pb.ImportFileResponse(batch=await describe(change.session, batch))


async def require_scope(change: Change, header: pb.ImportHeader) -> None:
    """Checks that the caller may import this family of rows for this bureau.

    Raises NotPermitted if not, and InvalidInput for a bureau that is unknown.
    """
    caller = change.caller
    require_own_field(caller, header)
    if header.family == FamilyName.BUREAUS and not caller.has(Role.ADMINISTRATOR):
        raise NotPermitted("机关由平台管理员导入", "Bureaus are imported by the administrator")
    checks = header.mode == "check"  # whoever sets a bureau up checks all that it will load
    if header.family != FamilyName.BUREAUS and caller.has(Role.ADMINISTRATOR) and not checks:
        raise NotPermitted(
            "平台管理员只导入机关；主体、器具、检定和信用信息由监管机关的人员导入",
            "An administrator imports bureaus only; the bureaus' people import everything else",
        )
    if header.bureau:
        caller.require_bureau(header.bureau)
        await require_bureau_exists(change, header.bureau, "header.bureau")
    elif not caller.bureau:
        raise NotPermitted("您的账号不属于任何机关", "Your account belongs to no bureau")


def _batch(change: Change, header: pb.ImportHeader, upload: Upload, batch_id: str) -> ImportBatch:
    bureau = header.bureau or change.caller.bureau
    return ImportBatch(
        batch_id=batch_id,
        family=header.family,
        file_name=header.file_name,
        state="checked",
        rows=upload.file.rows,
        baseline=header.baseline,
        bureau=bureau,
        imported_by=change.on_behalf_of,
        imported_at=change.at,
        encoding=upload.file.encoding,
        sha256=upload.sha256,
        question=question(header, upload.sha256, bureau),
        header=list(upload.file.names),
        sheet=upload.file.sheet,
        asked=header.SerializeToString(),
        sent_as=sent_as(change.caller),
    )


async def discard_batch(change: Change, request: pb.DiscardBatchRequest) -> pb.DiscardBatchResponse:
    """Discards a batch that is being sent, or waits for processing, confirmation or approval.

    Nothing in it was applied.

    Caseworkers may discard any batch of their bureau, others only their own.
    Raises NotFound for an unknown batch, NotPermitted for a batch that the caller may not discard,
    and WrongState for a batch that is decided already.
    """
    batch = await find_batch(change.session, change.caller, request.batch_id, lock=True)
    own = batch.imported_by == change.on_behalf_of
    if not own and not change.caller.has(Role.CASEWORKER):
        raise NotPermitted("只能放弃自己的批次", "You may discard your own batches only")
    if batch.state not in UNDECIDED:
        raise WrongState("该批次已办结", "The batch is decided", state=batch.state)
    await close(change, batch, "discarded", "discard_import", request.reasons)
    return pb.DiscardBatchResponse(batch=wire.batch(batch))


async def close(change: Change, batch: ImportBatch, state: str, action: str, reasons: str) -> None:
    """Closes a batch from which nothing was applied, and deletes its content.

    `state` is the final state; `action` and `reasons` go into the audit entry.
    """
    before = {"state": batch.state}
    batch.state, batch.reasons, batch.open_until = state, reasons, None
    await pieces.drop(change.session, batch.batch_id)
    object_ = f"import/{batch.batch_id}"
    change.audit(action, object_, before=before, after={"state": state}, ground=reasons)
    await announce(change, batch)
