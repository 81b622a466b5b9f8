"""The roles of deploy/postgresql/databases.sql: owners change tables, services only rows."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import ProgrammingError

from plumbing import migrations
from plumbing.database import Database
from plumbing.owned_tables import NotMigrated, may_change_tables
from plumbing.settings import CALLERS
from tests.patience import PATIENCE_SECONDS
from tests.postgres import DATABASES, ROLES, PostgresServer

ROOT = Path(__file__).parents[3]
SERVICE = "grading"


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    server = PostgresServer()
    server.start()
    server.make_roles()
    yield server
    server.stop()


def connected(server: PostgresServer, role: str, database: str = SERVICE) -> Database:
    return Database(server.url(database).replace("postgres@", f"{role}@"))


@pytest.fixture
async def service(server: PostgresServer) -> AsyncIterator[Database]:
    database = connected(server, SERVICE)
    yield database
    await database.close()


@pytest.fixture
async def owner(server: PostgresServer) -> AsyncIterator[Database]:
    database = connected(server, f"{SERVICE}_owner")
    yield database
    await database.close()


async def test_a_service_waits_until_the_owner_has_migrated(
    service: Database, owner: Database
) -> None:
    with pytest.raises(NotMigrated, match=migrations.revisions(SERVICE)[-1]):
        await migrations.migrate(service, SERVICE)
    with pytest.raises(NotMigrated):
        await migrations.try_out(service, SERVICE)
    waiting = asyncio.create_task(migrations.upgrade(service, SERVICE))
    trial = await migrations.try_out(owner, SERVICE)
    assert trial.revisions == migrations.revisions(SERVICE)
    assert any(statement.startswith("CREATE TABLE outbox") for statement in trial.statements)
    assert not waiting.done()
    with pytest.raises(NotMigrated):  # the trial left nothing
        await migrations.migrate(service, SERVICE)
    await migrations.migrate(owner, SERVICE)
    async with asyncio.timeout(PATIENCE_SECONDS):
        await waiting
    assert await migrations.differences(service, SERVICE) == []


async def test_a_service_changes_rows_and_no_table(service: Database, owner: Database) -> None:
    await migrations.migrate(owner, SERVICE)
    tables = [table.name for one in migrations.metadata_of(SERVICE) for table in one.sorted_tables]
    async with service.transaction() as session:
        connection = await session.connection()
        for table in tables:
            for act in ("SELECT", "INSERT", "UPDATE", "DELETE"):
                may = sa.select(sa.func.has_table_privilege(table, act))
                assert (await connection.execute(may)).scalar_one(), (table, act)
        # The registry copies rows through one.
        await connection.exec_driver_sql("CREATE TEMPORARY TABLE passing (LIKE outbox)")
    for statement in (
        "CREATE TABLE more (n int)",
        "ALTER TABLE outbox ADD COLUMN more int",
        "DROP TABLE outbox",
        "TRUNCATE outbox",
    ):
        with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
            async with service.transaction() as session:
                await (await session.connection()).exec_driver_sql(statement)


async def test_nobody_is_let_into_the_database_of_another(server: PostgresServer) -> None:
    other = connected(server, "alerts")
    with pytest.raises(ProgrammingError, match="permission denied for database"):
        await migrations.migrate(other, SERVICE)
    await other.close()


async def test_temporal_makes_tables_in_its_two_databases_and_no_database(
    server: PostgresServer,
) -> None:
    """Its image makes no database that is called as the role with which it works."""
    for name in ("temporal", "temporal_visibility"):
        temporal, stranger = (connected(server, role, name) for role in ("temporal", "alerts"))
        async with temporal.engine.begin() as connection:
            await connection.exec_driver_sql("CREATE TABLE schema_version (n int)")
            await connection.exec_driver_sql("CREATE EXTENSION btree_gin")
        with pytest.raises(ProgrammingError, match="permission denied for database"):
            await stranger.engine.connect()
        async with temporal.engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            with pytest.raises(ProgrammingError, match="permission denied to create database"):
                await connection.exec_driver_sql("CREATE DATABASE more")
        for database in (temporal, stranger):
            await database.close()


async def test_tables_that_a_service_owned_pass_to_the_owner(server: PostgresServer) -> None:
    """The upgrade from a release before there were owners."""
    root = connected(server, "postgres", "objection")
    async with root.engine.begin() as connection:
        await connection.exec_driver_sql("GRANT CREATE ON SCHEMA public TO objection")
    former = connected(server, "objection", "objection")
    await migrations.migrate(former, "objection")
    await asyncio.to_thread(server.make_roles)
    async with root.snapshot() as session:
        asked = sa.text("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'")
        owners = (await (await session.connection()).execute(asked)).scalars().all()
    assert owners == ["objection_owner"]
    await migrations.migrate(former, "objection")  # at the newest revision it may start
    for database in (root, former):
        await database.close()


@pytest.fixture(scope="module")
def former_server() -> Iterator[PostgresServer]:
    """A server as before there were owners: each service owns its database and its tables."""
    server = PostgresServer()
    server.start()
    for service in CALLERS:
        make = f"CREATE ROLE {service} LOGIN; CREATE DATABASE {service} OWNER {service}"
        run(server, *(f"psql -X -h HOST -U postgres -c '{one}'" for one in make.split("; ")))
    yield server
    server.stop()


def commands_of_the_manual() -> list[str]:
    """The commands of psql and quanheng by which a cluster comes to owner roles, in their order."""
    text = (ROOT / "docs" / "operations.md").read_text()
    passage = text.split("**Onto owner roles")[1].split("A service that still waits")[0]
    blocks = re.findall(r"```sh\n(.*?)```", passage, re.DOTALL)
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if re.search(r"\bpsql -X|\bquanheng migrate", line)]


def run(server: PostgresServer, *commands: str) -> str:
    """Runs commands of the manual against a server and returns what the last one printed."""
    place, printed = sa.make_url(server.url("postgres")), ""
    for command in commands:
        line = (
            command.replace("-h HOST", f"-h {place.host} -p {place.port}")
            .replace("@HOST", f"@{place.host}:{place.port}")
            .replace("?sslmode=verify-full&sslrootcert=CA", "")
            .replace(" quanheng ", f" {sys.executable} -P -m services.cli ")
        )
        done = subprocess.run(  # noqa: S602 - the manual's own lines
            line,
            shell=True,
            cwd=ROOT,
            env={"PATH": f"{server.programs}:{os.defpath}"}
            | {f"{name}_PASSWORD": f"of{name}" for name in ROLES},
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"
        printed = done.stdout
    return printed


async def test_a_running_cluster_comes_to_owner_roles_as_the_manual_says(
    former_server: PostgresServer,
) -> None:
    whose, make, whose_now, dry_run, back = commands_of_the_manual()
    for service in CALLERS:
        former = connected(former_server, service, service)
        await migrations.migrate(former, service, migrations.revisions(service)[-2])
        await former.close()
    assert run(former_server, whose) == "registry\n"
    assert run(former_server, make, make, whose_now).split() == [f"{one}_owner" for one in CALLERS]
    told = run(former_server, dry_run)
    for service in CALLERS:
        assert f"{service} 将升级 {migrations.revisions(service)[-1]}" in told
        waits = connected(former_server, service, service)
        with pytest.raises(NotMigrated):
            await migrations.migrate(waits, service)
        await waits.close()
    run(former_server, dry_run.replace("--dry-run", "--wait"))
    for service in CALLERS:
        serves = connected(former_server, service, service)
        await migrations.migrate(serves, service)
        await serves.close()
    run(former_server, back)
    again = connected(former_server, SERVICE)
    async with again.engine.connect() as connection:
        assert await connection.run_sync(may_change_tables)
    await again.close()


def test_each_service_has_a_database_an_owner_and_a_role_of_its_own() -> None:
    text = DATABASES.read_text()
    for service in CALLERS:
        assert f"'{service}', '{service}_owner'" in text
        part = text.split(f"\\connect {service}\n")[1].split("\\connect")[0]
        assert set(re.findall(r"\b(?:TO|FROM|DATABASE) (\w+)", part)) == {
            service,
            f"{service}_owner",
            "PUBLIC",
        }
