"""Today's migrations upgrade the last release's databases and lose no row."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select
from temporalio.testing import ActivityEnvironment

from law.grading import verify_document
from plumbing import audit, audit_walk, migrations
from plumbing.change import Changes
from plumbing.clock import FixedClock
from plumbing.daily import Round
from plumbing.database import Database
from plumbing.migrations import watched_tables
from plumbing.row_checks import check_rows, take_stock
from plumbing.service import Findings
from plumbing.settings import SERVICES
from services.grading.activities import Activities
from services.grading.checks import check as check_grades
from services.grading.receipts.checking import check_parts
from services.grading.receipts.moving import ReceiptMover
from services.grading.receipts.storing import texts
from services.grading.tables import Receipt
from tests.evolution.conftest import Open
from tests.evolution.restoring import Rows, fill, lost, rows_of
from tests.postgres import Databases
from tools.release import databases, record
from tools.release.record import Release

# Of a receipt: which edition of its text made it, and how that edition words what is ambiguous.
EDITION = ("ruleset_hash:", "ambiguities[")


async def upgraded(released: Mapping[str, Database]) -> None:
    for service, database in released.items():
        await migrations.upgrade(database, service)


async def test_every_row_is_still_there(released: dict[str, Database]) -> None:
    before = {service: await rows_of(database) for service, database in released.items()}
    await upgraded(released)
    for service, database in released.items():
        assert lost(before[service], await rows_of(database)) == [], service
        assert await migrations.differences(database, service) == []
        assert await without_zone(database) == [], service


async def without_zone(database: Database) -> list[tuple[str, str]]:
    """The columns of a PostgreSQL database with moments that have no time zone."""
    if database.engine.dialect.name == "sqlite":
        return []
    async with database.engine.connect() as connection:
        found = await connection.exec_driver_sql(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE data_type = 'timestamp without time zone'"
            " AND table_schema NOT IN ('pg_catalog', 'information_schema')"
        )
        return [(row.table_name, row.column_name) for row in found]


async def test_what_was_recorded_is_what_was_filled_in(
    released: dict[str, Database], tmp_path: Path, opened: Open
) -> None:
    """Also shows that the migrations of the release make the tables that were recorded."""
    folder = tmp_path / "recorded"
    folder.mkdir()
    databases.restore(record.RELEASED, folder)
    for service, database in released.items():
        recorded = await rows_of(opened(f"sqlite+aiosqlite:///{folder / service}.db"))
        filled_in = await rows_of(database)
        assert counts(recorded) == counts(filled_in)
        assert lost(recorded, filled_in) == []


def test_the_record_holds_some_of_everything(kept: Mapping[str, Rows]) -> None:
    """Otherwise the other tests would pass on empty tables."""
    rows = {
        (service, table): table_rows
        for service in kept
        for table, table_rows in kept[service].items()
    }

    def values(service: str, table: str, column: str) -> set[Any]:
        return {row[column] for row in rows[service, table]}

    empty = {table for _, table in rows if not any(rows[key] for key in rows if key[1] == table)}
    assert empty == {"inbox_failure", "wrong_password"}, "what a good life has none of"
    assert values("objection", "objection_case", "state") >= {"closed", "withdrawn", "lodged"}
    assert values("alerts", "escalation_step", "state") >= {"carried_out", "proposed"}
    assert values("registry", "import_batch", "state") >= {"receiving"}
    assert values("registry", "import_batch", "state") >= {"applied", "undone"}
    assert values("alerts", "notice", "kind") >= {"digest", "rejected", "letter", "grade_fell"}
    assert values("alerts", "alert", "colour") == {"red", "yellow", "green"}
    assert values("grading", "index_assessment", "state") >= {"draft", "withdrawn"}
    assert {None} < values("registry", "outbox", "published_at"), "one event was not heard yet"
    for table in ("receipt", "activation", "impact", "year_end"):
        assert rows["grading", table]


async def test_grades_agree_with_what_they_rest_on(
    released: dict[str, Database], release: Release
) -> None:
    """After grading has graded again where the text has a new edition, as it does at its start."""
    await upgraded(released)
    clock = FixedClock(release.at.astimezone(UTC))
    grading = Activities(Changes(released["grading"], clock))
    await ActivityEnvironment().run(grading.regrade, Round(as_of=clock.today()))
    assert (await check_grades(released["grading"], clock)).problems == []


async def test_audit_chains_hold(released: dict[str, Database]) -> None:
    await upgraded(released)
    for service, database in released.items():
        walk = await audit_walk.verify(database)
        assert walk.breaks == (), service
        await audit.Sealer(database).seal()
        again = await audit_walk.verify(database)
        assert (again.breaks, again.unsealed) == ((), 0)
        assert again.sealed == walk.sealed + walk.unsealed > 0


async def test_old_receipts_recompute(released: dict[str, Database]) -> None:
    """Line by line; only the wording may differ, where the data of a text was worded anew."""
    await upgraded(released)
    async with released["grading"].snapshot() as session:
        receipts = (await session.exec(select(Receipt))).all()
    assert len(receipts) > 10
    differing = [
        difference
        for receipt in receipts
        for difference in verify_document(receipt.document)
        if not difference.startswith(EDITION)
    ]
    assert differing == []


async def test_old_receipts_are_moved_byte_for_byte(
    released: dict[str, Database], release: Release
) -> None:
    """The service stores them with shared parts; a downgrade makes whole documents again."""
    database = released["grading"]
    await migrations.upgrade(database, "grading")
    before = await whole_receipts(database)
    changes, watched = Changes(database, FixedClock(release.at)), watched_tables("grading")
    await take_stock(changes, "grading", watched)
    mover = ReceiptMover(changes)
    while await mover.move_portion():
        pass
    findings = Findings()
    async with database.snapshot() as session:
        moved = (await session.exec(select(Receipt))).all()
        assert all(one.content is not None and one.document == {} for one in moved)
        assert await texts(session, moved) == before
        await check_rows(session, watched, findings)
        await check_parts(session, findings)
    assert findings.problems == []
    assert findings.figures["receipts"] == len(before) > 10
    await migrations.downgrade(database, "grading", release.head("grading"))
    rows = (await rows_of(database))["receipt"]
    documents = {row["receipt_id"]: json.loads(row["document"]) for row in rows}
    assert documents == {key: json.loads(text) for key, text in before.items()}


async def whole_receipts(database: Database) -> dict[str, str]:
    """The text of each receipt as the last release sent it, by its id."""
    async with database.snapshot() as session:
        rows = (await session.exec(select(Receipt))).all()
        return {row.receipt_id: json.dumps(row.document, ensure_ascii=False) for row in rows}


async def test_what_migrations_did_can_be_taken_back(
    released: dict[str, Database], release: Release
) -> None:
    """A downgrade loses what only the new columns hold; all rows of the release stay."""
    for service, database in released.items():
        before = await rows_of(database)
        await migrations.upgrade(database, service)
        await migrations.downgrade(database, service, release.head(service))
        after = await rows_of(database)
        assert columns(after) == columns(before)
        assert lost(before, after) == []


def columns(rows: Rows) -> dict[str, list[str]]:
    return {table: sorted(table_rows[0]) for table, table_rows in rows.items() if table_rows}


def counts(rows: Rows) -> dict[str, int]:
    return {table: len(table_rows) for table, table_rows in rows.items()}


@pytest.mark.parametrize("service", SERVICES)
async def test_every_migration_is_reversible(
    service: str, either: Databases, tmp_path: Path, opened: Open
) -> None:
    database = opened(either.url(tmp_path, service))
    await migrations.upgrade(database, service)
    assert await migrations.differences(database, service) == []
    await migrations.downgrade(database, service, "base")
    assert await rows_of(database) == {}
    await migrations.upgrade(database, service)
    assert await migrations.differences(database, service) == []


async def test_the_old_code_can_write_to_the_new_tables(
    either: Databases, kept: Mapping[str, Rows], tmp_path: Path, opened: Open
) -> None:
    """As replicas of the last release do during a rolling upgrade."""
    for service, rows in kept.items():
        database = opened(either.url(tmp_path, service))
        await migrations.upgrade(database, service)
        await fill(database, rows)
        assert counts(rows).items() <= counts(await rows_of(database)).items()


def test_the_record_keeps_no_secret() -> None:
    texts = {path.name: path.read_text("utf-8") for path in record.RELEASED.iterdir()}
    for name, text in texts.items():
        assert "/tmp/" not in text, name  # noqa: S108
        assert "eyJ" not in text, name
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(texts["registry.sql"])
        hashes = connection.execute("SELECT DISTINCT password_hash FROM account").fetchall()
    assert len(hashes) == 1, "every account has the record's own password"
    assert datetime.fromisoformat(record.read().moment).tzinfo is not None
    assert sum(len(text.encode()) for text in texts.values()) < 2_000_000
