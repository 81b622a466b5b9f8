"""Restores the rows that an import changed, and removes the rows that it created."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from plumbing.change import Change
from plumbing.chunks import chunks
from services.registry.announce_changes import Cause
from services.registry.imports.batch import imported_rows
from services.registry.imports.batch.built_on import Things
from services.registry.imports.batch.imported_rows import ROWS_AT_ONCE, TABLES
from services.registry.imports.plan.plan import Kind
from services.registry.institutions.punctuality import count_again
from services.registry.tables import ImportedThing


async def restore(change: Change, things: Things, cause: Cause) -> None:
    """Gives each thing the content that it had before, as a new version that is announced."""
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
    was = row.verified_on if kind is Kind.VERIFICATION else None
    row.sqlmodel_update(
        {name: getattr(former, name) for name in before if name not in table.follows}
    )
    if was is not None:
        count_again(row, was)
