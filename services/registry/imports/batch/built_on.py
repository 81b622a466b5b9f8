"""Finds what stands in the way of undoing an import: later changes that rest on it.

Each such thing is named by a fault. Reads only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from law.colours.rule import InstrumentState, VerificationResult
from law.errors import Fault, WrongState
from plumbing.change import Change
from plumbing.chunks import chunks
from services.registry.calibrations.tables import CONFIRMED, Calibration
from services.registry.identity.tables import Account
from services.registry.imports.batch import imported_rows
from services.registry.imports.batch.imported_rows import ROWS_AT_ONCE, TABLES
from services.registry.imports.plan.maker_codes import WITH_CODE
from services.registry.imports.plan.plan import Kind, fetch, present_rows
from services.registry.imports.plan.put_into_use import STATED
from services.registry.orders.tables import UNENDED, Order
from services.registry.tables import (
    Bureau,
    Contest,
    ImportBatch,
    ImportedThing,
    Instrument,
    Permit,
    Photograph,
    Qualification,
    Record,
    Subject,
    Verification,
)
from services.registry.upkeep.tables import UpkeepEntry

FAULTS_LISTED = 100
PASSES = present_rows(Verification).where(col(Verification.result) == VerificationResult.PASS)
# Who refers to a thing of a kind: the referring column, its kind and key, and which rows count.
REFERENCES: Mapping[Kind, Sequence[tuple[Any, Kind | None, Any, str]]] = {
    Kind.BUREAU: ((Subject.bureau, Kind.SUBJECT, Subject.subject_id, "NOT removed"),),
    Kind.SUBJECT: (
        (Instrument.subject_id, Kind.INSTRUMENT, Instrument.instrument_id, "NOT removed"),
        (Record.subject_id, Kind.RECORD, Record.record_id, "NOT removed"),
        (Permit.subject_id, Kind.PERMIT, Permit.permit_id, "NOT removed"),
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
    Kind.PERMIT: (),
}
# What refers to a thing without an event by which a rival would be found.
_OPEN_ACCOUNT = sa.not_(col(Account.closed))
UNANNOUNCED: Sequence[tuple[Kind, Any, Any]] = (
    (Kind.BUREAU, col(Account.bureau), _OPEN_ACCOUNT),
    (Kind.BUREAU, col(Qualification.bureau), sa.true()),
    (Kind.SUBJECT, col(Account.subject_id), _OPEN_ACCOUNT),
    (Kind.INSTRUMENT, col(Order.instrument_id), sa.text(UNENDED)),
    (Kind.INSTRUMENT, col(UpkeepEntry.instrument_id), sa.true()),
    (Kind.INSTRUMENT, col(Calibration.instrument_id), sa.text(CONFIRMED)),
    (Kind.INSTRUMENT, col(Photograph.instrument_id), sa.true()),
)
Things = dict[Kind, dict[str, ImportedThing]]


async def things_of(change: Change, batch_id: str) -> Things:
    """Returns the rows of the register that a batch made or changed, by kind and id."""
    query = select(ImportedThing).where(ImportedThing.batch_id == batch_id)
    things: Things = {kind: {} for kind in Kind}
    for row in (await change.session.exec(query)).all():
        change.session.expunge(row)
        things[Kind(row.kind)][row.thing_id] = row
    return things


def is_removed(thing: ImportedThing) -> bool:
    """Returns whether undoing removes a thing: the batch made it, or restored it from removal."""
    return thing.before is None or bool(thing.before.get("removed"))


async def refuse_if_built_on(change: Change, things: Things) -> None:
    """Raises WrongState, with a fault for each thing that was changed or referred to since."""
    faults = await _changed_since(change, things) + await _referred_to(change, things)
    faults += await _with_people_and_orders(change, things)
    faults += await _former_bureaus_gone(change, things)
    faults += await _former_codes_taken(change, things)
    faults += await _passes_relying_on_use(change, things)
    _refuse(faults)


async def refuse_with_people_and_orders(change: Change, things: Things) -> None:
    """Raises WrongState, with a fault for each removed thing to which what is unannounced refers.

    That is an open account or an open order, for example; a rival is not found by it.
    """
    _refuse(await _with_people_and_orders(change, things))


def _refuse(faults: Sequence[Fault]) -> None:
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
            rows = await imported_rows.load(change, kind, ids, lock=False)
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
        removed = removed_of(things[kind])
        for column, referring, key, counted in references:
            columns: list[Any] = [col(column).label("thing"), col(key).label("by")]
            query = sa.select(*columns).where(sa.text(counted))
            rows = await fetch(change.session, query, col(column), removed)
            own = things[referring] if referring else {}
            foreign = {row["thing"] for row in rows if row["by"] not in own}
            faults += [_referred(kind, thing_id) for thing_id in sorted(foreign)]
    return faults


async def _with_people_and_orders(change: Change, things: Things) -> list[Fault]:
    """Things that would be removed, and which have an open account or an open order."""
    faults: list[Fault] = []
    for kind, column, counted in UNANNOUNCED:
        query: Any = sa.select(column.label("thing")).where(counted)
        rows = await fetch(change.session, query, column, removed_of(things[kind]))
        faults += [_referred(kind, thing_id) for thing_id in sorted({r["thing"] for r in rows})]
    return faults


def _referred(kind: Kind, thing_id: str) -> Fault:
    return _fault(kind, thing_id, "此后已被引用", "was referred to since")


def removed_of(things: Mapping[str, ImportedThing]) -> list[str]:
    """Returns the ids of those things that undoing removes."""
    return [thing_id for thing_id, thing in things.items() if is_removed(thing)]


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


async def _former_codes_taken(change: Change, things: Things) -> list[Fault]:
    """Instruments that would have a maker's code again that another one got since."""
    own = things[Kind.INSTRUMENT]
    former = {
        thing.before["maker_code"]: thing_id
        for thing_id, thing in own.items()
        if thing.before and thing.before.get("maker_code")
    }
    holders = await fetch(change.session, WITH_CODE, col(Instrument.maker_code), former)
    taken = sorted(former[row["maker_code"]] for row in holders if row["instrument_id"] not in own)
    zh, en = "原制造商码此后已登记在另一件器具上", "another instrument has its former code now"
    return [_fault(Kind.INSTRUMENT, thing_id, zh, en) for thing_id in taken]


async def _passes_relying_on_use(change: Change, things: Things) -> list[Fault]:
    """Instruments that the batch put into use, and for which others recorded a pass afterwards.

    A pass puts an instrument that was never used into use (C-19). Had the pass of another come
    before the batch, the instrument would have been in use already; so the pass came after it, and
    relies on the instrument being in use.
    """
    put_into_use = put_into_use_by(things)
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


def put_into_use_by(things: Things) -> list[str]:
    """Returns the ids of the instruments that a batch put into use for the first time."""
    instruments = things[Kind.INSTRUMENT].items()
    return [one for one, thing in instruments if thing.before and _never_used(thing.before)]


def _never_used(before: Mapping[str, Any]) -> bool:
    return before["state"] == InstrumentState.SPARE and not before["spell"]


def _fault(kind: Kind, thing_id: str, zh: str, en: str) -> Fault:
    return Fault(f"{kind}/{thing_id}", zh, en)
