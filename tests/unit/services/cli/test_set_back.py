"""`quanheng events prepare`: what it says, and what it does not begin."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from law.errors import WrongState
from plumbing.events.envelope import Attributes
from services.cli.backup import set_back
from services.cli.backup.set_back import events_prepare
from tests.ports import free_port
from tests.service_keys import give_service_keys

Tell = Callable[[list[Attributes]], None]
EVENT = Attributes(
    UUID(int=7), "quanheng.registry.v1.SubjectChanged", "subject/9", 3, "330106",
    datetime(2026, 11, 30, 1, 15, tzinfo=UTC), "account/7",
)  # fmt: skip


def test_a_running_platform_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(WrongState):
            events_prepare(["registry"], data=tmp_path)


def test_nats_that_is_away_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = f"nats://127.0.0.1:{free_port()}"
    monkeypatch.setenv("QUANHENG_NATS_URL", nowhere)
    monkeypatch.setattr(set_back, "CONNECT_SECONDS", 0.1)
    give_service_keys(tmp_path / "keys")
    with pytest.raises(WrongState) as caught:
        events_prepare(["registry"], data=tmp_path)
    assert nowhere in caught.value.zh


def test_each_event_that_the_database_lacks_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def prepared(_settings: object, service: str, tell: Tell) -> None:
        tell([EVENT] if service == "registry" else [])

    monkeypatch.setattr(set_back, "prepared", prepared)
    events_prepare(["registry", "grading"], data=tmp_path)
    told = " ".join(capsys.readouterr().out.split())
    for word in ("2026-11-30T01:15:00+00:00", "SubjectChanged", "subject/9", "grading"):
        assert word in told
    events_prepare(["registry", "grading"], data=tmp_path, as_json=True)
    answer = json.loads(capsys.readouterr().out)
    assert (answer["grading"], answer["registry"][0]["number"]) == ([], "3")


@pytest.mark.parametrize("as_json", [False, True])
def test_what_one_service_has_lost_is_told_even_if_the_next_is_refused(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    as_json: bool,
) -> None:
    """Its stream is empty then, and nobody could say it a second time."""

    async def prepared(_settings: object, service: str, tell: Tell) -> None:
        if service == "grading":
            raise WrongState
        tell([EVENT])

    monkeypatch.setattr(set_back, "prepared", prepared)
    with pytest.raises(WrongState):
        events_prepare(["registry", "grading"], data=tmp_path, as_json=as_json)
    assert "subject/9" in capsys.readouterr().out
