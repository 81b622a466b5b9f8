"""Writes the rows that a plan creates or changes, and how to undo them.

An import writes them to its scratch file (`staging/`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from law.colours.rule import InstrumentState
from plumbing.change import Change
from plumbing.chunks import chunks
from services.registry.announce_changes import Cause, save_instruments
from services.registry.imports.batch import new_rows
from services.registry.imports.batch.imported_rows import ROWS_AT_ONCE, TABLES, follow, load
from services.registry.imports.plan.plan import Kind, Plan, Planned
from services.registry.imports.progress import Progress, Step
from services.registry.institutions.punctuality import count_again
from services.registry.tables import ImportedThing


async def apply(change: Change, plan: Plan, cause: Cause, progress: Progress) -> None:
    """Creates and changes all rows of a plan, in portions of up to 2000 rows."""
    progress.begin(Step.APPLY, sum(map(len, plan.things.values())))
    await change.session.flush()
    unverified = () if cause.baseline else plan.unverified_in_use  # a first load alarms nobody
    for kind in Kind:
        for portion in chunks(plan.things[kind], ROWS_AT_ONCE):
            await _apply(change, kind, portion, cause, unverified)
            progress.done += len(portion)
            # Everything is flushed; saved rows need not stay in memory for the rest of a long file.
            change.session.expunge_all()


async def _apply(
    change: Change,
    kind: Kind,
    portion: Sequence[Planned],
    cause: Cause,
    unverified: Collection[str],
) -> None:
    new = [one for one in portion if one.new]
    altered = [one for one in portion if not one.new]
    if kind is Kind.VERIFICATION and altered:  # a pass comes before other results of its day
        new, altered = [], list(portion)
    if new:
        await new_rows.insert(change, kind, new, cause)
    if altered:
        await _alter(change, kind, altered, cause, unverified)


async def _alter(
    change: Change,
    kind: Kind,
    portion: Sequence[Planned],
    cause: Cause,
    unverified: Collection[str],
) -> None:
    present = await load(change, kind, (one.thing_id for one in portion if not one.new))
    before = {thing_id: row.model_dump(mode="json") for thing_id, row in present.items()}
    rows = [_row(kind, one, present) for one in portion]
    if kind is Kind.INSTRUMENT:
        await save_instruments(change, rows, cause, unverified=unverified)
    else:
        await TABLES[kind].save(change, rows, cause)
    if kind is Kind.SUBJECT:
        await follow(change, rows, before, cause)
    await _keep_for_undo(change, kind, portion, rows, before, cause)


def _row(kind: Kind, planned: Planned, present: Mapping[str, Any]) -> Any:
    """The row that is planned: the present one changed, or among changed ones a new one."""
    table = TABLES[kind]
    if planned.new:
        return table.model(**new_rows.row_of(table, planned) | {"version": 0})
    row, values = present[planned.thing_id], dict(planned.values)
    state: InstrumentState | None = values.pop("state", None)
    was = row.verified_on if kind is Kind.VERIFICATION else None
    row.sqlmodel_update(values)
    if was is not None:
        count_again(row, was)
    if state is not None:
        row.use(state)
    return row


async def _keep_for_undo(
    change: Change,
    kind: Kind,
    portion: Sequence[Planned],
    rows: Sequence[Any],
    before: Mapping[str, Any],
    cause: Cause,
) -> None:
    connection = await change.session.connection()
    things = [
        {
            "batch_id": cause.batch_id,
            "kind": kind.value,
            "thing_id": planned.thing_id,
            "version": row.version,
            "digest": TABLES[kind].digest(row),
            "before": before.get(planned.thing_id),
            "stated": kind is Kind.INSTRUMENT and planned.stated,
        }
        for planned, row in zip(portion, rows, strict=True)
    ]
    await connection.execute(sa.insert(ImportedThing), things)
