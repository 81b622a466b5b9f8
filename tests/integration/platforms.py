"""Platforms with stand-ins for services, and what their processes do."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from plumbing.addresses import Endpoint
from plumbing.settings import Settings, child_environment
from services.cli.machine.readiness import grpc_serves
from services.cli.machine.supervisor import ProcessSpec
from tests.patience import PATIENCE_SECONDS

STAND_IN = "tests.integration.stand_in"


class Notes:
    """An observer that keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []
        self.news_lines: list[str] = []

    def line(self, process: str, text: str) -> None:
        self.lines.append((process, text))

    def news(self, zh: str, en: str) -> None:
        self.news_lines.append(f"{zh} {en}")


def stand_ins(
    settings: Settings, *, manner: str = "", names: str = "registry"
) -> list[ProcessSpec]:
    """Stand-ins for the named services, which all behave in one manner."""
    return [_stand_in(settings, name, manner) for name in names.split()]


def _stand_in(settings: Settings, name: str, manner: str) -> ProcessSpec:
    address = settings.address(name)
    return ProcessSpec(
        name=name,
        command=(sys.executable, "-P", "-m", STAND_IN),
        module=STAND_IN,
        environment={**child_environment(settings), "STAND_IN": f"{address} {manner}"},
        is_ready=partial(grpc_serves, Endpoint(address)),
        ports=(int(address.rsplit(":", 1)[1]),),
        after=("nats", "temporal"),
        grace=1.0,
    )


async def until(condition: Callable[[], bool], within: float = PATIENCE_SECONDS) -> None:
    """Waits for a condition; fails if it does not come true."""
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def runs(pid: int) -> bool:
    """Whether a process is alive; a zombie is not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def children_of(parent: int) -> Iterator[int]:
    """The running children of a process."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and _parent(entry) == parent and runs(int(entry.name)):
            yield int(entry.name)


def _parent(process: Path) -> int | None:
    try:
        return int((process / "stat").read_text().rsplit(")", 1)[1].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return None


def commands_naming(text: str) -> Iterator[int]:
    """Other processes whose command line contains a text."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                command = (entry / "cmdline").read_bytes()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if text.encode() in command and runs(int(entry.name)):
                yield int(entry.name)
