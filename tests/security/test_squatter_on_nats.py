"""A user of the machine listens on the port of NATS as soon as it is free.

The attacker has a shell on the host. In the last attack they also have the certificate of a service
that they took over. NATS and its client are those of the platform on one machine; the service's
client reconnects by itself, so that it speaks to whoever is there.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import nats.errors
import pytest
from nats.aio.client import Client

from plumbing import certificates
from plumbing.clock import SystemClock
from plumbing.events.connect import connect
from plumbing.events.credentials import Credentials
from plumbing.events.encrypted import tls_of
from plumbing.events.subjects import ensure_streams
from plumbing.settings import Settings
from plumbing.state.engines import nats_greets
from services.cli.machine.engines import choose_ports, engine_specs, settings_on, usual_ports
from services.cli.machine.supervisor import ProcessSpec
from tests.patience import PATIENCE_SECONDS
from tests.ports import free_port, wait_for_port

VISITS = 3  # how often a client comes back to the squatter before we look at what it said


class Nats:
    """The NATS server of a platform on one machine, and nothing else of the platform."""

    def __init__(self, folder: Path) -> None:
        base = Settings(data_dir=folder)
        ports = choose_ports(usual_ports(base), insist_on_others=True)
        self.settings, self.port = settings_on(base, ports), ports["nats"]
        certificates.provide(self.settings.tls_dir, SystemClock())
        self._spec: ProcessSpec = engine_specs(self.settings, ports)[0]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            self._spec.command, env=dict(self._spec.environment), stderr=subprocess.DEVNULL
        )
        wait_for_port(self.port)

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Nats]:
    server = Nats(tmp_path / "data")
    server.start()
    yield server
    server.kill()


class Squatter:
    """Greets as a NATS server does, and keeps what it is sent and can read."""

    def __init__(self, pair: tuple[Path, Path] | None, *, asks_for_tls: bool) -> None:
        self.loot: list[bytes] = []
        self.visits = 0
        self.visited = asyncio.Event()
        self._info = {"server_id": "S", "version": "2.15.1", "nonce": "sign this", "headers": True}
        self._info |= {"auth_required": True, "max_payload": 1048576, "tls_required": asks_for_tls}
        self._tls: ssl.SSLContext | None = None
        if pair is not None:
            self._tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            self._tls.load_cert_chain(*pair)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(b"INFO " + json.dumps(self._info).encode() + b"\r\n")
            with suppress(OSError, asyncio.CancelledError):
                if self._tls is not None:
                    await writer.start_tls(self._tls)
                while said := await reader.readline():
                    self.loot.append(said)
                    writer.write(b"PONG\r\n")
        finally:
            writer.close()
            self.visits += 1
            if self.visits >= VISITS:
                self.visited.set()


@asynccontextmanager
async def squatting(port: int, squatter: Squatter) -> AsyncIterator[Squatter]:
    async with await asyncio.start_server(squatter.serve, "127.0.0.1", port):
        yield squatter


def squatter_of(way: str, settings: Settings, folder: Path) -> Squatter:
    """A squatter without a certificate, with one of their own, or with that of a service."""
    if way == "plain":
        return Squatter(None, asks_for_tls=False)
    directory, name = folder / "authority", "nats"
    if way == "of a service":
        directory, name = settings.tls_dir, "alerts"
    else:
        certificates.provide(directory, SystemClock(), [name])
    return Squatter((directory / f"{name}.pem", directory / f"{name}.key"), asks_for_tls=True)


@pytest.mark.parametrize("way", ["plain", "of their own", "of a service"])
async def test_a_squatter_on_the_port_of_nats_is_sent_nothing(
    server: Nats, tmp_path: Path, way: str
) -> None:
    settings = server.settings
    known = Credentials.of(settings.keys_dir, "registry")
    async with asyncio.timeout(PATIENCE_SECONDS):
        client = await connect(settings.nats_url, known, tls_of(settings))
        await ensure_streams(client.jetstream(), "registry")
        assert await nats_greets(settings)

        server.kill()
        async with squatting(server.port, squatter_of(way, settings, tmp_path)) as squatter:
            await squatter.visited.wait()
            assert not client.is_connected
            assert squatter.loot == []
            if way != "plain":  # a greeting alone is what a probe asks for, and nothing is sent
                assert not await nats_greets(settings)

        server.start()
        await connected(client)
        await client.jetstream().publish("registry.v1.true.330106", b"true")
        await client.close()


async def connected(client: Client) -> None:
    """Waits for a client, which tells nobody when it is connected again."""
    while not client.is_connected:  # noqa: ASYNC110
        await asyncio.sleep(0.05)


async def test_the_librarys_own_client_is_robbed_though_its_address_asks_for_tls() -> None:
    """Why the platform has a client of its own: this one believes a server that wants no TLS."""
    port = free_port()
    async with squatting(port, Squatter(None, asks_for_tls=False)) as squatter:
        client = Client()
        with suppress(nats.errors.Error, TimeoutError):
            await client.connect(
                f"tls://127.0.0.1:{port}",
                user="registry",
                password="secret",
                tls=ssl.create_default_context(),
                allow_reconnect=False,
                connect_timeout=1,
            )
        await client.close()
    assert b"secret" in squatter.loot[0]
