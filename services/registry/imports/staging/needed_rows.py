"""Copies to a scratch file the rows of the register that are read while a plan is applied."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing.chunks import chunks
from services.registry.imports.batch.imported_rows import TABLES
from services.registry.imports.plan.instruments_and_records import serial_of
from services.registry.imports.plan.plan import (
    Kind,
    Plan,
    RegisterRow,
    every_row,
    fetch,
    fetch_pairs,
    present_rows,
)
from services.registry.imports.staging.scratch import BASE, ROWS_AT_ONCE, table_of
from services.registry.tables import Instrument

INSTRUMENTS = present_rows(Instrument)
# A subject that changes in one of these takes its instruments with it.
FOLLOWED = frozenset({"bureau", "in_review"})


async def copy_needed(session: AsyncSession, scratch: AsyncSession, plan: Plan) -> None:
    """Copies the rows that applying a plan reads, with their versions, from a snapshot."""
    found: dict[Kind, list[RegisterRow]] = {}
    for kind in Kind:
        ids = {one.thing_id for one in plan.things[kind] if not one.new}
        if kind is Kind.SUBJECT:
            ids |= {one.values["subject_id"] for one in plan.things[Kind.RECORD] if one.new}
        found[kind] = await _by_id(session, kind, ids)
    await _add_instruments(session, plan, found)
    for kind, rows in found.items():
        await _insert(scratch, kind, rows)


async def _by_id(session: AsyncSession, kind: Kind, ids: set[str]) -> list[RegisterRow]:
    table = TABLES[kind]
    return await fetch(session, every_row(table.model), table.id_column, ids)


async def _add_instruments(
    session: AsyncSession, plan: Plan, found: dict[Kind, list[RegisterRow]]
) -> None:
    """Adds those of the verifications, of subjects that take them along, and of equal serials."""
    saved = found[Kind.INSTRUMENT] + await fetch(
        session, INSTRUMENTS, col(Instrument.subject_id), _taking_along(plan)
    )
    serials = {(row["type_code"], row["serial_key"]) for row in saved}
    serials |= {serial_of(one.values) for one in plan.things[Kind.INSTRUMENT] if one.new}
    numbered = {serial for serial in serials if serial[1]}
    pair = (col(Instrument.type_code), col(Instrument.serial_key))
    verified = {row["instrument_id"] for row in found[Kind.VERIFICATION]}
    verified |= {one.values["instrument_id"] for one in plan.things[Kind.VERIFICATION] if one.new}
    found[Kind.INSTRUMENT] = [
        *saved,
        *await fetch_pairs(session, INSTRUMENTS, pair, numbered),
        *await _by_id(session, Kind.INSTRUMENT, verified),
    ]


def _taking_along(plan: Plan) -> set[str]:
    return {
        one.thing_id
        for one in plan.things[Kind.SUBJECT]
        if not one.new and FOLLOWED & one.values.keys()
    }


async def _insert(scratch: AsyncSession, kind: Kind, rows: Iterable[RegisterRow]) -> None:
    table = TABLES[kind]
    distinct = {row[table.key]: row for row in rows}
    connection = await scratch.connection()
    for chunk in chunks(distinct.values(), ROWS_AT_ONCE):
        await connection.execute(sa.insert(table_of(table.model)), [dict(row) for row in chunk])
        versions = [
            {"kind": kind.value, "thing_id": row[table.key], "version": row["version"]}
            for row in chunk
        ]
        await connection.execute(sa.insert(BASE), versions)


async def drop_unchanged(scratch: AsyncSession) -> dict[Kind, dict[str, int]]:
    """Deletes the copied rows that were only read; returns the former versions of the others."""
    connection = await scratch.connection()
    changed: dict[Kind, dict[str, int]] = {}
    for kind, table in TABLES.items():
        own, model = BASE.c.kind == kind.value, table_of(table.model)
        same = sa.select(BASE.c.thing_id).where(
            own, BASE.c.thing_id == table.id_column, BASE.c.version == model.c.version
        )
        await connection.execute(sa.delete(model).where(same.exists()))
        rows = sa.select(BASE.c.thing_id, BASE.c.version).join_from(
            BASE, model, BASE.c.thing_id == table.id_column
        )
        former = await connection.execute(rows.where(own))
        changed[kind] = {row.thing_id: row.version for row in former}
    return changed
