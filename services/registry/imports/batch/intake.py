"""Taking in a batch, once read: compared with the register, estimated, and applied or held back.

All of it inside one transaction; nothing is ever half-applied. A file, a batch sent in bulk and a
batch that was approved go the same way.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeVar

from sqlmodel import select

from law.errors import WrongState
from plumbing.change import Change
from plumbing.grpc_errors import Away
from plumbing.identity import Caller, Role
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import registry_pb2 as pb
from services.registry.announce_changes import Why
from services.registry.imports import wire
from services.registry.imports.batch import content as pieces
from services.registry.imports.batch import imported_rows
from services.registry.imports.batch.approvers import approving_bureau
from services.registry.imports.batch.outcome import count, counted, keep_faults, told
from services.registry.imports.impact.alarms import Drops, Estimate, Shares, Unforeseen, estimate
from services.registry.imports.impact.grade_drops import Grader
from services.registry.imports.plan.bureaus_and_subjects import plan_bureaus, plan_subjects
from services.registry.imports.plan.instruments_and_records import plan_instruments, plan_records
from services.registry.imports.plan.plan import Context, Plan
from services.registry.imports.plan.verifications import plan_verifications
from services.registry.imports.read.limits import BadFile
from services.registry.imports.rows.families import FamilyName
from services.registry.imports.rows.file import Read
from services.registry.tables import ImportBatch

PLANS: Mapping[FamilyName, Callable[[Context], Awaitable[Plan]]] = {
    FamilyName.BUREAUS: plan_bureaus,
    FamilyName.SUBJECTS: plan_subjects,
    FamilyName.INSTRUMENTS: plan_instruments,
    FamilyName.VERIFICATIONS: plan_verifications,
    FamilyName.RECORDS: plan_records,
}
QUESTIONS = 4  # to grading about one batch, while the register changes under it
T = TypeVar("T")


@dataclass(frozen=True)
class Upload:
    """A file as it came, and what was read of it."""

    content: bytes
    sha256: str
    read: Read


@dataclass(frozen=True)
class Intake:
    """What is taken in, as whom, and by which measure."""

    header: pb.ImportHeader
    upload: Upload
    sent_as: Caller
    shares: Shares
    drops: Drops

    def afresh(self) -> Intake:
        """The same before anything was noted about it in comparing it with the register."""
        notes = self.upload.read.notes
        own = replace(notes, notes=list(notes.notes), bad_rows=set(notes.bad_rows))
        read = replace(self.upload.read, notes=own)
        return replace(self, upload=replace(self.upload, read=read))


async def foreseen(grader: Grader, work: Callable[[Drops], Awaitable[T]]) -> T:
    """Does work that may need to know how many grades fall; asks outside its transaction.

    Raises Away where grading does not answer about a batch that is to be applied, WrongState where
    the register changes all the time.
    """
    drops = Drops()
    for _ in range(QUESTIONS):
        try:
            return await work(drops)
        except Unforeseen as unforeseen:
            drops = await _ask(grader, unforeseen)
    raise WrongState(
        "登记内容正在不断变化，无法估计此批次的影响；未导入任何内容，请稍后再试",
        "The register keeps changing, so the batch cannot be estimated; nothing was taken in",
    )


async def _ask(grader: Grader, unforeseen: Unforeseen) -> Drops:
    try:
        return await grader.ask(unforeseen.question)
    except Away:
        if not unforeseen.only_checks:
            raise
        return Drops(unforeseen.question.digest, unknown=True)


async def take_in(change: Change, batch: ImportBatch, intake: Intake) -> None:
    """Takes a batch in, in the mode its header asks for.

    Raises Unforeseen where grading must be asked first. What is wrong with rows is no error: the
    batch tells. A burst of alerts or falling grades is held back until somebody approves it.
    """
    intake = intake.afresh()
    if await _applied_before(change, batch):
        batch.state, batch.unchanged = "unchanged", intake.upload.read.rows
        change.session.add(batch)
        return
    plan = await plan_of(change, intake)
    count(batch, plan, intake.upload.read, intake.header.mode)
    burst = await _is_burst(change, batch, plan, intake)
    if burst:
        await assign_approver(change, batch, plan, intake)
    change.session.add(batch)
    await change.session.flush()
    await keep_faults(change, batch.batch_id, intake.upload.read)
    if batch.state == "applied" and burst:
        await _hold(change, batch, intake)
    elif batch.state == "applied":
        await apply(change, batch, plan, intake)


async def plan_of(change: Change, intake: Intake) -> Plan:
    """What a batch would do to the register; notes what is wrong with its rows."""
    read = intake.upload.read
    if read.notes.header_is_bad:
        return Plan()
    context = Context(change, intake.header, read, intake.sent_as)
    plan = await PLANS[FamilyName(intake.header.family)](context)
    plan.drop(read.notes.bad_rows)
    return plan


async def estimate_of(change: Change, plan: Plan, intake: Intake) -> Estimate:
    """What a plan would set off."""
    context = Context(change, intake.header, intake.upload.read, intake.sent_as)
    return await estimate(context, plan, intake.shares, intake.drops)


async def _is_burst(change: Change, batch: ImportBatch, plan: Plan, intake: Intake) -> bool:
    """Whether a batch that is or would be applied is a burst; a first load alarms nobody."""
    would_apply = batch.state == "applied" or (batch.state == "checked" and batch.changed > 0)
    if batch.baseline or not would_apply:
        return False
    estimate = await estimate_of(change, plan, intake)
    batch.estimate = asdict(estimate)
    if intake.drops.unknown:
        zh = "评级服务暂时无法答复，未估计此批次会使多少主体降级"
        en = "grading does not answer, so it is not estimated how many grades would fall"
        notes = intake.upload.read.notes
        notes.warn(notes.header_row, "GRADES_NOT_ESTIMATED", zh, en)
    return estimate.is_burst


async def assign_approver(change: Change, batch: ImportBatch, plan: Plan, intake: Intake) -> None:
    """Gives a batch that is to be held to the bureau whose unit head may approve it.

    A batch that no unit head could approve is refused with the reason.
    """
    sent_for = intake.header.bureau or intake.sent_as.bureau
    bureau = await approving_bureau(change.session, plan, sent_for)
    if bureau:
        batch.bureau = bureau
        return
    zh = (
        "此批次会一次引起大量预警或降级，须经单位负责人批准，但其内容没有一个机关能够统辖；"
        "请按机关分成几个文件，用 --bureau 指明机关后分别导入"
    )
    en = (
        "the batch would set off many alerts or lower many grades at once, and no unit head covers"
        " all of it; import one file for each bureau and name the bureau"
    )
    read = intake.upload.read
    read.notes.refuse(BadFile("NO_APPROVER", zh, en))
    count(batch, plan, read, intake.header.mode)


async def _hold(change: Change, batch: ImportBatch, intake: Intake) -> None:
    batch.state = "awaiting_approval"
    if not batch.next_sequence:  # a batch sent in bulk is kept already
        await pieces.keep(change.session, batch.batch_id, intake.upload.content)
    change.audit("hold_import", f"import/{batch.batch_id}", after=told(batch))
    await announce(change, batch)


async def apply(
    change: Change, batch: ImportBatch, plan: Plan, intake: Intake, *, reasons: str = ""
) -> None:
    """Applies a plan, for whoever approved it or by itself."""
    batch.state = "applied"
    why = Why(events.CAUSE_IMPORTED, intake.header.file_name, batch.batch_id, batch.baseline)
    after = {**told(batch), **counted(plan)}
    action = "approve_import" if reasons else "import"
    change.audit(action, f"import/{batch.batch_id}", after=after, ground=reasons)
    await imported_rows.apply(change, plan, why)


async def announce(change: Change, batch: ImportBatch) -> None:
    """Says how a batch stands that somebody decides, or has decided."""
    event = events.BatchDecided(batch=wire.batch(batch))
    await change.announce(event, aggregate=f"batch/{batch.batch_id}", bureau=batch.bureau)


def question(header: pb.ImportHeader, sha256: str, bureau: str) -> str:
    """The same for two imports that ask for the same."""
    said = [
        header.family,
        sha256,
        bureau,
        dict(header.columns),
        dict(header.constants),
        dict(header.values),
        sorted(header.placeholder_owners),
        header.file_missing,
        header.sheet,
    ]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def sent_as(caller: Caller) -> dict[str, Any]:
    """Who sends a batch, as it is kept."""
    return {**asdict(caller), "roles": sorted(caller.roles)}


def sender_of(batch: ImportBatch) -> Caller:
    """Who sent a batch."""
    said = batch.sent_as or {}
    return Caller(**{**said, "roles": frozenset(map(Role, said["roles"]))})


async def _applied_before(change: Change, batch: ImportBatch) -> bool:
    """Whether the same was asked and taken whole. Rows once rejected are worth another look."""
    same = select(ImportBatch.batch_id).where(
        ImportBatch.question == batch.question,
        ImportBatch.state == "applied",
        ImportBatch.rejected == 0,
    )
    with change.session.no_autoflush:
        return (await change.session.exec(same)).first() is not None
