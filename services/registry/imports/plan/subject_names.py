"""Finds subjects by a name in any writing: width, blanks, kinds of brackets and dashes differ."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlmodel import col

from law.identity import folded
from services.registry.former_names import keys_of
from services.registry.imports.plan.plan import Context, RegisterRow, fetch, present_rows
from services.registry.tables import RENAMED, Subject

SUBJECTS = present_rows(Subject)


async def subjects_named(context: Context, names: Iterable[str]) -> list[RegisterRow]:
    """Reads the subjects that have, or had, one of these names in any writing, in any scope.

    Whoever has the name now comes before whoever had it.
    """
    keys = {folded(name) for name in names}
    rows = await fetch(context.session, SUBJECTS, col(Subject.name_key), keys)
    if missing := keys - {row["name_key"] for row in rows if context.covers(row["bureau"])}:
        rows += await _formerly_named(context, missing)
    return rows


async def _formerly_named(context: Context, keys: set[str]) -> list[RegisterRow]:
    """The subjects of the scope that had one of these names; few subjects were ever renamed."""
    connection = await context.session.connection()
    renamed = (await connection.execute(SUBJECTS.where(sa.text(RENAMED)))).mappings().all()
    return [
        row
        for row in renamed
        if context.covers(row["bureau"]) and not keys.isdisjoint(keys_of(row["former_names"]))
    ]
