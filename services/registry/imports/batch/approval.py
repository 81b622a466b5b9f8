"""Approving and rejecting a batch that would set off a burst of alerts or of falling grades.

Whoever decides has not sent it. What is applied is what was looked at: where the register has
changed since, nothing is applied and the batch waits on with a fresh estimate.
"""

from __future__ import annotations

from dataclasses import asdict

from law.errors import NotPermitted, WrongState
from plumbing.change import Change
from plumbing.database import Database
from plumbing.identity import Caller
from protos.registry.v1 import registry_pb2 as pb
from services.registry.imports import wire
from services.registry.imports.batch import content as pieces
from services.registry.imports.batch.approvers import describe
from services.registry.imports.batch.commands import close
from services.registry.imports.batch.intake import (
    Intake,
    Upload,
    announce,
    apply,
    assign_approver,
    estimate_of,
    plan_of,
    sender_of,
)
from services.registry.imports.batch.outcome import count, keep_faults, told
from services.registry.imports.impact.alarms import Drops, Shares
from services.registry.imports.plan.plan import Plan
from services.registry.imports.queries import find_batch
from services.registry.tables import ImportBatch


async def held_content(
    database: Database, caller: Caller, batch_id: str
) -> tuple[pb.ImportHeader, bytes, str]:
    """What a batch asked for, its content while it waits, and its digest.

    Raises NotFound, NotPermitted outside the scope.
    """
    async with database.snapshot() as session:
        batch = await find_batch(session, caller, batch_id)
        content = await pieces.content(session, batch.batch_id)
    return pb.ImportHeader.FromString(batch.asked or b""), content, batch.sha256


async def approve_batch(
    upload: Upload, shares: Shares, drops: Drops, change: Change, request: pb.ApproveBatchRequest
) -> pb.ApproveBatchResponse:
    """Applies a waiting batch as it was seen, or says that this is no longer what it would do.

    Raises NotFound, NotPermitted outside the scope and for whoever sent it (D-09), WrongState for
    a batch that does not wait, Unforeseen where grading must be asked first.
    """
    batch = await _waiting(change, request.batch_id)
    if (batch.estimate or {}).get("digest") != request.seen:
        message = await describe(change.session, batch)
        return pb.ApproveBatchResponse(batch=message, stale=True)
    header = pb.ImportHeader.FromString(batch.asked or b"")
    intake = Intake(header, upload, sender_of(batch), shares, drops).afresh()
    plan = await plan_of(change, intake)
    read = intake.upload.read
    count(batch, plan, read, header.mode)
    if batch.state == "applied":
        found = await estimate_of(change, plan, intake)
        if found.digest == request.seen:
            await _apply(change, batch, plan, intake, request.reasons)
            return pb.ApproveBatchResponse(batch=wire.batch(batch))
        batch.state, batch.estimate = "awaiting_approval", asdict(found)
        await assign_approver(change, batch, plan, intake)
    await keep_faults(change, batch.batch_id, read)
    await _stale(change, batch)
    return pb.ApproveBatchResponse(batch=await describe(change.session, batch), stale=True)


async def reject_batch(change: Change, request: pb.RejectBatchRequest) -> pb.RejectBatchResponse:
    """Turns a waiting batch away. Raises as `approve_batch` does."""
    batch = await _waiting(change, request.batch_id)
    batch.decided_by, batch.decided_at = change.on_behalf_of, change.at
    await close(change, batch, "rejected", "reject_import", request.reasons)
    return pb.RejectBatchResponse(batch=wire.batch(batch))


async def _waiting(change: Change, batch_id: str) -> ImportBatch:
    batch = await find_batch(change.session, change.caller, batch_id, lock=True)
    _require_waiting(batch, change.on_behalf_of)
    return batch


def _require_waiting(batch: ImportBatch, decides: str) -> None:
    if batch.imported_by == decides:
        zh, en = "不能批准或退回自己提交的批次", "Nobody decides about a batch of their own"
        raise NotPermitted(zh, en)
    if batch.state != "awaiting_approval":
        raise WrongState("该批次不在待批准状态", "The batch does not wait", state=batch.state)


async def _apply(
    change: Change, batch: ImportBatch, plan: Plan, intake: Intake, reasons: str
) -> None:
    batch.decided_by, batch.decided_at, batch.reasons = change.on_behalf_of, change.at, reasons
    await pieces.drop(change.session, batch.batch_id)
    batch.state = "applied"
    await announce(change, batch)
    await apply(change, batch, plan, intake, reasons=reasons)


async def _stale(change: Change, batch: ImportBatch) -> None:
    if batch.state != "awaiting_approval":  # by now it would do nothing, or cannot be taken
        await pieces.drop(change.session, batch.batch_id)
    change.audit("estimate_import", f"import/{batch.batch_id}", after=told(batch))
    await announce(change, batch)
