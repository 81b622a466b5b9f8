"""The attacker has the database and changes a row, as with `UPDATE record SET points = 999`.

They can write every table of a service, whose process runs and notices nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from plumbing.database import Database
from plumbing.identity import Role
from plumbing.migrations import watched_tables
from plumbing.row_checks import check_rows
from plumbing.service import Findings
from protos.operations.v1 import operations_pb2 as pb
from tests.e2e.running_platform import until
from tests.integration.conftest import NatsServer
from tests.integration.registry.running_registry import (
    RunningRegistry,
    put_instrument,
    ready,
    sandbox,
    started,
)
from tests.ports import free_port
from tests.postgres import Databases


@pytest.fixture
async def registry(tmp_path: Path, databases: Databases) -> AsyncIterator[RunningRegistry]:
    nats = NatsServer(tmp_path)
    nats.start()
    settings = sandbox(tmp_path, free_port(), nats.url, databases)
    try:
        with started(settings) as process:
            await ready(settings, process)
            running = RunningRegistry(settings)
            yield running
            await running.close()
    finally:
        nats.kill()


async def sql(database: Database, statement: str, **values: str) -> None:
    async with database.transaction() as session:
        await (await session.connection()).execute(sa.text(statement), values)


async def found(registry: RunningRegistry) -> set[tuple[str, str]]:
    """What `check` finds about rows and audit, once the running registry has linked everything."""
    stub = registry.client(Role.ADMINISTRATOR, bureau="").operations

    async def linked() -> pb.VerifyAuditResponse | None:
        walk = await stub.VerifyAudit(pb.VerifyAuditRequest())
        return walk if walk.unsealed == 0 else None

    walk, findings = await until(linked), Findings()
    async with registry.database.snapshot() as session:
        await check_rows(session, watched_tables("registry"), findings)
    return {(one.object, one.name) for one in (*walk.problems, *findings.problems)}


async def test_every_row_written_past_the_platform_is_named(registry: RunningRegistry) -> None:
    owner = await registry.subject()
    record, gone = await registry.record(owner), await registry.record(owner)
    instrument = await registry.instrument(owner)
    database = registry.database
    assert await found(registry) == set()

    await sql(database, "UPDATE record SET points = 999 WHERE record_id = :id", id=record.record_id)
    expected = {(f"record/{record.record_id}", "row.changed")}
    assert await found(registry) == expected

    await sql(database, "DELETE FROM record_version WHERE record_id = :id", id=gone.record_id)
    await sql(database, "DELETE FROM record WHERE record_id = :id", id=gone.record_id)
    expected |= {(f"record/{gone.record_id}", "row.gone")}
    expected |= {(f"record_version/{gone.record_id}/1", "row.gone")}
    await sql(
        database,
        "INSERT INTO bureau (code, name, division_code, department, phone, email, removed, version)"
        " VALUES ('330199', 'x', '', '', '', '', false, 1)",
    )
    expected |= {("bureau/330199", "row.unknown")}
    await sql(database, "UPDATE account SET password_hash = 'x' WHERE name = 'administrator'")
    [account] = {one for one in await found(registry) if one[0].startswith("account/")}
    assert account[1] == "row.changed"
    assert await found(registry) == expected | {account}

    # A later change by the platform leaves its own digest; what was tampered with before stays in.
    caseworker = registry.client(Role.CASEWORKER, bureau=owner.bureau)
    await caseworker.registry.PutInstrument(put_instrument(owner.subject_id))
    await sql(
        database,
        "UPDATE audit_row SET digest = 'f00d' WHERE row_key = :id",
        id=instrument.instrument_id,
    )
    objects = {one for one, _ in await found(registry)}
    assert f"instrument/{instrument.instrument_id}" in objects
    assert any(one.startswith("audit/") for one in objects)
