"""Undoes an import: restores the rows it changed, and removes the rows it created.

Only whole batches are undone, and only if no later change depends on them. A removed row stays as a
tombstone; importing the same file again creates new rows (but a bureau, whose code is its identity,
is restored). The rows are written to a scratch file, and put in force by one short transaction, so
that nobody waits for a large batch and nobody sees a part of it (ADR 0023).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import NotPermitted, WrongState
from law.separation import Act
from plumbing.aside import aside
from plumbing.change import Change, Changes
from plumbing.chunks import chunks
from plumbing.database import Database
from plumbing.identity import Caller, Role
from plumbing.memory import unsearched
from plumbing.settings import Settings
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import registry_pb2 as pb
from services.registry.announce_changes import IDS_IN_QUERY, Cause, announce_publications
from services.registry.imports import wire
from services.registry.imports.batch import imported_rows
from services.registry.imports.batch.access import find_batch
from services.registry.imports.batch.built_on import (
    Things,
    put_into_use_by,
    refuse_if_built_on,
    refuse_with_people_and_orders,
    removed_of,
    things_of,
)
from services.registry.imports.batch.dccs import reopen_dccs, take_files_away
from services.registry.imports.batch.processing import TRIES
from services.registry.imports.batch.restoring import restore
from services.registry.imports.plan.instruments_and_records import serial_of
from services.registry.imports.plan.plan import Kind
from services.registry.imports.rows.families import FamilyName
from services.registry.imports.staging.needed_rows import Needed, copied, copy_needed
from services.registry.imports.staging.rivals import Footprint, Key, Overtaken, Seen
from services.registry.imports.staging.scratch import FOLDER, Scratch
from services.registry.imports.staging.staged import Staged, move_rows
from services.registry.orders import following as orders
from services.registry.orders.following_results import follow_batch
from services.registry.proposals.propose import Proposed, object_id, propose
from services.registry.publication.standing import decisions, reopen
from services.registry.publication.told import forget_changed, tellings
from services.registry.questions import asking
from services.registry.questions import following as questions
from services.registry.sameness.finding import follow_owners_of_batch, look_again
from services.registry.tables import ImportBatch, Proposal
from services.registry.upkeep.effects import demand_omitted

T = TypeVar("T")


@dataclass(frozen=True)
class Undone:
    """A batch on which nothing rests, and its rows as they were before in a scratch file.

    `staged` is None where undoing is only proposed.
    """

    things: Things
    staged: Staged | None = None


Finish = Callable[[Undone | None], Awaitable[T]]


@dataclass(frozen=True)
class Undoing:
    """Prepares the undoing of batches beside the calls of others; `folder` is for scratch files."""

    changes: Changes
    folder: Path

    @classmethod
    def of(cls, changes: Changes, settings: Settings) -> Undoing:
        """Returns what the deployment's settings give."""
        return cls(changes, settings.data_dir / FOLDER)

    async def undo(
        self, caller: Caller, request: pb.UndoBatchRequest, finish: Finish[T], *, released: bool
    ) -> T:
        """Prepares the undoing of a batch, and returns what `finish` makes of it.

        `finish` gets None for a batch that is not applied. Raises NotFound for an unknown batch,
        NotPermitted outside the caller's scope, WrongState with a fault for each row that was
        changed or referred to since, and Overtaken if others kept changing what the batch is about.
        """
        for left in reversed(range(TRIES)):
            scratch = Scratch(self.folder)
            try:
                prepare = partial(self._prepare, caller, request, scratch, released=released)
                return await finish(await aside(prepare))
            except Overtaken:
                if not left:
                    raise _disturbed() from None
            finally:
                scratch.drop()
        raise AssertionError("A batch is prepared at least once")

    async def _prepare(
        self, caller: Caller, request: pb.UndoBatchRequest, scratch: Scratch, *, released: bool
    ) -> Undone | None:
        database, at = self.changes.database.again(), self.changes.clock.now()
        try:
            with unsearched():
                return await _Preparation(database, caller, scratch, at).run(request, released)
        finally:
            await database.close()


@dataclass(frozen=True)
class _Preparation:
    database: Database
    caller: Caller
    scratch: Scratch
    at: datetime

    async def run(self, request: pb.UndoBatchRequest, released: bool) -> Undone | None:
        async with self.scratch.create() as session:
            async with self.database.snapshot() as register:
                batch = await find_batch(register, self.caller, request.batch_id)
                _refuse_administrators(self.caller, batch)
                if batch.state != "applied":
                    return None
                change = Change(register, self.caller, self.at)
                things = await things_of(change, batch.batch_id)
                await refuse_if_built_on(change, things)
                if not (released or _at_once(batch)):
                    return Undone(things)
                await copy_needed(register, session, _needed(things))
                seen = await Seen.of(register)
            cause = Cause(events.CAUSE_UNDONE, request.ground, batch.batch_id, batch.baseline)
            staged = await self._stage(session, things, cause, seen)
        return Undone(things, await staged.caught_up(self.database))

    async def _stage(
        self, session: AsyncSession, things: Things, cause: Cause, seen: Seen
    ) -> Staged:
        keys = [*_relied_on(things), *await copied(session)]
        change = Change(session, self.caller, self.at)
        await restore(change, things, cause)
        return await Staged.of(
            self.scratch, change, Footprint(lambda: ((key, 0) for key in keys)), seen
        )


