"""Sessions: kept by platform, over restarts on other ports, and never silently another person's."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest

from law.errors import InvalidInput
from plumbing.addresses import DEFAULTS, Addresses
from plumbing.clock import SystemClock
from services.cli import sessions
from services.cli.commands import accounts
from services.cli.sessions import Session

LATER, BEFORE = "2999-01-01T00:00:00+00:00", "2026-01-01T00:00:00+00:00"


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def platform(data_dir: str = "/data", port: int = 7301, *, elsewhere: bool = False) -> Addresses:
    by_service = {**DEFAULTS, "registry": f"127.0.0.1:{port}"}
    return Addresses(
        Path(data_dir), Path(data_dir, "keys"), Path(data_dir, "tls"), by_service, elsewhere
    )


def test_a_restart_on_other_ports_ends_no_session() -> None:
    session = Session("zhang", "token", LATER, BEFORE)
    sessions.keep(platform(port=7301), session)
    assert sessions.current(platform(port=40001)) == session
    assert sessions.current(platform("/another")) is None


def test_a_platform_elsewhere_is_known_by_its_address() -> None:
    session = Session("zhang", "token", LATER, BEFORE)
    sessions.keep(platform(port=1, elsewhere=True), session)
    assert sessions.current(platform(port=1, elsewhere=True)) == session
    assert sessions.current(platform(port=2, elsewhere=True)) is None


def test_whoever_logged_out_or_whose_login_ended_is_nobody_else() -> None:
    sessions.keep(platform(), Session("zhang", "token", LATER, BEFORE))
    sessions.end(platform())
    with pytest.raises(InvalidInput, match="Log in first"):
        sessions.current(platform())
    sessions.keep(platform(), Session("zhang", "token", BEFORE, BEFORE))
    with pytest.raises(InvalidInput, match="zhang"):
        sessions.current(platform())


def test_the_file_is_for_its_owner_alone_and_an_older_one_is_no_session(home: Path) -> None:
    sessions.keep(platform(), Session("zhang", "token", LATER, BEFORE))
    file = home / ".config" / "quanheng" / "sessions.json"
    assert file.stat().st_mode & 0o077 == 0
    file.write_text(json.dumps({"127.0.0.1:7301": "a token of the last release"}))
    assert sessions.current(platform()) is None


@pytest.mark.parametrize(("minutes_left", "is_due"), [(29, False), (16, False), (14, True)])
def test_a_session_is_renewed_in_the_second_half_of_its_life(
    minutes_left: int, is_due: bool
) -> None:
    ends = SystemClock().now() + timedelta(minutes=minutes_left)
    began = ends - timedelta(minutes=30)
    session = Session("zhang", "token", ends.isoformat(), began.isoformat())
    assert (session.is_due, session.has_ended) == (is_due, False)


def test_a_login_that_could_not_be_kept_is_refused_before_it_changes_anything(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a read-only root the first password was replaced, and the login then lost."""
    (home / ".config").write_text("no folder")
    asked: list[str] = []
    monkeypatch.setattr(accounts, "run_or_refuse", asked.append)
    monkeypatch.setattr(accounts, "platform_addresses", lambda _data: platform())
    with pytest.raises(InvalidInput, match=re.escape(str(home / ".config" / "quanheng"))):
        accounts.login("zhang", "of-somebody", "another-password")
    assert asked == []
    assert capsys.readouterr().out == ""
