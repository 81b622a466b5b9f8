"""`up` creates the databases on PostgreSQL that are missing, or tells why it cannot."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import sqlalchemy as sa

from law.errors import InvalidInput
from plumbing.settings import CALLERS, Settings
from services.cli.machine.databases import NoDatabase, _run, provide, refuse_used
from services.cli.machine.directory import remember_databases
from tests.ports import free_port
from tests.postgres import Databases


def settings_on(url: str) -> Settings:
    return Settings(database=url.replace("postgresql+asyncpg", "postgresql"))


async def test_missing_databases_are_created_and_existing_ones_kept(
    postgresql: Databases, tmp_path: Path
) -> None:
    url = postgresql.url(tmp_path, "registry")
    settings = settings_on(url.replace("registry", "{service}"))
    prefix = url.rpartition("/")[2].removesuffix("registry")
    created = await provide(settings)
    assert created == [prefix + name for name in CALLERS if name != "registry"]
    assert await provide(settings) == []


async def test_platforms_that_start_together_create_each_database_once(
    postgresql: Databases, tmp_path: Path
) -> None:
    url = postgresql.url(tmp_path, "x")
    settings = settings_on(f"{url}_{{service}}")
    await asyncio.gather(*(provide(settings) for _ in range(4)))
    assert await provide(settings) == []


async def test_a_role_that_may_not_create_databases_is_told_who_may(
    postgresql: Databases, tmp_path: Path
) -> None:
    url = postgresql.url(tmp_path, "{service}").replace("postgres@", "nobody@")
    with pytest.raises(NoDatabase, match="administrator"):
        await provide(settings_on(url))


async def test_an_unreachable_server_is_named_without_the_password() -> None:
    url = f"postgresql://someone:secret@127.0.0.1:{free_port()}/{{service}}"
    with pytest.raises(NoDatabase, match="someone:") as caught:
        await provide(settings_on(url))
    assert "secret" not in caught.value.en + caught.value.zh


async def test_services_do_not_share_a_database() -> None:
    with pytest.raises(InvalidInput):
        await provide(settings_on("postgresql://someone@127.0.0.1/quanheng"))


async def test_files_need_not_be_created(tmp_path: Path) -> None:
    assert await provide(Settings(data_dir=tmp_path)) == []


async def test_a_new_sandbox_is_refused_on_databases_with_tables(
    postgresql: Databases, tmp_path: Path
) -> None:
    settings = settings_on(f"{postgresql.url(tmp_path, 'sandbox')}_{{service}}")
    await provide(settings)
    await refuse_used(settings)
    used = sa.make_url(settings.database_url("grading"))
    await _run(used, "CREATE TABLE grade (grade_id text)")
    with pytest.raises(InvalidInput, match="new sandbox"):
        await refuse_used(settings)


def test_a_directory_stays_with_its_databases_and_stores_no_password(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, database="postgresql://u:secret@127.0.0.1/q_{service}")
    remember_databases(settings)
    remember_databases(settings)
    assert "secret" not in (tmp_path / "database").read_text()
    with pytest.raises(InvalidInput, match="cannot change to sqlite"):
        remember_databases(Settings(data_dir=tmp_path))
