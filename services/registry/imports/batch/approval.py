"""Approves or rejects a batch that would cause many alerts or many lower grades at once.

The person who decides must not have sent the batch. Exactly the changes that this person saw are
applied: if the register has changed since, nothing is applied, and the batch waits for a decision
on a new estimate.
"""

from __future__ import annotations

from law.errors import NotPermitted, WrongState
from plumbing.change import Change
from plumbing.identity import Caller
from plumbing.view import View
from protos.registry.v1 import registry_pb2 as pb
from services.registry.imports import wire
from services.registry.imports.batch import content as pieces
from services.registry.imports.batch.access import find_batch
from services.registry.imports.batch.approvers import AWAITING, describe
from services.registry.imports.batch.commands import close
from services.registry.imports.batch.intake import announce, sender_of
from services.registry.imports.batch.outcome import audited
from services.registry.imports.batch.processing import Ready, apply, required, take
from services.registry.tables import ImportBatch


async def kept_content(
    view: View, batch_id: str
) -> tuple[tuple[pb.ImportHeader, bytes, str], Caller]:
    """Returns a waiting batch's header, its content with the digest of the content, and its sender.

    Raises NotFound for an unknown batch, and NotPermitted outside the caller's scope.
    """
    batch = await find_batch(view.session, view.caller, batch_id)
    content = await pieces.content(view.session, batch.batch_id)
    header = pb.ImportHeader.FromString(batch.asked or b"")
    return (header, content, batch.sha256), sender_of(batch)


async def draft_of_waiting(change: Change, request: pb.ApproveBatchRequest) -> ImportBatch | None:
    """Returns a copy of the batch that is to be approved; None if `approve_batch` will not do it.

    Raises NotFound for an unknown batch, and NotPermitted outside the caller's scope.
    """
    batch = await find_batch(change.session, change.caller, request.batch_id)
    change.session.expunge(batch)
    own = batch.imported_by == change.on_behalf_of
    current = (batch.estimate or {}).get("digest") == request.seen
    return batch if batch.state == AWAITING and current and not own else None


async def approve_batch(
    change: Change, request: pb.ApproveBatchRequest, *, ready: Ready | None
) -> pb.ApproveBatchResponse:
    """Approves a waiting batch and applies it, if its effect is still the one that the caller saw.

    If the register has changed so that the effect would differ, applies nothing and returns
    `stale`. Raises NotFound for an unknown batch, NotPermitted outside the caller's scope and for
    the sender (D-09), WrongState for a batch that is not waiting, and Overtaken if others have
    changed what it is about since it was compared.
    """
    batch = await _waiting(change, request.batch_id)
    if (batch.estimate or {}).get("digest") != request.seen:
        message = await describe(change.session, batch)
        return pb.ApproveBatchResponse(batch=message, stale=True)
    ready = required(ready)
    if ready.state == "applied":
        await _apply(change, batch, ready, request.reasons)
        return pb.ApproveBatchResponse(batch=wire.batch(batch))
    await take(change, batch, ready)
    await _announce_stale(change, batch)
    return pb.ApproveBatchResponse(batch=await describe(change.session, batch), stale=True)


async def reject_batch(change: Change, request: pb.RejectBatchRequest) -> pb.RejectBatchResponse:
    """Rejects a waiting batch, so that nothing in it is applied.

    Raises NotFound for an unknown batch, NotPermitted outside the caller's scope and for the sender
    (D-09), and WrongState for a batch that is not waiting.
    """
    batch = await _waiting(change, request.batch_id)
    batch.decided_by, batch.decided_at = change.on_behalf_of, change.at
    await close(change, batch, "rejected", "reject_import", request.reasons)
    return pb.RejectBatchResponse(batch=wire.batch(batch))


async def _waiting(change: Change, batch_id: str) -> ImportBatch:
    batch = await find_batch(change.session, change.caller, batch_id, lock=True)
    if batch.imported_by == change.on_behalf_of:
        zh, en = "不能批准或退回自己提交的批次", "Nobody decides about a batch of their own"
        raise NotPermitted(zh, en)
    if batch.state != AWAITING:
        raise WrongState("该批次不在待批准状态", "The batch does not wait", state=batch.state)
    return batch


async def _apply(change: Change, batch: ImportBatch, ready: Ready, reasons: str) -> None:
    await take(change, batch, ready)
    batch.decided_by, batch.decided_at, batch.reasons = change.on_behalf_of, change.at, reasons
    await pieces.drop(change.session, batch.batch_id)
    await announce(change, batch)
    await apply(change, batch, ready, reasons=reasons)


async def _announce_stale(change: Change, batch: ImportBatch) -> None:
    if batch.state != AWAITING:  # by now it would do nothing, or cannot be applied
        await pieces.drop(change.session, batch.batch_id)
    change.audit("estimate_import", f"import/{batch.batch_id}", after=audited(batch))
    await announce(change, batch)
