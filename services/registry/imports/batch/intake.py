"""Decides what becomes of a batch after it is read, by comparing it with the register.

A file, a batch that was sent in bulk and a batch that was approved are processed in the same way.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Any

from sqlmodel import col, select

from plumbing.change import Change
from plumbing.clock import local_date
from plumbing.identity import Caller, Role
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import registry_pb2 as pb
from services.registry.identity.tables import Account
from services.registry.imports import wire
from services.registry.imports.batch.approvers import AWAITING, approving_bureau
from services.registry.imports.batch.outcome import count
from services.registry.imports.impact.alarms import ends_reds
from services.registry.imports.impact.estimate import Estimate, Limits, estimate
from services.registry.imports.impact.grade_drops import GradeDrops
from services.registry.imports.plan.bureaus_and_subjects import plan_bureaus, plan_subjects
from services.registry.imports.plan.instruments_and_records import plan_instruments, plan_records
from services.registry.imports.plan.penalties import plan_penalties
from services.registry.imports.plan.permits import plan_permits
from services.registry.imports.plan.plan import Context, Kind, Plan
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
    FamilyName.PENALTIES: plan_penalties,
    FamilyName.PERMITS: plan_permits,
}


@dataclass(frozen=True)
class Upload:
    """The bytes of a file, their SHA-256, and the rows that were read from them."""

    content: bytes
    sha256: str
    file: FileContent


async def read_upload(
    header: pb.ImportHeader,
    content: bytes,
    today: date,
    limits: FileLimits,
    digest: str,
    type_names: Mapping[str, str],
) -> Upload:
    """Reads the rows of a file in a thread, before any transaction, since it may take long.

    `digest` is the digest of the content; if it is empty, the SHA-256 is computed. `type_names` are
    the bureau's own names of types of instruments.
    """
    file = await asyncio.to_thread(read_file, header, content, today, limits, type_names)
    return Upload(content, digest or hashlib.sha256(content).hexdigest(), file)


@dataclass(frozen=True)
class Intake:
    """A batch to be processed: its header and content, its sender, and the limits of its impact.

    `caller` is who sends, completes or approves it now, `sent_as` who sent it. `draft` returns the
    batch as it is before it is processed, not to be saved, or None if it is not to be processed.
    `seen` is the estimate that an approver has seen. `progress` is told how far it has come.
    """

    header: pb.ImportHeader
    upload: Upload
    caller: Caller
    sent_as: Caller
    draft: Callable[[Change], Awaitable[ImportBatch | None]]
    limits: Limits
    seen: str | None = None
    drops: GradeDrops = field(default_factory=GradeDrops)
    progress: Progress = field(default_factory=Progress)

    def context(self, change: Change, batch: ImportBatch) -> Context:
        """Returns what planning needs, on the snapshot of a change."""
        sent_on = local_date(batch.imported_at)
        return Context(change, self.header, self.upload.file, self.sent_as, sent_on, self.progress)

    def for_one_attempt(self) -> Intake:
        """Returns a copy with lists of faults and rows of its own, for one attempt to plan."""
        file = self.upload.file
        notes = replace(file.notes, notes=list(file.notes.notes), bad_rows=set(file.notes.bad_rows))
        own = replace(file, notes=notes, items=list(file.items), bad=list(file.bad))
        return replace(self, upload=replace(self.upload, file=own))


async def decide(change: Change, batch: ImportBatch, intake: Intake) -> Plan | None:
    """Plans a batch, and sets its state and counts: applied, held, refused or only checked.

    Bad rows raise no error: they are noted as faults of the file. A batch that would cause many
    alerts or many lower grades at once, or another effect than its approver has seen, is held until
    a person approves it. Returns None if the same was applied before. Reads only. Raises
    DropsUnknown if the grading service must be asked first how many grades would fall.
    """
    file = intake.upload.file
    if intake.seen is None and await _applied_before(change, batch):
        batch.state, batch.unchanged = "unchanged", file.rows
        return None
    plan = await _plan_of(change, batch, intake)
    count(batch, plan, file, intake.header.mode)
    if await _is_burst(change, batch, plan, intake):
        await _assign_approver(change, batch, plan, intake)
        if batch.state == "applied":
            batch.state = AWAITING
    return plan


async def _plan_of(change: Change, batch: ImportBatch, intake: Intake) -> Plan:
    """Computes the changes that a batch would make in the register, and lists its rows' faults."""
    file = intake.upload.file
    if file.notes.header_is_bad:
        return Plan()
    intake.progress.begin(Step.COMPARE, len(file.items))
    plan = await PLANS[FamilyName(intake.header.family)](intake.context(change, batch))
    plan.drop(file.notes.bad_rows)
    return plan


async def _estimate_of(change: Change, batch: ImportBatch, plan: Plan, intake: Intake) -> Estimate:
    """Estimates how many alerts and lower grades the plan of a batch would cause.

    Raises DropsUnknown if the grading service must be asked first how many grades would fall.
    """
    intake.progress.begin(Step.ESTIMATE)
    estimated = await estimate(intake.context(change, batch), plan, intake.limits, intake.drops)
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


def _states_exemptions(plan: Plan) -> bool:
    instruments = plan.things[Kind.INSTRUMENT]
    return any(one.values.get("non_compulsory_ground") for one in instruments)


async def _is_harmless_first_load(
    change: Change, batch: ImportBatch, plan: Plan, intake: Intake
) -> bool:
    """Whether a batch needs no estimate, because a first load alarms nobody.

    What need not be verified, and red alerts on file that end, take a second person there too.
    """
    if not batch.baseline or intake.seen is not None or _states_exemptions(plan):
        return False
    if await _loaded_before(change, batch):
        return False
    return not await ends_reds(intake.context(change, batch), plan)


async def _is_burst(change: Change, batch: ImportBatch, plan: Plan, intake: Intake) -> bool:
    """Whether a batch that is or would be applied needs approval."""
    would_apply = batch.state == "applied" or (batch.state == "checked" and batch.changed > 0)
    if not would_apply or await _is_harmless_first_load(change, batch, plan, intake):
        return False
    estimate = await _estimate_of(change, batch, plan, intake)
    batch.estimate = estimate.kept()
    if intake.drops.unknown:
        zh = "评级服务暂时无法答复，未估计此批次会使多少主体降级"
        en = "grading does not answer, so it is not estimated how many grades would fall"
        notes = intake.upload.file.notes
        notes.warn(notes.header_row, "GRADES_NOT_ESTIMATED", zh, en)
    if intake.seen is not None:
        return estimate.digest != intake.seen
    return estimate.is_burst


async def _assign_approver(change: Change, batch: ImportBatch, plan: Plan, intake: Intake) -> None:
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
        *(["hidden rows"] if header.hidden_rows else []),
        *(["unknown types"] if header.unknown_types else []),
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
    return (await change.session.exec(same)).first() is not None
