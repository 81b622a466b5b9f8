"""New rows of a batch are written as single changes write them: rows, digests and events."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from law.colours.rule import InstrumentState, VerificationResult
from law.evidence import RecordKind, Sector, Severity, SubjectKind
from plumbing.change import Change
from plumbing.database import scratch_engine
from plumbing.events.outbox import Outbox
from plumbing.identity import Caller, Role
from plumbing.row_digests import AuditRow
from protos.registry.v1 import events_pb2 as events
from services.registry.announce_changes import Cause
from services.registry.imports.batch import new_rows
from services.registry.imports.batch.imported_rows import TABLES
from services.registry.imports.plan.plan import Kind, Planned
from services.registry.imports.staging.scratch import MOVED, Scratch, table_of
from services.registry.tables import ImportedThing

NOW = datetime(2026, 9, 14, 1, 2, 3, 4, tzinfo=UTC)
CAUSE = Cause(events.CAUSE_IMPORTED, "file.csv", "batch", baseline=True)
CALLER = Caller("sender", "sender", frozenset({Role.CASEWORKER}), "330106")
DAY = date(2026, 9, 1)
INSTRUMENT = {"subject_id": "s", "bureau": "330106", "type_code": "NAWI-D"}
ROWS: dict[Kind, list[dict[str, Any]]] = {
    Kind.BUREAU: [{"name": "测试局"}],
    Kind.SUBJECT: [
        {"kind": SubjectKind.ORGANISATION, "name": "甲店", "bureau": "330106"}
        | {"sector": Sector.MARKET}
    ],
    Kind.INSTRUMENT: [
        INSTRUMENT | {"serial_no": "No.7", "state": InstrumentState.IN_USE},
        INSTRUMENT | {"serial_no": "7", "model": "ＡＢ", "rotate_on": DAY},
        INSTRUMENT | {"serial_no": "无"},
        INSTRUMENT | {"serial_no": "8", "state": InstrumentState.STOPPED},
    ],
    Kind.VERIFICATION: [
        {"instrument_id": "instrument-0", "result": VerificationResult.PASS}
        | {"verified_on": DAY, "valid_until": DAY, "institution": "院", "certificate_no": "“1”"},
        {"instrument_id": "instrument-1", "result": VerificationResult.REJECT}
        | {"verified_on": DAY, "institution": "院"},
    ],
    Kind.RECORD: [
        {"subject_id": "s", "bureau": "330106", "kind": RecordKind.PENALTY}
        | {"severity": Severity.MINOR, "occurred_on": DAY, "determined_on": DAY}
        | {"entered_on": DAY, "source_ref": "罚〔2026〕1号", "entered_by": "a", "points": 3}
    ],
    Kind.PERMIT: [
        {"subject_id": "s", "matter": "authorisation", "document_name": "计量授权证书"}
        | {"document_no": "许〔2026〕1号", "decided_on": DAY, "authority": "测试 局"}
        | {"entered_on": DAY, "entered_by": "a", "open_ended": True}
    ],
}
IDS = {Kind.BUREAU: ["330106"], Kind.SUBJECT: ["s"]}
LEFT_OUT = {"event_id", "headers", "place"}  # random, or the order of writing
Insert = Callable[[Change, Kind, Sequence[Planned]], Awaitable[None]]


async def in_bulk(change: Change, kind: Kind, portion: Sequence[Planned]) -> None:
    await new_rows.insert(change, kind, portion, CAUSE)


async def by_single_changes(change: Change, kind: Kind, portion: Sequence[Planned]) -> None:
    table = TABLES[kind]
    rows = [table.model(**new_rows.row_of(table, one) | {"version": 0}) for one in portion]
    for row in rows:
        if kind is Kind.RECORD:
            row.authors = sorted({row.entered_by, CALLER.account_id})
    await table.save(change, rows, CAUSE)
    for row in rows:
        thing = {"version": row.version, "digest": table.digest(row), "before": None}
        thing |= {"batch_id": "batch", "kind": kind, "thing_id": getattr(row, table.key)}
        change.session.add(ImportedThing(**thing))


async def written(folder: Path, insert: Insert) -> dict[str, list[tuple[Any, ...]]]:
    """What a way of writing leaves in a scratch file, as SQLite keeps it."""
    scratch = Scratch(folder)
    async with scratch.create() as session:
        change = Change(session, CALLER, NOW)
        change.written.salt = "salt"
        for kind in Kind:
            ids = IDS.get(kind) or [f"{kind}-{n}" for n in range(len(ROWS[kind]))]
            pairs = zip(ids, ROWS[kind], strict=True)
            await insert(change, kind, [Planned(2, one, row, new=True) for one, row in pairs])
            await session.flush()
        connection = await session.connection()
        await connection.execute(sa.insert(AuditRow), change.written.rows(0))
    engine = scratch_engine(scratch.file)
    async with engine.connect() as connection:
        found = {}
        for table in (*map(table_of, MOVED), table_of(AuditRow), table_of(Outbox)):
            names = [
                c.name for c in table.columns if c.name not in ("event_id", "headers", "place")
            ]
            listed = ", ".join(f'"{name}"' for name in names)
            rows = await connection.exec_driver_sql(f"SELECT {listed} FROM {table.name}")  # noqa: S608
            found[table.name] = sorted(map(tuple, rows), key=repr)
    await engine.dispose()
    return found


def test_new_rows_are_written_as_by_single_changes(tmp_path: Path) -> None:
    bulk = asyncio.run(written(tmp_path, in_bulk))
    single = asyncio.run(written(tmp_path, by_single_changes))
    assert bulk.keys() == single.keys()
    for table, rows in bulk.items():
        assert rows == single[table], table
    assert len(bulk["audit_row"]) == len(bulk["import_thing"]) + len(bulk["record_version"])
