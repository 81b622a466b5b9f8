"""Processes a batch beside the calls of others, and then puts it in force in one short transaction.

Comparing, estimating and writing happen in a thread, on a snapshot of the register and a scratch
file. If others have changed meanwhile what the batch relies on, it is prepared anew.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import WrongState
from plumbing.aside import aside
from plumbing.change import Change, Changes
from plumbing.database import Database
from plumbing.grpc_errors import Away
from plumbing.memory import unsearched
from plumbing.settings import Settings
from protos.registry.v1 import events_pb2 as events
from services.registry.announce_changes import Cause
from services.registry.imports.batch import applying
from services.registry.imports.batch import content as pieces
from services.registry.imports.batch.approvers import AWAITING
from services.registry.imports.batch.content import Places
from services.registry.imports.batch.dccs import take_dccs
from services.registry.imports.batch.intake import Intake, Upload, announce, decide
from services.registry.imports.batch.outcome import audited, drop_faults, keep_faults, planned
from services.registry.imports.impact.estimate import DropsUnknown, Limits
from services.registry.imports.impact.grade_drops import GradeDrops, Grader
from services.registry.imports.plan.plan import Kind, Plan
from services.registry.imports.staging.needed_rows import Needed, copy_needed
from services.registry.imports.staging.rivals import Footprint, Overtaken, Seen
from services.registry.imports.staging.scratch import FOLDER, Scratch
from services.registry.imports.staging.staged import Staged, move_rows
from services.registry.orders import following as orders
from services.registry.orders.following_results import follow_batch
from services.registry.questions import asking
from services.registry.questions import following as questions
from services.registry.questions.asking import Found
from services.registry.sameness.finding import follow_owners_of_batch, open_found
from services.registry.sameness.places import Place
from services.registry.tables import ImportBatch

TRIES = 6  # of one batch, while the register changes meanwhile
# What deciding sets in a batch.
_DECIDED = (
    *("state", "rejected", "unchanged", "changed", "in_review", "repeated_serials"),
    *("to_review", "to_decide", "estimate", "bureau", "effects"),
)
T = TypeVar("T")


@dataclass(frozen=True)
class Ready:
    """A batch that is ready to be put in force: its fields as decided, and its scratch file.

    `staged` is None if it changes nothing in the register; `alike` is where it makes things that
    are perhaps the same, and `questions` what a person then decides; `dccs` has the DCCs of new
    results, by the ids of both, and `certified` those of results on file; `planned` goes into the
    audit chain.
    """

    upload: Upload
    decided: dict[str, Any]
    scratch: Scratch
    staged: Staged | None = None
    alike: Collection[Place] = ()
    questions: Sequence[Found] = ()
    dccs: Mapping[str, str] = field(default_factory=dict)
    certified: Mapping[str, str] = field(default_factory=dict)
    planned: dict[str, Any] = field(default_factory=dict)

    @property
    def state(self) -> str:
        """The state that was decided."""
        return str(self.decided["state"])


@dataclass(frozen=True)
class Processor:
    """Prepares batches and has them put in force; `folder` is that of the scratch files."""

    changes: Changes
    grader: Grader
    limits: Limits
    folder: Path

    @classmethod
    def of(cls, changes: Changes, grader: Grader, settings: Settings) -> Processor:
        """Returns the processor that the deployment's settings give."""
        return cls(changes, grader, Limits.of(settings), settings.data_dir / FOLDER)

    async def process(self, intake: Intake, finish: Callable[[Ready | None], Awaitable[T]]) -> T:
        """Prepares a batch, and returns what `finish` makes of it, in a transaction of its own.

        Grading is asked outside of any transaction how many grades would fall, if that has to be
        known. Raises Away if it does not answer and the batch is to be applied, Overtaken if others
        changed what the batch relies on during each attempt, and WrongState if no answer of grading
        fitted the register any more.
        """
        for left in reversed(range(TRIES)):
            scratch = Scratch(self.folder)
            try:
                ready = await aside(partial(self._prepare, intake, scratch))
                return await finish(ready)
            except DropsUnknown as unknown:
                intake = replace(intake, drops=await self._ask(unknown))
            except Overtaken:
                if not left:
                    raise
            finally:
                scratch.drop()
        raise WrongState(
            "登记内容正在不断变化，无法估计此批次的影响；未导入任何内容，请稍后再试",
            "The register keeps changing, so the batch cannot be estimated; nothing was imported",
        )

    async def _ask(self, unknown: DropsUnknown) -> GradeDrops:
        try:
            return await self.grader.ask(unknown.question)
        except Away:
            if not unknown.only_checks:
                raise
            return GradeDrops(unknown.question.digest, unknown=True)

    async def _prepare(self, intake: Intake, scratch: Scratch) -> Ready | None:
        database = self.changes.database.again()
        try:
            at = self.changes.clock.now()
            with unsearched():
                return await _Preparation(database, intake.for_one_attempt(), scratch, at).run()
        finally:
            await database.close()


