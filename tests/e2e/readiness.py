"""Watches the services during a test: whether they are ready, and how much memory they use."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import urlopen

from plumbing.settings import SERVICES
from services.cli.machine.readiness import grpc_serves
from tests.e2e.staffed_platform import StaffedPlatform

EVERY_SECONDS = 1.0
# Probes in a row without an answer; on a busy machine one may be late many times.
TOO_LONG_AWAY = 120
_PROCESS = re.compile(r"^quanheng_process_id (\S+)$", re.MULTILINE)
_PAGE_KIB = 4


@dataclass
class ReadinessLog:
    """How often readiness was asked for, and which services were not ready for long."""

    asked: int = 0
    away: set[str] = field(default_factory=set)
    _row: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SERVICES, 0))

    def note(self, service: str, *, serves: bool) -> None:
        self.asked += 1
        self._row[service] = 0 if serves else self._row[service] + 1
        if self._row[service] > TOO_LONG_AWAY:
            self.away.add(service)


@asynccontextmanager
async def watching_readiness(staff: StaffedPlatform) -> AsyncIterator[ReadinessLog]:
    """Asks every service each second whether it is ready, and once more at the end."""
    moments = ReadinessLog()
    asking = asyncio.create_task(_ask_on(staff, moments))
    try:
        yield moments
    finally:
        asking.cancel()
    for service in SERVICES:
        if not await grpc_serves(staff.platform.machine.settings.endpoint(service)):
            moments.away.add(service)


async def _ask_on(staff: StaffedPlatform, moments: ReadinessLog) -> None:
    while True:
        for service in SERVICES:
            endpoint = staff.platform.machine.settings.endpoint(service)
            moments.note(service, serves=await grpc_serves(endpoint))
        await asyncio.sleep(EVERY_SECONDS)


def metrics(staff: StaffedPlatform, service: str) -> str:
    """The metrics of a service as text."""
    address = staff.platform.machine.settings.metrics_address(service)
    with urlopen(f"http://{address}/metrics") as answer:
        return str(answer.read().decode())


def memory(staff: StaffedPlatform) -> dict[str, int]:
    """The resident memory of each service in MiB."""
    return {service: _resident(metrics(staff, service)) for service in SERVICES}


def _resident(text: str) -> int:
    match = _PROCESS.search(text)
    assert match, text
    pages = Path(f"/proc/{int(float(match[1]))}/statm").read_text().split()[1]
    return int(pages) * _PAGE_KIB // 1024
