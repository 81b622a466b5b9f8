"""The outcome of a batch: its counts, its faults and rejected rows, and its audit entries."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing.chunks import chunks
from services.registry.imports.batch.content import Places
from services.registry.imports.plan.plan import Plan
from services.registry.imports.rows.file import FileContent
from services.registry.questions.tables import Asked
from services.registry.tables import ImportBatch, ImportFault, RejectedRow

ROWS_AT_ONCE = 5000
NOT_AUDITED = {"header", "question", "asked", "sent_as", "preview", "open_until"}
# Hints at rows that are taken for a thing on file that is written otherwise there.
OTHERWISE_ON_FILE = frozenset({"OTHER_WRITING", "CODE_ADDED", "FORMER_NAME"})


def count(batch: ImportBatch, plan: Plan, file: FileContent, mode: str) -> None:
    """Counts the rows a plan changes, leaves unchanged or rejects, and sets the batch's state."""
    bad = file.notes.bad_rows
    unusable = file.notes.header_is_bad
    batch.rejected = file.rows if unusable else len(bad)
    batch.unchanged = 0 if unusable else len(plan.unchanged - bad)
    batch.changed = 0 if unusable else file.rows - batch.rejected - batch.unchanged
    batch.in_review = len(plan.in_review - bad)
    batch.to_decide = sum(one.found.kind is not Asked.NOT_FINAL for one in plan.questions)
    batch.repeated_serials = len(plan.repeated)
    batch.effects = None if unusable else _effects(plan, file)
    batch.to_review = len(plan.alike)
    if mode == "check":
        batch.state = "checked"
    elif unusable or (bad and mode == "all_or_nothing"):
        batch.state, batch.changed, batch.unchanged = "refused", 0, 0
        batch.effects = None
    else:
        batch.state = "applied" if plan.makes_anything else "unchanged"


def _effects(plan: Plan, file: FileContent) -> dict[str, Any]:
    """What a plan makes and changes, by kind of thing, and how many rows it merges."""
    things = {
        kind.value: [sum(one.new for one in planned), sum(not one.new for one in planned)]
        for kind, planned in plan.things.items()
        if planned
    }
    otherwise = {note.row for note in file.notes.notes if note.reason in OTHERWISE_ON_FILE}
    merged = (plan.merged | otherwise) - file.notes.bad_rows
    return {"things": things, "merged": len(merged), "left_out": file.left_out}


async def drop_faults(session: AsyncSession, batch_id: str) -> None:
    """Deletes the faults and the rejected rows that were stored of a batch."""
    for table in (ImportFault, RejectedRow):
        await session.exec(sa.delete(table).where(col(table.batch_id) == batch_id))


async def keep_faults(
    session: AsyncSession, batch_id: str, file: FileContent, places: Places
) -> None:
    """Stores the faults and the rejected rows of a batch; `places` are those of its rows."""
    connection = await session.connection()
    for chunk in chunks(_faults(batch_id, file, places), ROWS_AT_ONCE):
        await connection.execute(sa.insert(ImportFault), chunk)
    for chunk in chunks(_rejected(batch_id, file), ROWS_AT_ONCE):
        await connection.execute(sa.insert(RejectedRow), chunk)


def _rejected(batch_id: str, file: FileContent) -> Iterator[dict[str, Any]]:
    reasons: dict[int, list[str]] = defaultdict(list)
    lossy: dict[int, set[int]] = defaultdict(set)
    for note in file.notes.in_order():
        if not note.warning:
            reasons[note.row].append(f"{note.column}：{note.zh}" if note.column else note.zh)
        if note.reason == "NUMBER_FOR_TEXT" and note.column in file.notes.places:
            lossy[note.row].add(file.notes.places[note.column])
    for row in file.rejected(file.notes.bad_rows):
        if why := reasons[row.number]:
            yield {
                "batch_id": batch_id,
                "row": row.number,
                # A number that may have lost digits comes back blank, lest it is taken for a text.
                "cells": ["" if n in lossy[row.number] else c for n, c in enumerate(row.cells)],
                "why": "；".join(why),
            }


def _faults(batch_id: str, file: FileContent, places: Places) -> Iterator[dict[str, Any]]:
    for number, note in enumerate(file.notes.in_order(), 1):
        place = places[note.row]
        yield {
            "batch_id": batch_id,
            "number": number,
            "row": note.row,
            "column": note.column,
            "cell": note.cell,
            "value": note.value,
            "reason": note.reason,
            "message_zh": note.zh,
            "message_en": note.en,
            "warning": note.warning,
            "chunk": place.chunk,
            "item": place.item,
        }


def audited(batch: ImportBatch) -> dict[str, Any]:
    """Returns the values of a batch that go into the audit chain."""
    return batch.model_dump(mode="json", exclude=NOT_AUDITED)


def planned(plan: Plan) -> dict[str, Any]:
    """Returns the values of a plan that go into the audit chain.

    They are the number of rows of each kind, and a digest of the ids.
    """
    ids = sorted(one.thing_id for made in plan.things.values() for one in made)
    things = {kind.value: len(made) for kind, made in plan.things.items() if made}
    digest = hashlib.sha256("\n".join(ids).encode()).hexdigest()
    return {"things": things, "digest_of_ids": digest}