@dataclass(frozen=True)
class _Preparation:
    database: Database
    intake: Intake
    scratch: Scratch
    at: datetime

    async def run(self) -> Ready | None:
        async with self.scratch.create() as session:
            async with self.database.snapshot() as register:
                change = Change(register, self.intake.caller, self.at)
                batch = await self.intake.draft(change)
                if batch is None:
                    return None
                plan = await decide(change, batch, self.intake)
                if plan is not None:
                    await self._copy(register, session, batch, plan)
                seen = await Seen.of(register)
            ready = Ready(self.intake.upload, batch.model_dump(include={*_DECIDED}), self.scratch)
            if plan is None or batch.state != "applied":
                return ready
            with unsearched():
                staged = await self._stage(session, batch, plan, seen)
        staged = await staged.caught_up(self.database)
        return replace(
            ready,
            staged=staged,
            alike=plan.alike.keys(),
            questions=[one.found for one in plan.questions],
            dccs={one.thing_id: one.dcc_id for one in plan.things[Kind.VERIFICATION] if one.dcc_id},
            certified={key: dcc_id for key, (_, dcc_id) in plan.certified.items()},
            planned=planned(plan),
        )

    async def _copy(
        self, register: AsyncSession, session: AsyncSession, batch: ImportBatch, plan: Plan
    ) -> None:
        places = await Places.of(register, batch.batch_id)
        await keep_faults(session, batch.batch_id, self.intake.upload.file, places)
        if batch.state == "applied":
            await copy_needed(register, session, Needed.by(plan))

    async def _stage(
        self, session: AsyncSession, batch: ImportBatch, plan: Plan, seen: Seen
    ) -> Staged:
        header = self.intake.header
        cause = Cause(events.CAUSE_IMPORTED, header.file_name, batch.batch_id, batch.baseline)
        change = Change(session, self.intake.caller, self.at)
        await applying.apply(change, plan, cause, self.intake.progress)
        footprint = Footprint.of(self.intake.upload.file.items, plan)
        return await Staged.of(self.scratch, change, footprint, seen)


def required(ready: Ready | None) -> Ready:
    """Returns what is ready. Raises WrongState if the batch could not be prepared a moment ago."""
    if ready is None:
        zh, en = "该批次正由他人办理，请稍后再试", "The batch is being dealt with; try again"
        raise WrongState(zh, en)
    return ready


async def process(change: Change, batch: ImportBatch, ready: Ready) -> None:
    """Saves a batch as it was decided; applies or holds it.

    Raises Overtaken if others changed meanwhile what it relies on.
    """
    await take(change, batch, ready)
    if batch.state == AWAITING:
        await _hold(change, batch, ready)
    elif batch.state == "applied":
        await apply(change, batch, ready)


async def take(change: Change, batch: ImportBatch, ready: Ready) -> None:
    """Saves a batch as it was decided, with its faults, and its rows in the register.

    Raises Overtaken if others changed meanwhile what it relies on.
    """
    if ready.staged:
        await ready.staged.require_current(change)
    batch.sqlmodel_update(ready.decided)
    change.session.add(batch)
    await change.session.flush()
    await drop_faults(change.session, batch.batch_id)
    await move_rows(change.session, ready.scratch)


async def apply(change: Change, batch: ImportBatch, ready: Ready, *, reasons: str = "") -> None:
    """Writes the audit entry and the events of a batch whose rows were taken.

    `reasons` are the reasons of the person who approved the batch; empty if it needed no approval.
    """
    after = {**audited(batch), **ready.planned}
    action = "approve_import" if reasons else "import"
    change.audit(action, f"import/{batch.batch_id}", after=after, ground=reasons)
    if ready.staged:
        await ready.staged.announce(change)
    await take_dccs(change, ready.dccs, ready.certified)
    await orders.follow_batch(change, batch.batch_id)
    await follow_owners_of_batch(change, batch.batch_id)
    await follow_batch(change, batch.batch_id, f"文件“{batch.file_name}”更改了检定结果")
    await open_found(change, batch.batch_id, ready.alike)
    await asking.ask(change, batch.batch_id, ready.questions)
    await questions.follow_batch(change, batch.batch_id)


async def _hold(change: Change, batch: ImportBatch, ready: Ready) -> None:
    if not batch.next_sequence:  # a batch that was sent in bulk is kept already
        await pieces.keep(change.session, batch.batch_id, ready.upload.content)
    change.audit("hold_import", f"import/{batch.batch_id}", after=audited(batch))
    await announce(change, batch)
