"""Processes a batch after it is read: compares it with the register, then applies or holds it.

It works in one transaction, so a batch is never half applied. A file, a batch that was sent in bulk
and a batch that was approved are processed in the same way.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Any, TypeVar

from sqlmodel import col, select

from law.errors import WrongState
from plumbing.change import Change
from plumbing.grpc_errors import Away
from plumbing.identity import Caller, Role
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import registry_pb2 as pb
from services.registry.announce_changes import Cause
from services.registry.identity.tables import Account
from services.registry.imports import wire
from services.registry.imports.batch import content as pieces
from services.registry.imports.batch import imported_rows
from services.registry.imports.batch.approvers import AWAITING, approving_bureau
from services.registry.imports.batch.outcome import audited, count, keep_faults, planned
from services.registry.imports.impact.estimate import DropsUnknown, Estimate, Limits, estimate
from services.registry.imports.impact.grade_drops import GradeDrops, Grader
from services.registry.imports.plan.bureaus_and_subjects import plan_bureaus, plan_subjects
from services.registry.imports.plan.instruments_and_records import plan_instruments, plan_records
from services.registry.imports.plan.plan import Context, Plan
from services.registry.imports.plan.verifications import plan_verifications
from services.registry.imports.progress import Progress, Step
from services.registry.imports.read.limits import BadFile, FileLimits
from services.registry.imports.rows.families import FamilyName
from services.registry.imports.rows.file import FileContent, read_file
from services.registry.tables import ImportBatch

PLANS: Mapping[FamilyName, Callable[[Context], Awaitable[Plan]]] = {
    FamilyName.BUREAUS: plan_bureaus,
    FamilyName.SUBJECTS: plan_subjects,
    FamilyName.INSTRUMENTS: plan_instruments,
    FamilyName.VERIFICATIONS: plan_verifications,
    FamilyName.RECORDS: plan_records,
}
QUESTIONS = 4  # to grading about one batch, while the register changes meanwhile
T = TypeVar("T")


@dataclass(frozen=True)
class Upload:
    """The bytes of a file, their SHA-256, and the rows that were read from them."""

    content: bytes
    sha256: str
    file: FileContent


async def read_upload(
    header: pb.ImportHeader, content: bytes, today: date, limits: FileLimits, digest: str = ""
) -> Upload:
    """Reads the rows of a file in a thread, before any transaction, since it may take long.

    `digest` is the digest of the content if it is known; otherwise the SHA-256 is computed.
    """
    file = await asyncio.to_thread(read_file, header, content, today, limits)
    return Upload(content, digest or hashlib.sha256(content).hexdigest(), file)


@dataclass(frozen=True)
class Intake:
    """A batch to be processed: its header and content, its sender, and the limits of its impact.

    `progress` is told how far the processing has come.
    """

    header: pb.ImportHeader
    upload: Upload
    sent_as: Caller
    limits: Limits
    drops: GradeDrops
    progress: Progress = field(default_factory=Progress)

    def context(self, change: Change) -> Context:
        """Returns what planning needs, in the transaction of a change."""
        return Context(change, self.header, self.upload.file, self.sent_as, self.progress)

    def with_own_notes(self) -> Intake:
        """Returns a copy with its own list of faults, since a transaction may run several times."""
        notes = self.upload.file.notes
        own = replace(notes, notes=list(notes.notes), bad_rows=set(notes.bad_rows))
        file = replace(self.upload.file, notes=own)
        return replace(self, upload=replace(self.upload, file=file))


async def with_grade_drops(grader: Grader, work: Callable[[GradeDrops], Awaitable[T]]) -> T:
    """Runs `work` and returns its result.

    If `work` needs the number of grades that would fall, this function requests it from the grading
    service, outside the transaction of `work`, and runs `work` again with it. Raises Away if the
    service does not answer and the batch is to be applied. Raises WrongState if the register
    changed before each attempt, so that no number fits.
    """
    drops = GradeDrops()
    for _ in range(QUESTIONS):
        try:
            return await work(drops)
        except DropsUnknown as unknown:
            drops = await _ask(grader, unknown)
    raise WrongState(
        "登记内容正在不断变化，无法估计此批次的影响；未导入任何内容，请稍后再试",
        "The register keeps changing, so the batch cannot be estimated; nothing was imported",
    )


async def _ask(grader: Grader, unknown: DropsUnknown) -> GradeDrops:
    try:
        return await grader.ask(unknown.question)
    except Away:
        if not unknown.only_checks:
            raise
        return GradeDrops(unknown.question.digest, unknown=True)


async def process(change: Change, batch: ImportBatch, intake: Intake) -> None:
    """Applies, holds, refuses or only checks a batch, in the mode that its header names.

    Bad rows raise no error: the batch lists them. A batch that would cause many alerts or many
    lower grades at once is held until a person approves it. Raises DropsUnknown if the grading
    service must be asked first how many grades would fall.
    """
    intake = intake.with_own_notes()
    file = intake.upload.file
    if await _applied_before(change, batch):
        batch.state, batch.unchanged = "unchanged", file.rows
        change.session.add(batch)
        return
    plan = await plan_of(change, intake)
    count(batch, plan, file, intake.header.mode)
    burst = await _is_burst(change, batch, plan, intake)
    if burst:
        await assign_approver(change, batch, plan, intake)
    change.session.add(batch)
    await change.session.flush()
    await keep_faults(change, batch.batch_id, file)
    if batch.state == "applied" and burst:
        await _hold(change, batch, intake)
    elif batch.state == "applied":
        await apply(change, batch, plan, intake)


async def plan_of(change: Change, intake: Intake) -> Plan:
    """Computes the changes that a batch would make in the register, and lists its rows' faults."""
    file = intake.upload.file
    if file.notes.header_is_bad:
        return Plan()
    intake.progress.begin(Step.COMPARE, len(file.items))
    plan = await PLANS[FamilyName(intake.header.family)](intake.context(change))
    plan.drop(file.notes.bad_rows)
    return plan