def _needed(things: Things) -> Needed:
    """What saving the former rows reads."""
    return Needed(
        {kind: set(of_kind) for kind, of_kind in things.items()},
        followed={one for one, thing in things[Kind.SUBJECT].items() if thing.before},
        serials={
            serial_of(thing.before) for thing in things[Kind.INSTRUMENT].values() if thing.before
        },
    )


def _relied_on(things: Things) -> Iterator[Key]:
    """What others must not have done meanwhile, apart from changing a row that was copied."""
    for kind, of_kind in things.items():
        for thing_id in removed_of(of_kind):
            yield "of", kind.value, thing_id
    for instrument_id in put_into_use_by(things):
        yield "of", Kind.INSTRUMENT.value, instrument_id
    for thing in things[Kind.INSTRUMENT].values():
        if thing.before:
            yield "serial", *serial_of(thing.before)
    for thing in things[Kind.SUBJECT].values():
        if thing.before:
            yield "bureau", thing.before["bureau"]


async def undo_batch(
    change: Change, request: pb.UndoBatchRequest, *, undone: Undone | None
) -> pb.UndoBatchResponse:
    """Proposes to undo an applied batch; a second person releases it (S1 20).

    A batch of bureaus is undone at once: it has no credit data. Raises NotFound for an unknown
    batch, NotPermitted outside the caller's scope, WrongState for a batch that is not applied, and
    Overtaken if others changed meanwhile what it is about.
    """
    batch = await _applied(change, request.batch_id)
    if undone is not None and undone.staged is not None:
        await undo(change, batch, request.ground, undone)
        return pb.UndoBatchResponse(batch=wire.batch(batch))
    what = Proposed(
        act=Act.UNDO_BATCH,
        object=f"import/{batch.batch_id}",
        version=0,  # nothing of the batch may have changed
        bureau=batch.bureau,
        ground=request.ground,
        before={"state": batch.state},
        after={"state": "undone", "file_name": batch.file_name, "rows": batch.rows},
    )
    proposal = await propose(change, request, what)
    return pb.UndoBatchResponse(batch=wire.batch(batch), proposal=proposal)


async def release_undo(
    change: Change, request: pb.UndoBatchRequest, proposal: Proposal, undone: Undone | None
) -> None:
    """Undoes a batch once a second person releases it. Raises as `undo_batch`."""
    batch = await _applied(change, object_id(proposal))
    if undone is None:
        raise _disturbed()
    await undo(change, batch, request.ground, undone)


def _at_once(batch: ImportBatch) -> bool:
    return batch.family == FamilyName.BUREAUS


async def _applied(change: Change, batch_id: str) -> ImportBatch:
    batch = await find_batch(change.session, change.caller, batch_id, lock=True)
    _refuse_administrators(change.caller, batch)
    if batch.state != "applied":
        raise WrongState("该批次未导入，或已撤销", "The batch is not applied", state=batch.state)
    return batch


def _refuse_administrators(caller: Caller, batch: ImportBatch) -> None:
    if caller.has(Role.ADMINISTRATOR) and not _at_once(batch):
        zh = "平台管理员不得变更信用数据"
        raise NotPermitted(zh, "An administrator changes no credit data")


def _disturbed() -> WrongState:
    return WrongState(
        "该批次涉及的内容正由他人变更；未撤销任何内容，请稍后再试",
        "What the batch is about is being changed by others; nothing was undone, try again",
    )


async def undo(change: Change, batch: ImportBatch, ground: str, undone: Undone) -> None:
    """Puts the former rows in force: those that the batch created are removed.

    Raises Overtaken if others changed meanwhile what the batch is about.
    """
    if undone.staged is None:
        raise _disturbed()
    await undone.staged.require_current(change)
    await refuse_with_people_and_orders(change, undone.things)
    before = batch.model_dump(mode="json", include={"state"})
    batch.state = "undone"
    counts = {kind.value: len(of_kind) for kind, of_kind in undone.things.items() if of_kind}
    change.audit(
        "undo_import",
        f"import/{batch.batch_id}",
        before=before,
        after={"state": "undone", "things": counts},
        ground=ground,
    )
    await change.session.flush()
    await move_rows(change.session, undone.staged.scratch)
    await undone.staged.announce(change)
    cause = Cause(events.CAUSE_UNDONE, ground, batch.batch_id, batch.baseline)
    await _review_again(change, undone.things[Kind.RECORD], cause)
    await take_files_away(change, batch, undone.things[Kind.VERIFICATION], ground)
    await reopen_dccs(change, removed_of(undone.things[Kind.VERIFICATION]), ground)
    await orders.follow_batch(change, batch.batch_id)
    await follow_batch(change, batch.batch_id, f"检定结果已撤销：{ground}")
    await demand_omitted(change, undone.things[Kind.INSTRUMENT])
    await follow_owners_of_batch(change, batch.batch_id)
    await look_again(change, batch.batch_id)
    await asking.take_back(change, batch.batch_id)
    await questions.follow_batch(change, batch.batch_id)


async def _review_again(change: Change, record_ids: Iterable[str], cause: Cause) -> None:
    """Lets records wait for review and telling again if the restored content is another."""
    for ids in chunks(sorted(record_ids), IDS_IN_QUERY):
        known = {*await decisions(change.session, ids), *await tellings(change.session, ids)}
        records = [*(await imported_rows.load(change, Kind.RECORD, known)).values()]
        await announce_publications(change, await reopen(change.session, records), cause)
        await forget_changed(change.session, records)
