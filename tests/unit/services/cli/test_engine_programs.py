"""The engines' programs: the wheels' by default, the vendor's by a setting, never another."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
import yaml

from law.errors import NotFound
from plumbing.settings import Settings
from services.cli.machine import engine_programs
from services.cli.machine.engine_programs import NotTheProgram, nats_program, temporal_program

ROOT = Path(__file__).parents[4]


@pytest.fixture
def own(tmp_path: Path) -> Path:
    program = tmp_path / "nats-server"
    program.write_bytes(b"a vendor's program")
    return program


def test_the_programs_of_the_wheels_have_the_digests_that_are_kept() -> None:
    assert nats_program(Settings()).endswith("nats-server")
    assert temporal_program(Settings()).endswith("temporal")


def test_the_digests_are_those_of_the_versions_that_are_asked_for() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    asked = dict(re.findall(r'"(nats-server|temporal|litestream)-bin==([\d.]+)"', project))
    kept = yaml.safe_load(engine_programs._DIGESTS.read_text(encoding="utf-8"))
    assert {name: one["version"] for name, one in kept.items()} == asked


def test_a_program_of_a_wheel_that_was_changed_is_not_started(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sysconfig.get_path", lambda _: str(own.parent))
    with pytest.raises(NotTheProgram, match=hashlib.sha256(own.read_bytes()).hexdigest()):
        nats_program(Settings())


def test_a_program_that_a_setting_names_is_taken_if_its_digest_is_the_one_given(own: Path) -> None:
    digest = hashlib.sha256(own.read_bytes()).hexdigest()
    assert nats_program(Settings(nats_program=str(own))) == str(own)
    named = Settings(nats_program=str(own), nats_program_digest=digest.upper())
    assert nats_program(named) == str(own)
    with pytest.raises(NotTheProgram):
        nats_program(Settings(nats_program=str(own), nats_program_digest="0" * 64))


def test_a_program_that_is_not_there_is_named_with_its_setting(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="QUANHENG_TEMPORAL_PROGRAM"):
        temporal_program(Settings(temporal_program=str(tmp_path / "temporal")))
