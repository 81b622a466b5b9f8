"""The process that `benchmarks.cases` asks: the objection service, which asks a register.

    python -m benchmarks.cases_server FOLDER NATS_URL REGISTER [PROFILE]

The register is the process of `benchmarks.calls_server` on the same folder, at the address
REGISTER. The cases have their guard, validation, access log, audit, outbox, relay and sealer; no
workflow is behind them. The address is told in the folder `cases`. When the process ends, a profile
of its calls is written to the file PROFILE, if one is named.
"""

from __future__ import annotations

import asyncio
import cProfile
import signal
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

from joserfc.jwk import OKPKey

from benchmarks.calls_server import CLOCK, READY, free_port, token_of
from plumbing import migrations
from plumbing.access.log import AccessLog
from plumbing.addresses import Endpoint
from plumbing.audit import Sealer
from plumbing.change import Changes
from plumbing.client import open_channel
from plumbing.database import Database
from plumbing.ended_sessions import EndedSessions
from plumbing.events.connect import connect
from plumbing.events.credentials import Credentials
from plumbing.events.relay import Relay
from plumbing.events.signing import EventSigner
from plumbing.events.subjects import ensure_streams
from plumbing.identity import service_caller
from plumbing.rpc import serve
from plumbing.telemetry import start_logging
from plumbing.tokens import Verifier, public_key
from services.objection.activities import SERVICE
from services.objection.clients import Clients
from services.objection.policy import POLICY
from services.objection.policy import SERVICE as RPC_SERVICE
from services.objection.servicer import ObjectionServicer

PLACE = "cases"


def clients(folder: Path, register: str) -> Clients:
    """Stubs with the token of the service; grading is not asked by any step."""
    token = token_of(folder, service_caller(SERVICE))

    async def source() -> str:
        return token

    channel = open_channel(Endpoint(register), source)
    return Clients.over(channel, channel)


async def run(folder: Path, nats_url: str, register: str) -> None:
    """Serves until SIGTERM; tells the address in a file."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    place = folder / PLACE
    database = Database(f"sqlite+aiosqlite:///{place}/objection.db")
    await migrations.upgrade(database, SERVICE)
    key = OKPKey.generate_key("Ed25519")
    nats = await connect(nats_url, Credentials(SERVICE, key))
    await ensure_streams(nats.jetstream(), SERVICE)
    relay = Relay(database, nats.jetstream(), EventSigner({SERVICE: key}), CLOCK)
    access = AccessLog(database, CLOCK, timedelta(days=200))
    work = [asyncio.create_task(run()) for run in (relay.run, Sealer(database).run, access.run)]
    servicer = ObjectionServicer(Changes(database, CLOCK), clients(folder, register))
    verifier, ended = (
        Verifier(public_key(folder / "keys"), CLOCK),
        EndedSessions(cast("Any", None)),
    )
    address = f"127.0.0.1:{free_port()}"
    server, _ = await serve(
        address, {RPC_SERVICE: servicer.register}, verifier, [POLICY], ended,
        credentials=None, access=access,
    )  # fmt: skip
    await asyncio.to_thread((place / READY).write_text, address)
    await stop.wait()
    await server.stop(None)
    for task in work:
        task.cancel()
    await asyncio.wait(work)
    await nats.close()
    await database.close()


def main(folder: str, nats_url: str, register: str, profile: str = "") -> None:
    """Runs the server, with a profile if a file for it is named."""
    start_logging("benchmark", "INFO")
    work = run(Path(folder), nats_url, register)
    if not profile:
        asyncio.run(work)
        return
    profiler = cProfile.Profile()
    profiler.runcall(asyncio.run, work)
    profiler.dump_stats(profile)


if __name__ == "__main__":
    main(*sys.argv[1:])
