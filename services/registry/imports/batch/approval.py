"""Approves or rejects a batch that would cause many alerts or many lower grades at once.

The person who decides must not have sent the batch. Exactly the changes that this person saw are
applied: if the register has changed since, nothing is applied, and the batch waits for a decision
on a new estimate.
"""

from __future__ import annotations

from dataclasses import asdict

from law.errors import NotPermitted, WrongState
from plumbing.change import Change
from plumbing.view import View
from protos.registry.v1 import registry_pb2 as pb
from services.registry.imports import wire
from services.registry.imports.batch import content as pieces
from services.registry.imports.batch.access import find_batch
from services.registry.imports.batch.approvers import AWAITING, describe
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
from services.registry.imports.batch.outcome import audited, count, keep_faults
from services.registry.imports.impact.estimate import Limits
from services.registry.imports.impact.grade_drops import GradeDrops
from services.registry.imports.plan.plan import Plan
from services.registry.tables import ImportBatch


async def kept_content(view: View, batch_id: str) -> tuple[pb.ImportHeader, bytes, str]:
    """Returns a waiting batch's header, its content and the digest of the content.

    Raises NotFound for an unknown batch, and NotPermitted outside the caller's scope.
    """
    batch = await find_batch(view.session, view.caller, batch_id)
    content = await pieces.content(view.session, batch.batch_id)
    return pb.ImportHeader.FromString(batch.asked or b""), content, batch.sha256


async def approve_batch(
    change: Change,
    request: pb.ApproveBatchRequest,
    *,
    upload: Upload,
    limits: Limits,
    drops: GradeDrops,
) -> pb.ApproveBatchResponse:
    """Approves a waiting batch and applies it, if its effect is still the one that the caller saw.

    If the register has changed so that the effect would differ, applies nothing and returns
    `stale`. Raises NotFound for an unknown batch, NotPermitted outside the caller's scope and for
    the sender (D-09), WrongState for a batch that is not waiting, DropsUnknown if the grading
    service must be asked first how many grades would fall.
    """
    batch = await _waiting(change, request.batch_id)
    if (batch.estimate or {}).get("digest") != request.seen:
        message = await describe(change.session, batch)
        return pb.ApproveBatchResponse(batch=message, stale=True)
    header = pb.ImportHeader.FromString(batch.asked or b"")
    intake = Intake(header, upload, sender_of(batch), limits, drops).with_own_notes()
    plan = await plan_of(change, intake)
    file = intake.upload.file
    count(batch, plan, file, header.mode)
    if batch.state == "applied":
        estimate = await estimate_of(change, batch, plan, intake)
        if estimate.digest == request.seen:
            await _apply(change, batch, plan, intake, request.reasons)
            return pb.ApproveBatchResponse(batch=wire.batch(batch))
        batch.state, batch.estimate = AWAITING, asdict(estimate)
        await assign_approver(change, batch, plan, intake)
    await keep_faults(change, batch.batch_id, file)
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


async def _apply(
    change: Change, batch: ImportBatch, plan: Plan, intake: Intake, reasons: str
) -> None:
    batch.decided_by, batch.decided_at, batch.reasons = change.on_behalf_of, change.at, reasons
    await pieces.drop(change.session, batch.batch_id)
    batch.state = "applied"
    await announce(change, batch)
    await apply(change, batch, plan, intake, reasons=reasons)


async def _announce_stale(change: Change, batch: ImportBatch) -> None:
    if batch.state != AWAITING:  # by now it would do nothing, or cannot be applied
        await pieces.drop(change.session, batch.batch_id)
    change.audit("estimate_import", f"import/{batch.batch_id}", after=audited(batch))
    await announce(change, batch)
