"""The programs of NATS, Temporal and Litestream on one machine: where they are, and if genuine.

The wheels bring a program of each; a bureau may name the vendor's own by a setting. A program whose
digest is not the expected one is never started.
"""

from __future__ import annotations

import hashlib
import platform
import sysconfig
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from law.errors import LawError, NotFound
from plumbing.settings import Settings, variable

_DIGESTS = Path(__file__).with_name("engine_digests.yaml")


class NotTheProgram(LawError):
    """The program of an engine is not the expected one."""

    reason = "NOT_THE_PROGRAM"
    message_zh = "引擎程序与预期的不符"


def nats_program(settings: Settings) -> str:
    """Returns the path of nats-server, checked as `_checked` tells."""
    return _checked("nats-server", "nats", settings)


def temporal_program(settings: Settings) -> str:
    """Returns the path of the Temporal command line, checked as `_checked` tells."""
    return _checked("temporal", "temporal", settings)


def litestream_program(settings: Settings) -> str:
    """Returns the path of litestream, checked as `_checked` tells."""
    return _checked("litestream", "litestream", settings, extra="replica")


def _checked(program: str, setting: str, settings: Settings, extra: str = "embedded") -> str:
    """Returns the path of the engine's program that the settings name, or that a wheel brought.

    The digest of a named program must be the one in the settings, if they give one. The digest of a
    wheel's program must be the one in `engine_digests.yaml`.

    Raises NotFound for a program that does not exist, and NotTheProgram for another digest.
    """
    named = getattr(settings, f"{setting}_program")
    path = Path(named) if named else Path(sysconfig.get_path("scripts"), program)
    _require_file(path, program, variable(f"{setting}_program"), extra)
    given = getattr(settings, f"{setting}_program_digest")
    expected = given if named else _of_the_wheel(program)
    if expected and (seen := _digest(path)) != expected.lower():
        raise NotTheProgram(
            f"{path} 的 SHA-256 是 {seen}，应为 {expected}；未启动",
            f"The SHA-256 of {path} is {seen}, not {expected}; nothing was started",
        )
    return str(path)


def _require_file(path: Path, program: str, name: str, extra: str) -> None:
    if not path.is_file():
        raise NotFound(
            f"没有 {path}；请安装 quanheng[{extra}]，或用 {name} 指明 {program} 的位置",
            f"There is no {path}; install quanheng[{extra}], or name {program} by {name}",
        )


def _of_the_wheel(program: str) -> str:
    """The digest for this system and processor; empty where no wheel of it was looked at."""
    known: dict[str, Any] = yaml.safe_load(_DIGESTS.read_text(encoding="utf-8"))[program]
    return str(known.get(f"{platform.system()}-{platform.machine()}".lower(), ""))


@cache  # a process that starts a platform again has read these hundred megabytes already
def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
