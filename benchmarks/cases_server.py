"""The process that `benchmarks.cases` asks: the objection service, which asks a register.

    python -m benchmarks.cases_server FOLDER NATS_URL REGISTER [PROFILE]

The register is the process of `benchmarks.calls_server` on the same folder, at the address
REGISTER. The cases have their guard, validation, access log, audit, outbox, relay and sealer; no
workflow is behind them. The address is told in the folder `cases`. When the process ends, a profile
of its calls is written to the file PROFILE, if one is named.
"""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks import serving
from benchmarks.calls_server import token_of
from benchmarks.serving import CLOCK, background, guarded, serve_until_stopped
from plumbing import migrations
from plumbing.addresses import Endpoint
from plumbing.change import Changes
from plumbing.client import open_channel
from plumbing.database import Database
from plumbing.identity import service_caller
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
    """Serves until SIGTERM."""
    place = folder / PLACE
    database = Database(f"sqlite+aiosqlite:///{place}/objection.db")
    await migrations.upgrade(database, SERVICE)
    servicer = ObjectionServicer(Changes(database, CLOCK), clients(folder, register))
    services = {RPC_SERVICE: servicer.register}
    async with (
        background(database, SERVICE, nats_url) as access,
        guarded(services, POLICY, folder, access) as address,
    ):
        await serve_until_stopped(place, address)
    await database.close()


def main(folder: str, nats_url: str, register: str, profile: str = "") -> None:
    """Runs the server, with a profile if a file for it is named."""
    serving.run(run(Path(folder), nats_url, register), profile)


if __name__ == "__main__":
    main(*sys.argv[1:])
