"""The third-party notices name what the lock names, at its versions."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def _locked() -> dict[str, str]:
    pins = re.findall(
        r"^([\w.-]+)==([^\s;]+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE
    )
    return {name.lower(): version for name, version in pins}


def _noticed() -> dict[str, str]:
    lines = (ROOT / "THIRD_PARTY_NOTICES.md").read_text(encoding="utf-8").splitlines()
    rows = [line.strip("| ").split(" | ") for line in lines if re.search(r"\| \d", line)]
    return {name: version for name, version, _ in rows}


def test_every_package_noticed_is_locked_at_that_version() -> None:
    assert _noticed().items() <= _locked().items()


def test_every_package_that_we_ask_for_is_noticed() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    asked = project[project.index("\ndependencies") : project.index("[dependency-groups]")]
    names = {re.split(r"[\[=>]", name)[0].lower() for name in re.findall(r'"(\w[^"]+)"', asked)}
    assert names - _noticed().keys() == set()
