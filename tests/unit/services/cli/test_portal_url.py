"""The address that `quanheng up` tells people to open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from plumbing.settings import Settings
from services.cli.machine.engines import settings_on, usual_ports


def started(data: Path, portal_port: int, **given: Any) -> str:
    """The portal's URL once the portal listens on a port."""
    settings = Settings(data_dir=data, portal_address="127.0.0.1:7300", **given)
    return settings_on(settings, usual_ports(settings) | {"portal": portal_port}).portal_url


def test_a_url_that_was_set_stays_whatever_port_the_portal_gets(tmp_path: Path) -> None:
    given = "https://portal.example"
    assert started(tmp_path, 12_345, portal_url=given) == given


def test_a_url_in_the_environment_was_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUANHENG_PORTAL_URL", "https://portal.example")
    assert started(tmp_path, 12_345) == "https://portal.example"


@pytest.mark.parametrize("given", [{}, {"portal_url": "http://127.0.0.1:7300"}])
def test_else_it_is_where_the_portal_listens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, str]
) -> None:
    monkeypatch.delenv("QUANHENG_PORTAL_URL", raising=False)
    assert started(tmp_path, 12_345, **given) == "http://127.0.0.1:12345"
