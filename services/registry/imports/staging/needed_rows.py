"""Copies to a scratch file the rows of the register that are read while others are saved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

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
from services.registry.serials import Serial
from services.registry.tables import Instrument

INSTRUMENTS = present_rows(Instrument)
# What belongs to a subject, and is announced for its bureau.
OWNED = (Kind.RECORD, Kind.PERMIT)
# A subject that changes in one of these takes its instruments with it.
FOLLOWED = frozenset({"bureau", "in_review"})


@dataclass(frozen=True)
class Needed:
    """What has to be copied so that rows can be saved: rows by their ids, and serial numbers.

    Instruments are copied too: those in `verified`, those of the subjects in `followed`, and those
    with one of the `serials`.
    """

    ids: Mapping[Kind, set[str]]
    followed: set[str] = field(default_factory=set)
    verified: set[str] = field(default_factory=set)
    serials: set[Serial] = field(default_factory=set)

    @classmethod
    def by(cls, plan: Plan) -> Needed:
        """Returns what is needed to apply a plan."""
        new = {kind: [one.values for one in plan.things[kind] if one.new] for kind in Kind}
        altered = {kind: [one for one in plan.things[kind] if not one.new] for kind in Kind}
        ids = {kind: {one.thing_id for one in altered[kind]} for kind in Kind}
        for kind in OWNED:
            ids[Kind.SUBJECT] |= {values["subject_id"] for values in new[kind]}
        return cls(
            ids,
            {one.thing_id for one in altered[Kind.SUBJECT] if FOLLOWED & one.values.keys()},
            {values["instrument_id"] for values in new[Kind.VERIFICATION]},
            {serial_of(values) for values in new[Kind.INSTRUMENT]},
        )


async def copy_needed(session: AsyncSession, scratch: AsyncSession, needed: Needed) -> None:
    """Copies rows with their versions from a snapshot of the register."""
    found = {kind: await _by_id(session, kind, needed.ids[kind]) for kind in Kind}
    owners = {row["subject_id"] for kind in OWNED for row in found[kind]}
    found[Kind.SUBJECT] += await _by_id(session, Kind.SUBJECT, owners)
    found[Kind.INSTRUMENT] = await _instruments(session, needed, found)
    for kind, rows in found.items():
        await _insert(scratch, kind, rows)


async def _by_id(session: AsyncSession, kind: Kind, ids: set[str]) -> list[RegisterRow]:
    table = TABLES[kind]
    return await fetch(session, every_row(table.model), table.id_column, ids)


async def _instruments(
    session: AsyncSession, needed: Needed, found: Mapping[Kind, list[RegisterRow]]
) -> list[RegisterRow]:
    """Adds those of the verifications, of subjects that take them along, and of equal serials."""
    saved = found[Kind.INSTRUMENT] + await fetch(
        session, INSTRUMENTS, col(Instrument.subject_id), needed.followed
    )
    serials = {(row["type_code"], row["serial_key"]) for row in saved} | needed.serials
    numbered = {serial for serial in serials if serial[1]}
    pair = (col(Instrument.type_code), col(Instrument.serial_key))
    verified = {row["instrument_id"] for row in found[Kind.VERIFICATION]} | needed.verified
    return [
        *saved,
        *await fetch_pairs(session, INSTRUMENTS, pair, numbered),
        *await _by_id(session, Kind.INSTRUMENT, verified),
    ]


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


async def copied(scratch: AsyncSession) -> list[tuple[str, str]]:
    """Returns the kind and the id of each copied row."""
    connection = await scratch.connection()
    rows = await connection.execute(sa.select(BASE.c.kind, BASE.c.thing_id))
    return [(row.kind, row.thing_id) for row in rows]


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
