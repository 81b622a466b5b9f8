"""`quanheng migrate` brings tables to this release, and its dry run changes nothing."""

from __future__ import annotations

import fcntl
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from law.errors import InvalidInput, WrongState
from plumbing import migrations
from services.cli.backup.migrate import migrate
from tests.ports import free_port


def tables(data: Path) -> set[str]:
    with closing(sqlite3.connect(data / "grading.db")) as database:
        rows = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        return {name for (name,) in rows}


def test_a_dry_run_says_what_would_be_done_and_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    migrate(["grading"], dry_run=True, data=tmp_path)
    told = capsys.readouterr().out
    assert migrations.revisions("grading")[-1] in told
    assert "CREATE TABLE outbox" in told
    assert tables(tmp_path) == set()
    migrate(["grading"], data=tmp_path)
    assert "outbox" in tables(tmp_path)
    migrate(["grading"], dry_run=True, data=tmp_path)
    assert "CREATE" not in capsys.readouterr().out


def test_an_unknown_service_and_a_running_platform_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="weather"):
        migrate(["weather"], data=tmp_path)
    with (tmp_path / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(WrongState):
            migrate(["grading"], data=tmp_path)


def test_a_database_that_is_away_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    place = f"127.0.0.1:{free_port()}"
    monkeypatch.setenv("QUANHENG_DATABASE", f"postgresql+asyncpg://a:secret@{place}/{{service}}")
    for dry_run in (False, True):
        with pytest.raises(WrongState) as caught:
            migrate(["grading"], dry_run=dry_run)
        assert f"{place}/grading" in caught.value.zh
        assert "secret" not in str(caught.value)