async def estimate_of(change: Change, batch: ImportBatch, plan: Plan, intake: Intake) -> Estimate:
    """Estimates how many alerts and lower grades the plan of a batch would cause.

    Raises DropsUnknown if the grading service must be asked first how many grades would fall.
    """
    intake.progress.begin(Step.ESTIMATE)
    estimated = await estimate(intake.context(change), plan, intake.limits, intake.drops)
    return replace(estimated, load_again=batch.baseline and await _loaded_before(change, batch))


async def _loaded_before(change: Change, batch: ImportBatch) -> bool:
    """Whether the bureau has had a first load of this family that changed something."""
    first = select(ImportBatch.batch_id).where(
        ImportBatch.bureau == batch.bureau,
        ImportBatch.family == batch.family,
        ImportBatch.batch_id != batch.batch_id,
        ImportBatch.state == "applied",
        col(ImportBatch.baseline),
        ImportBatch.changed > 0,
    )
    return (await change.session.exec(first)).first() is not None


async def _is_burst(change: Change, batch: ImportBatch, plan: Plan, intake: Intake) -> bool:
    """Whether a batch that is or would be applied needs approval; a first load alarms nobody."""
    would_apply = batch.state == "applied" or (batch.state == "checked" and batch.changed > 0)
    first = batch.baseline and not await _loaded_before(change, batch)
    if first or not would_apply:
        return False
    estimate = await estimate_of(change, batch, plan, intake)
    batch.estimate = asdict(estimate)
    if intake.drops.unknown:
        zh = "评级服务暂时无法答复，未估计此批次会使多少主体降级"
        en = "grading does not answer, so it is not estimated how many grades would fall"
        notes = intake.upload.file.notes
        notes.warn(notes.header_row, "GRADES_NOT_ESTIMATED", zh, en)
    return estimate.is_burst


async def assign_approver(change: Change, batch: ImportBatch, plan: Plan, intake: Intake) -> None:
    """Assigns a batch that is to be held to the bureau whose unit head may approve it.

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
    file = intake.upload.file
    file.notes.refuse(BadFile("NO_APPROVER", zh, en))
    count(batch, plan, file, intake.header.mode)


async def _hold(change: Change, batch: ImportBatch, intake: Intake) -> None:
    batch.state = AWAITING
    if not batch.next_sequence:  # a batch that was sent in bulk is kept already
        await pieces.keep(change.session, batch.batch_id, intake.upload.content)
    change.audit("hold_import", f"import/{batch.batch_id}", after=audited(batch))
    await announce(change, batch)


async def apply(
    change: Change, batch: ImportBatch, plan: Plan, intake: Intake, *, reasons: str = ""
) -> None:
    """Applies a plan and writes the audit entry of the batch.

    `reasons` are the reasons of the person who approved the batch; empty if it needed no approval.
    """
    batch.state = "applied"
    cause = Cause(events.CAUSE_IMPORTED, intake.header.file_name, batch.batch_id, batch.baseline)
    after = {**audited(batch), **planned(plan)}
    action = "approve_import" if reasons else "import"
    change.audit(action, f"import/{batch.batch_id}", after=after, ground=reasons)
    await imported_rows.apply(change, plan, cause, intake.progress)


async def announce(change: Change, batch: ImportBatch) -> None:
    """Announces to the other services that a batch waits for a decision, or how it was decided."""
    imported_by, decided_by = [
        await change.session.get(Account, account_id)
        for account_id in (batch.imported_by, batch.decided_by)
    ]
    event = events.BatchDecided(
        batch=wire.batch(batch),
        imported_by_name=imported_by.display_name if imported_by else "",
        decided_by_name=decided_by.display_name if decided_by else "",
    )
    await change.announce(event, aggregate=f"batch/{batch.batch_id}", bureau=batch.bureau)


def question(header: pb.ImportHeader, sha256: str, bureau: str) -> str:
    """Returns a digest that is equal for two imports with the same content, bureau and options."""
    content = [
        header.family,
        sha256,
        bureau,
        dict(header.columns),
        dict(header.constants),
        dict(header.values),
        sorted(header.placeholder_owners),
        header.file_missing,
        header.sheet,
        *sorted((match.field, match.column) for match in header.matches),
    ]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def sent_as(caller: Caller) -> dict[str, Any]:
    """Returns the sender of a batch in the form in which it is stored with the batch."""
    return {**asdict(caller), "roles": sorted(caller.roles)}


def sender_of(batch: ImportBatch) -> Caller:
    """Returns the sender of a batch, with the roles the sender had when sending it."""
    kept = batch.sent_as or {}
    return Caller(**{**kept, "roles": frozenset(map(Role, kept["roles"]))})


async def _applied_before(change: Change, batch: ImportBatch) -> bool:
    """Whether the same was applied whole before; rejected rows are worth another attempt."""
    same = select(ImportBatch.batch_id).where(
        ImportBatch.question == batch.question,
        ImportBatch.state == "applied",
        ImportBatch.rejected == 0,
    )
    with change.session.no_autoflush:
        return (await change.session.exec(same)).first() is not None
