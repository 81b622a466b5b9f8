"""Undoes an import: restores the rows it changed, and removes the rows it created.

Only whole batches are undone, and only if no later change depends on them. A removed row stays as a
tombstone; importing the same file again creates new rows (but a bureau, whose code is its identity,
is restored).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from law.colours.rule import InstrumentState, VerificationResult
from law.errors import Fault, NotPermitted, WrongState
from law.separation import Act
from plumbing.change import Change
from plumbing.chunks import chunks
from plumbing.identity import Role
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import registry_pb2 as pb
from services.registry.announce_changes import Cause
from services.registry.identity.tables import Account
from services.registry.imports import wire
from services.registry.imports.batch import imported_rows
from services.registry.imports.batch.access import find_batch
from services.registry.imports.batch.imported_rows import ROWS_AT_ONCE, TABLES
from services.registry.imports.plan.plan import Kind, fetch, present_rows
from services.registry.imports.plan.verifications import STATED
from services.registry.imports.rows.families import FamilyName
from services.registry.proposals.propose import Proposed, object_id, propose
from services.registry.tables import (
    Bureau,
    Contest,
    ImportBatch,
    ImportedThing,
    Instrument,
    Proposal,
    Record,
    Subject,
    Verification,
)

FAULTS_LISTED = 100
PASSES = present_rows(Verification).where(col(Verification.result) == VerificationResult.PASS)
# Who refers to a thing of a kind: the referring column, its kind and key, and which rows count.
REFERENCES: Mapping[Kind, Sequence[tuple[Any, Kind | None, Any, str]]] = {
    Kind.BUREAU: (
        (Subject.bureau, Kind.SUBJECT, Subject.subject_id, "NOT removed"),
        (Account.bureau, None, Account.account_id, "NOT closed"),
    ),
    Kind.SUBJECT: (
        (Instrument.subject_id, Kind.INSTRUMENT, Instrument.instrument_id, "NOT removed"),
        (Record.subject_id, Kind.RECORD, Record.record_id, "NOT removed"),
        (Account.subject_id, None, Account.account_id, "NOT closed"),
    ),
    Kind.INSTRUMENT: (
        (
            Verification.instrument_id,
            Kind.VERIFICATION,
            Verification.verification_id,
            "NOT removed",
        ),
    ),
    Kind.VERIFICATION: (),
    Kind.RECORD: ((Contest.record_id, None, Contest.case_id, "TRUE"),),
}
Things = dict[Kind, dict[str, ImportedThing]]


async def undo_batch(change: Change, request: pb.UndoBatchRequest) -> pb.UndoBatchResponse:
    """Proposes to undo an applied batch; a second person releases it (S1 20).

    A batch of bureaus is undone at once: it has no credit data. Raises NotFound for an unknown
    batch, NotPermitted outside the caller's scope, WrongState for a batch that is not applied or of
    which a row was changed or referred to since; the faults name each such row.
    """
    batch = await _applied(change, request.batch_id)
    if batch.family == FamilyName.BUREAUS:
        await undo(change, batch, request.ground)
        return pb.UndoBatchResponse(batch=wire.batch(batch))
    await _refuse_if_built_on(change, await _things(change, batch.batch_id))
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


async def release_undo(change: Change, request: pb.UndoBatchRequest, proposal: Proposal) -> None:
    """Undoes a batch once a second person releases it. Raises as `undo_batch`."""
    await undo(change, await _applied(change, object_id(proposal)), request.ground)


async def _applied(change: Change, batch_id: str) -> ImportBatch:
    batch = await find_batch(change.session, change.caller, batch_id, lock=True)
    if change.caller.has(Role.ADMINISTRATOR) and batch.family != FamilyName.BUREAUS:
        zh = "平台管理员不得变更信用数据"
        raise NotPermitted(zh, "An administrator changes no credit data")
    if batch.state != "applied":
        raise WrongState("该批次未导入，或已撤销", "The batch is not applied", state=batch.state)
    return batch


async def undo(change: Change, batch: ImportBatch, ground: str) -> None:
    """Restores the rows that an applied batch changed, and removes the rows it created.

    Raises WrongState, with a fault for each row that was changed or referred to since.
    """
    things = await _things(change, batch.batch_id)
    await _refuse_if_built_on(change, things)
    before = batch.model_dump(mode="json", include={"state"})
    batch.state = "undone"
    counts = {kind.value: len(of_kind) for kind, of_kind in things.items() if of_kind}
    change.audit(
        "undo_import",
        f"import/{batch.batch_id}",
        before=before,
        after={"state": "undone", "things": counts},
        ground=ground,
    )
    await change.session.flush()
    cause = Cause(events.CAUSE_UNDONE, ground, batch.batch_id, batch.baseline)
    await _restore(change, things, cause)


async def _things(change: Change, batch_id: str) -> Things:
    query = select(ImportedThing).where(ImportedThing.batch_id == batch_id)
    things: Things = {kind: {} for kind in Kind}
    for row in (await change.session.exec(query)).all():
        change.session.expunge(row)
        things[Kind(row.kind)][row.thing_id] = row
    return things


async def _refuse_if_built_on(change: Change, things: Things) -> None:
    faults = await _changed_since(change, things) + await _referred_to(change, things)
    faults += await _former_bureaus_gone(change, things)
    faults += await _passes_relying_on_use(change, things)
    if faults:
        raise WrongState(
            f"该批次有 {len(faults)} 项此后已被修改或引用，不能撤销",
            f"{len(faults)} things of the batch were changed or referred to since",
            faults=faults[:FAULTS_LISTED],
            things=str(len(faults)),
        )


async def _changed_since(change: Change, things: Things) -> list[Fault]:
    faults: list[Fault] = []
    for kind, of_kind in things.items():
        for ids in chunks(of_kind, ROWS_AT_ONCE):
            rows = await imported_rows.load(change, kind, ids)
            differing = [one for one in ids if _differs(kind, of_kind[one], rows[one])]
            later = await _later_batches(change, of_kind, differing)
            faults += [_fault(kind, one, *_by_whom(later.get(one))) for one in differing]
            for row in rows.values():
                change.session.expunge(row)
    return faults


def _differs(kind: Kind, thing: ImportedThing, row: Any) -> bool:
    # A higher version may come from rows that this one follows, or from changes undone since.
    return row.version != thing.version and not TABLES[kind].matches(row, thing.digest)


async def _later_batches(
    change: Change, things: Mapping[str, ImportedThing], ids: Sequence[str]
) -> dict[str, str]:
    """Which of the batches that are still applied changed each thing last, by its id."""
    columns: list[Any] = [
        col(ImportedThing.thing_id),
        col(ImportedThing.batch_id),
        col(ImportedThing.version),
    ]
    applied = (
        sa.select(*columns)
        .join(ImportBatch, col(ImportBatch.batch_id) == col(ImportedThing.batch_id))
        .where(col(ImportBatch.state) == "applied")
    )
    rows = await fetch(change.session, applied, col(ImportedThing.thing_id), ids)
    later = [row for row in rows if row["version"] > things[row["thing_id"]].version]
    in_order = sorted(later, key=lambda row: int(row["version"]))
    return {row["thing_id"]: row["batch_id"] for row in in_order}


def _by_whom(batch_id: str | None) -> tuple[str, str]:
    if batch_id is None:
        return "此后已被修改", "was changed since"
    return f"此后已被批次 {batch_id} 修改", f"was changed since by the batch {batch_id}"


async def _referred_to(change: Change, things: Things) -> list[Fault]:
    """Things that would be removed, and to which rows of others refer."""
    faults: list[Fault] = []
    for kind, references in REFERENCES.items():
        removed = [thing_id for thing_id, thing in things[kind].items() if _is_removed(thing)]
        for column, referring, key, counted in references:
            columns: list[Any] = [col(column).label("thing"), col(key).label("by")]
            query = sa.select(*columns).where(sa.text(counted))
            rows = await fetch(change.session, query, col(column), removed)
            own = things[referring] if referring else {}
            foreign = {row["thing"] for row in rows if row["by"] not in own}
            zh, en = "此后已被引用", "was referred to since"
            faults += [_fault(kind, thing_id, zh, en) for thing_id in sorted(foreign)]
    return faults


def _is_removed(thing: ImportedThing) -> bool:
    """Whether undoing removes the thing: the batch made it, or restored it from removal."""
    return thing.before is None or bool(thing.before.get("removed"))


async def _former_bureaus_gone(change: Change, things: Things) -> list[Fault]:
    """Subjects that would go back to a bureau that is removed."""
    before = {
        thing_id: thing.before
        for thing_id, thing in things[Kind.SUBJECT].items()
        if thing.before is not None
    }
    codes = {former["bureau"] for former in before.values()}
    rows = await fetch(change.session, present_rows(Bureau), col(Bureau.code), codes)
    gone = codes - {row["code"] for row in rows}
    zh, en = "原监管机关已不存在", "its former bureau is removed"
    return [
        _fault(Kind.SUBJECT, thing_id, zh, en)
        for thing_id, former in before.items()
        if former["bureau"] in gone
    ]


async def _passes_relying_on_use(change: Change, things: Things) -> list[Fault]:
    """Instruments that the batch put into use, and for which others recorded a pass afterwards.

    A pass puts an instrument that was never used into use (C-19). Had the pass of another come
    before the batch, the instrument would have been in use already; so the pass came after it, and
    relies on the instrument being in use.
    """
    put_into_use = [
        thing_id
        for thing_id, thing in things[Kind.INSTRUMENT].items()
        if thing.before is not None and _never_used(thing.before)
    ]
    own = things[Kind.VERIFICATION]
    passes = await fetch(change.session, PASSES, col(Verification.instrument_id), put_into_use)
    relying = {str(row["instrument_id"]) for row in passes if row["verification_id"] not in own}
    # A state that another file gave does not come from any pass.
    batches = {thing.batch_id for of_kind in things.values() for thing in of_kind.values()}
    elsewhere = STATED.where(col(ImportedThing.batch_id).not_in(batches))
    stated = await fetch(change.session, elsewhere, col(ImportedThing.thing_id), relying)
    relying -= {row["thing_id"] for row in stated}
    zh = "此后登记的合格检定以其在用为前提"
    en = "a pass recorded since relies on its being in use"
    return [_fault(Kind.INSTRUMENT, thing_id, zh, en) for thing_id in sorted(relying)]


def _never_used(before: Mapping[str, Any]) -> bool:
    return before["state"] == InstrumentState.SPARE and not before["spell"]


def _fault(kind: Kind, thing_id: str, zh: str, en: str) -> Fault:
    return Fault(f"{kind}/{thing_id}", zh, en)


async def _restore(change: Change, things: Things, cause: Cause) -> None:
    for kind in reversed(Kind):
        for portion in chunks(things[kind].values(), ROWS_AT_ONCE):
            await _restore_portion(change, kind, portion, cause)
            change.session.expunge_all()


async def _restore_portion(
    change: Change, kind: Kind, portion: Iterable[ImportedThing], cause: Cause
) -> None:
    former = {thing.thing_id: thing.before for thing in portion}
    rows = await imported_rows.load(change, kind, former)
    present = {thing_id: row.model_dump(mode="json") for thing_id, row in rows.items()}
    for thing_id, row in rows.items():
        _set_back(kind, row, former[thing_id])
    await TABLES[kind].save(change, list(rows.values()), cause)
    if kind is Kind.SUBJECT:
        restored = [row for row in rows.values() if not row.removed]
        await imported_rows.follow(change, restored, present, cause)


def _set_back(kind: Kind, row: Any, before: Mapping[str, Any] | None) -> None:
    if before is None:
        row.removed = True
        return
    table = TABLES[kind]
    former = table.model.model_validate(before)
    row.sqlmodel_update(
        {name: getattr(former, name) for name in before if name not in table.follows}
    )
