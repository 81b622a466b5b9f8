"""Undoing an import: what it changed is as it was before, what it made is removed.

Only whole batches are undone, and only where nobody has built on them since. What was removed
stays as a tombstone; the same file imported again makes new things (a bureau, whose code is its
identity, comes back to life).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from law.errors import Fault, WrongState
from plumbing.change import Change
from plumbing.chunks import chunks
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import registry_pb2 as pb
from services.registry.announce_changes import Why
from services.registry.imports import wire
from services.registry.imports.batch import imported_rows, undo_rules
from services.registry.imports.batch.imported_rows import ROWS_AT_ONCE, TABLES
from services.registry.imports.plan.plan import Kind, fetch
from services.registry.imports.queries import find_batch
from services.registry.tables import (
    Account,
    Contest,
    ImportBatch,
    ImportedThing,
    Instrument,
    Record,
    Subject,
    Verification,
)

FAULTS_TOLD = 100
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
    """Undoes an applied batch.

    Raises NotFound, NotPermitted outside the scope, WrongState for a batch that is not applied
    or of which something was changed or built upon since; the faults name each such thing.
    """
    batch = await find_batch(change.session, change.caller, request.batch_id, lock=True)
    if batch.state != "applied":
        raise WrongState("该批次未导入，或已撤销", "The batch is not applied", state=batch.state)
    made = await _things(change, batch.batch_id)
    faults = await _changed_since(change, made) + await _built_upon(change, made)
    faults += await undo_rules.in_the_way(change, made)
    if faults:
        raise WrongState(
            f"该批次有 {len(faults)} 项此后已被修改或引用，不能撤销",
            f"{len(faults)} things of the batch were changed or referred to since",
            faults=faults[:FAULTS_TOLD],
            things=str(len(faults)),
        )
    before = batch.model_dump(mode="json", include={"state"})
    batch.state = "undone"
    answer = pb.UndoBatchResponse(batch=wire.batch(batch))
    counted = {kind.value: len(some) for kind, some in made.items() if some}
    change.audit(
        "undo_import",
        f"import/{batch.batch_id}",
        before=before,
        after={"state": "undone", "things": counted},
        ground=request.ground,
    )
    await change.session.flush()
    why = Why(events.CAUSE_UNDONE, request.ground, batch.batch_id, batch.baseline)
    await _restore(change, made, why)
    return answer


async def _things(change: Change, batch_id: str) -> Things:
    wanted = select(ImportedThing).where(ImportedThing.batch_id == batch_id)
    made: Things = {kind: {} for kind in Kind}
    for row in (await change.session.exec(wanted)).all():
        change.session.expunge(row)
        made[Kind(row.kind)][row.thing_id] = row
    return made


async def _changed_since(change: Change, made: Things) -> list[Fault]:
    faults: list[Fault] = []
    for kind, some in made.items():
        for portion in chunks(some, ROWS_AT_ONCE):
            held = await imported_rows.load(change, kind, portion)
            differing = [one for one in portion if _differs(kind, some[one], held[one])]
            later = await _later_batches(change, made[kind], differing)
            faults += [_fault(kind, one, *_by_whom(later.get(one))) for one in differing]
            for row in held.values():
                change.session.expunge(row)
    return faults


async def _later_batches(
    change: Change, some: Mapping[str, ImportedThing], differing: Sequence[str]
) -> dict[str, str]:
    """Which of the batches that still stand changed these things last."""
    columns: list[Any] = [
        col(ImportedThing.thing_id),
        col(ImportedThing.batch_id),
        col(ImportedThing.version),
    ]
    standing = sa.select(*columns).join(
        ImportBatch, col(ImportBatch.batch_id) == col(ImportedThing.batch_id)
    )
    standing = standing.where(col(ImportBatch.state) == "applied")
    found = await fetch(change.session, standing, col(ImportedThing.thing_id), differing)
    later = [one for one in found if one["version"] > some[one["thing_id"]].version]
    in_order = sorted(later, key=lambda one: int(one["version"]))
    return {one["thing_id"]: one["batch_id"] for one in in_order}


def _by_whom(batch_id: str | None) -> tuple[str, str]:
    if batch_id is None:
        return "此后已被修改", "was changed since"
    return f"此后已被批次 {batch_id} 修改", f"was changed since by the batch {batch_id}"


def _differs(kind: Kind, thing: ImportedThing, row: Any) -> bool:
    # A version may be higher for what merely follows from others, or for changes since undone.
    return row.version != thing.version and not TABLES[kind].matches(row, thing.digest)


async def _built_upon(change: Change, made: Things) -> list[Fault]:
    faults: list[Fault] = []
    for kind, references in REFERENCES.items():
        new = [thing_id for thing_id, thing in made[kind].items() if _goes(thing)]
        for column, referring, key, standing in references:
            columns: list[Any] = [col(column).label("thing"), col(key).label("by")]
            wanted = sa.select(*columns).where(sa.text(standing))
            found = await fetch(change.session, wanted, col(column), new)
            own = made[referring] if referring else {}
            foreign = {one["thing"] for one in found if one["by"] not in own}
            zh, en = "此后已被引用", "was referred to since"
            faults += [_fault(kind, thing_id, zh, en) for thing_id in sorted(foreign)]
    return faults


def _goes(thing: ImportedThing) -> bool:
    """Whether undoing removes the thing: it was made, or brought back to life."""
    return thing.before is None or bool(thing.before.get("removed"))


def _fault(kind: Kind, thing_id: str, zh: str, en: str) -> Fault:
    return Fault(f"{kind}/{thing_id}", zh, en)


async def _restore(change: Change, made: Things, why: Why) -> None:
    for kind in reversed(Kind):
        for portion in chunks(made[kind].values(), ROWS_AT_ONCE):
            await _restore_portion(change, kind, portion, why)
            change.session.expunge_all()


async def _restore_portion(
    change: Change, kind: Kind, portion: Iterable[ImportedThing], why: Why
) -> None:
    former = {thing.thing_id: thing.before for thing in portion}
    held = await imported_rows.load(change, kind, former)
    now = {thing_id: row.model_dump(mode="json") for thing_id, row in held.items()}
    for thing_id, row in held.items():
        _set_back(kind, row, former[thing_id])
    rows = list(held.values())
    await TABLES[kind].save(change, rows, why)
    if kind is Kind.SUBJECT:
        changed = [row for row in rows if not row.removed]
        await imported_rows.follow(change, changed, now, why)


def _set_back(kind: Kind, row: Any, before: Mapping[str, Any] | None) -> None:
    if before is None:
        row.removed = True
        return
    table = TABLES[kind]
    was = table.model.model_validate(before)
    said = {name: getattr(was, name) for name in before if name not in table.follows}
    row.sqlmodel_update(said)
