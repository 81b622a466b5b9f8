"""A bureau runs the vendor's own NATS and Temporal; a program that was exchanged is not started."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import sys
import sysconfig
from asyncio.subprocess import PIPE
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from services.cli.machine.platform import Platform
from tests.integration.platforms import commands_naming, stand_ins
from tests.patience import PATIENCE_SECONDS

PROGRAMS = {"nats": "nats-server", "temporal": "temporal"}
Sandbox = partial(Platform, sandbox=True, usual_ports=False, services=partial(stand_ins, names=""))


@pytest.fixture(scope="module")
def vendors(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The programs where a bureau puts those that it downloaded, under names of its own."""
    folder = tmp_path_factory.mktemp("opt")
    bundled = Path(sysconfig.get_path("scripts"))
    return {
        engine: Path(shutil.copy(bundled / program, folder / f"vendors-{engine}"))
        for engine, program in PROGRAMS.items()
    }


@pytest.fixture
def named(vendors: dict[str, Path]) -> Iterator[pytest.MonkeyPatch]:
    """The environment in which the settings name these programs and their digests."""
    with pytest.MonkeyPatch.context() as environment:
        for engine, path in vendors.items():
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            environment.setenv(f"QUANHENG_{engine.upper()}_PROGRAM", str(path))
            environment.setenv(f"QUANHENG_{engine.upper()}_PROGRAM_DIGEST", digest)
        yield environment


@pytest.mark.usefixtures("named")
async def test_the_programs_that_the_settings_name_are_run(
    tmp_path: Path, vendors: dict[str, Path]
) -> None:
    async with Sandbox(tmp_path / "data") as platform:
        await platform.wait_ready(PATIENCE_SECONDS)
        assert {engine: program_of(platform, engine) for engine in PROGRAMS} == vendors


def program_of(platform: Platform, engine: str) -> Path:
    return Path(f"/proc/{platform.processes[engine].pid}/exe").readlink()


@pytest.mark.parametrize("engine", PROGRAMS)
async def test_a_program_whose_digest_differs_is_refused_before_anything_runs(
    tmp_path: Path, named: pytest.MonkeyPatch, vendors: dict[str, Path], engine: str
) -> None:
    named.setenv(f"QUANHENG_{engine.upper()}_PROGRAM_DIGEST", "0" * 64)
    data = tmp_path / "data"
    command = [sys.executable, "-m", "services.cli", "up", "--sandbox", "--data", str(data)]
    refused = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE)
    output = b"".join(await refused.communicate()).decode()
    assert refused.returncode == 1
    assert "nothing was started" in output
    assert "未启动" in output
    assert not list(commands_naming(str(vendors["nats"].parent)))
