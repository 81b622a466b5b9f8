"""Finds subjects by a name in any writing: width, blanks, kinds of brackets and dashes differ."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import sqlalchemy as sa
from sqlmodel import col

from law.identity import folded
from plumbing.chunks import chunks
from plumbing.identity import scope_prefix
from services.registry.imports.plan.plan import (
    ROWS_AT_A_STRETCH,
    Context,
    RegisterRow,
    fetch,
    present_rows,
)
from services.registry.tables import Subject

SUBJECTS = present_rows(Subject)


async def subjects_named(context: Context, names: Iterable[str]) -> list[RegisterRow]:
    """Reads the subjects that have one of these names in any writing, in the scope of the file.

    Names as they are written come from an index, of other scopes too; only if one of them is not
    found in the scope so are all names of the scope read and folded.
    """
    searched, prefix = set(names), _prefix(context)
    rows = await fetch(context.session, SUBJECTS, col(Subject.name), searched)
    found = {row["name"] for row in rows if row["bureau"].startswith(prefix)}
    missing = {folded(name) for name in searched - found}
    if not missing:
        return rows
    ids = await _in_scope(context, missing)
    return rows + await fetch(context.session, SUBJECTS, col(Subject.subject_id), ids)


async def _in_scope(context: Context, keys: set[str]) -> list[str]:
    """The ids of the subjects of the scope whose folded names are among these."""
    connection = await context.session.connection()
    query = sa.select(col(Subject.subject_id), col(Subject.name)).where(
        sa.text("NOT removed"), col(Subject.bureau).startswith(_prefix(context), autoescape=True)
    )
    ids: list[str] = []
    for stretch in chunks((await connection.execute(query)).all(), ROWS_AT_A_STRETCH):
        ids += [row.subject_id for row in stretch if folded(row.name) in keys]
        await asyncio.sleep(0)  # others are served between the stretches
    return ids


def _prefix(context: Context) -> str:
    """What the codes of the bureaus begin with that are in the scope of the file."""
    return scope_prefix(context.header.bureau or context.caller.bureau)
