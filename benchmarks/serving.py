"""How the processes of benchmarks serve, and how others start them and learn their addresses."""

from __future__ import annotations

import asyncio
import cProfile
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

from joserfc.jwk import OKPKey

from benchmarks.ports import free_port
from plumbing.access.log import AccessLog
from plumbing.audit import Sealer
from plumbing.clock import SystemClock
from plumbing.database import Database
from plumbing.ended_sessions import EndedSessions
from plumbing.events.connect import connect
from plumbing.events.credentials import Credentials
from plumbing.events.relay import Relay
from plumbing.events.signing import EventSigner
from plumbing.events.subjects import ensure_streams
from plumbing.rpc import serve
from plumbing.telemetry import start_logging
from plumbing.tokens import Verifier, public_key

CLOCK = SystemClock()
READY_SECONDS, LOOK_SECONDS = 600.0, 0.05
# What a process tells of itself when it is ready: its addresses, in a file of this name.
READY = "ready"


@dataclass(frozen=True)
class Served:
    """A process that serves, and its addresses."""

    process_id: int
    addresses: list[str]


@contextmanager
def served(module: str, place: Path, *arguments: str) -> Iterator[Served]:
    """Runs a process that tells its addresses in `place`, until the end of the block."""
    with (place / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", module, *arguments], stdout=log)
        try:
            until = time.monotonic() + READY_SECONDS
            while not (place / READY).exists():
                if process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError(f"The server did not start: {(place / 'log').read_text()}")
                time.sleep(LOOK_SECONDS)
            yield Served(process.pid, (place / READY).read_text().split())
        finally:
            process.terminate()
            process.wait()


async def serve_until_stopped(place: Path, *addresses: str) -> None:
    """Tells the addresses in `place`, and returns at SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await asyncio.to_thread(_tell, place, " ".join(addresses))
    await stop.wait()


def _tell(place: Path, addresses: str) -> None:
    """Writes the file whole, or not yet: who waits for it reads it as soon as it is there."""
    begun = place / f"{READY}.new"
    begun.write_text(addresses)
    os.replace(begun, place / READY)


@asynccontextmanager
async def background(database: Database, service: str, nats_url: str) -> AsyncIterator[AccessLog]:
    """Runs what a service does beside its calls: relay, sealer and access log."""
    key = OKPKey.generate_key("Ed25519")
    nats = await connect(nats_url, Credentials(service, key))
    await ensure_streams(nats.jetstream(), service)
    relay = Relay(database, nats.jetstream(), EventSigner({service: key}), CLOCK)
    access = AccessLog(database, CLOCK, timedelta(days=200))
    work = [asyncio.create_task(run()) for run in (relay.run, Sealer(database).run, access.run)]
    try:
        yield access
    finally:
        for task in work:
            task.cancel()
        await asyncio.wait(work)
        await nats.close()


@asynccontextmanager
async def guarded(
    services: Any, policy: Any, folder: Path, access: AccessLog
) -> AsyncIterator[str]:
    """Serves calls behind their guard, on a free port; yields the address."""
    verifier, nobody_left = (
        Verifier(public_key(folder / "keys"), CLOCK),
        EndedSessions(cast("Any", None)),
    )
    address = f"127.0.0.1:{free_port()}"
    server, _ = await serve(
        address, services, verifier, [policy], nobody_left, credentials=None, access=access
    )
    try:
        yield address
    finally:
        await server.stop(None)


def run(work: Coroutine[Any, Any, None], profile: str = "") -> None:
    """Runs a server, with a profile of its calls if a file for it is named."""
    start_logging("benchmark", "INFO")
    if not profile:
        asyncio.run(work)
        return
    profiler = cProfile.Profile()
    profiler.runcall(asyncio.run, work)
    profiler.dump_stats(profile)
