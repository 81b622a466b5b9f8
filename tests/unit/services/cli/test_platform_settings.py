"""Which platform a command talks to."""

from __future__ import annotations

from pathlib import Path

import pytest

from law.errors import NotFound
from services.cli.machine.directory import platform_settings

ELSEWHERE = "registry.example:7301"


@pytest.fixture(autouse=True)
def no_platform_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("QUANHENG_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("QUANHENG_REGISTRY_ADDRESS", raising=False)


def test_where_none_runs_here_the_environment_says_where_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("QUANHENG_REGISTRY_ADDRESS", ELSEWHERE)
    assert platform_settings(None).registry_address == ELSEWHERE


def test_a_directory_that_was_named_is_meant(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("QUANHENG_REGISTRY_ADDRESS", ELSEWHERE)
    with pytest.raises(NotFound, match="No platform is running"):
        platform_settings(tmp_path)


def test_without_any_word_a_platform_is_looked_for_here() -> None:
    with pytest.raises(NotFound, match="No platform is running"):
        platform_settings(None)
