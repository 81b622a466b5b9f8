"""Engines of a cluster as processes of this machine: NATS, Temporal, and a moving address."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from services.cli.machine.engines import SEARCH_ATTRIBUTES, TIMER_PRECISION
from tests.bound import bound
from tests.patience import PATIENCE_SECONDS
from tests.ports import free_port

SERVERS = 3
CONFIGURATION = """
server_name: n{number}
listen: "127.0.0.1:{port}"
http: "127.0.0.1:{monitor}"
log_file: "{own}/log"
jetstream {{ store_dir: "{own}", sync_interval: always }}
tls {{
  cert_file: "{keys}/nats.pem", key_file: "{keys}/nats.key", ca_file: "{keys}/ca.pem"
  verify: true, timeout: 10
}}
cluster {{ name: tests, listen: "127.0.0.1:{route}", routes: {routes} }}
include "{included}"
"""


class NatsServerOfCluster:
    """One nats-server, whose store survives `kill` and `start`."""

    def __init__(self, configuration: Path, port: int, monitor: int, log: Path) -> None:
        self._configuration, self.port, self.monitor = configuration, port, monitor
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"tls://127.0.0.1:{self.port}"

    def start(self) -> None:
        program = Path(sys.executable).with_name("nats-server")
        self._process = subprocess.Popen(
            bound([program, "-c", self._configuration]),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def tell(self, number: int) -> None:
        """Sends the server a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def reload(self) -> None:
        """Has it read its configuration again, and returns when it has."""
        before = self._reloads()
        self.tell(signal.SIGHUP)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self._reloads() == before:
            assert time.monotonic() < deadline, self.log.read_text()[-3000:]
            time.sleep(0.05)

    def _reloads(self) -> int:
        return self.log.read_text().count("Reloaded server configuration")

    def clients(self) -> set[int]:
        """The ports from which clients are connected to it; none while it does not answer."""
        return {int(client["port"]) for client in self.connections()}

    def connections(self) -> list[dict[str, Any]]:
        """What it tells of its clients, their certificates too; none while it does not answer."""
        try:
            with urlopen(f"http://127.0.0.1:{self.monitor}/connz?auth=1", timeout=5) as answer:
                return list(json.load(answer)["connections"])
        except OSError:
            return []

    def is_ready(self) -> bool:
        try:
            with urlopen(f"http://127.0.0.1:{self.monitor}/healthz", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


class NatsCluster:
    """Three servers that let in only who has a key and a certificate.

    `keys`, within `folder`, has what services.registry.identity.keys makes for them.
    """

    def __init__(self, folder: Path, keys: Path) -> None:
        ports = [[free_port() for _ in range(3)] for _ in range(SERVERS)]
        routes = json.dumps([f"nats://127.0.0.1:{route}" for _, _, route in ports])
        self.servers = []
        for number, (port, monitor, route) in enumerate(ports):
            own = folder / f"nats-{number}"
            own.mkdir()
            text = CONFIGURATION.format(
                number=number,
                port=port,
                monitor=monitor,
                own=own,
                keys=keys,
                route=route,
                routes=routes,
                included=(keys / "authorization.conf").relative_to(folder),
            )
            configuration = folder / f"nats-{number}.conf"
            configuration.write_text(text)
            self.servers.append(NatsServerOfCluster(configuration, port, monitor, own / "log"))

    def start(self) -> None:
        """Starts all, and returns when they are one cluster."""
        for server in self.servers:
            server.start()
        self.wait_until_whole()

    def reload(self) -> None:
        """Has every server read its configuration, certificate and users again, and waits."""
        for server in self.servers:
            server.reload()

    def wait_until_whole(self) -> None:
        """Returns once every server answers and has caught up."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not all(server.is_ready() for server in self.servers):
            assert time.monotonic() < deadline, "The servers did not become one cluster"
            time.sleep(0.1)

    def server_of(self, process: int) -> NatsServerOfCluster:
        """The server with which a process is connected, as soon as one says so."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            own = local_ports(process)
            for server in self.servers:
                if server.clients() & own:
                    return server
            time.sleep(0.1)
        raise AssertionError("No server says that the process is connected with it")

    def stop(self) -> None:
        for server in self.servers:
            server.kill()


def local_ports(process: int) -> set[int]:
    """The ports of this machine from which a process has opened connections."""
    links = []
    for link in Path(f"/proc/{process}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            links.append(link.readlink().name)
    sockets = {link[8:-1] for link in links if link.startswith("socket:")}
    lines = Path(f"/proc/{process}/net/tcp").read_text().splitlines()[1:]
    rows = [line.split() for line in lines]
    return {int(row[1].rpartition(":")[2], 16) for row in rows if row[9] in sockets}


class TemporalServer:
    """Temporal's development server, of which there is one; its store survives `kill`."""

    def __init__(self, folder: Path) -> None:
        self._folder, self.address = folder, f"127.0.0.1:{free_port()}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        host, port = self.address.split(":")
        options = ["--ip", host, "--port", port, "--headless", "--log-level", "error"]
        options += ["--db-filename", str(self._folder / "temporal.db")]
        for attribute in SEARCH_ATTRIBUTES:
            options += ["--search-attribute", attribute]
        for value in TIMER_PRECISION:
            options += ["--dynamic-config-value", value]
        program = Path(sys.executable).with_name("temporal")
        self._process = subprocess.Popen(
            bound([program, "server", "start-dev", *options]),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()


class MovingAddress:
    """A port that leads to one server or to another, as a proxy before PostgreSQL does.

    Who is connected stays connected with the server of that time.
    """

    def __init__(self) -> None:
        self.port, self.to = free_port(), 0
        self._ready, self._ended = threading.Event(), asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    def start(self) -> None:
        self._thread.start()
        assert self._ready.wait(PATIENCE_SECONDS)

    def stop(self) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._ended.set)
            self._thread.join(PATIENCE_SECONDS)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        server = await asyncio.start_server(self._lead, "127.0.0.1", self.port)
        self._ready.set()
        await self._ended.wait()
        server.close()

    async def _lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            inward, outward = await asyncio.open_connection("127.0.0.1", self.to)
        except OSError:  # refused there, so here too
            writer.transport.abort()
            return
        await asyncio.gather(_pump(reader, outward), _pump(inward, writer))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    except OSError:  # cut off
        pass
    finally:
        writer.close()


STOP, GO_ON = signal.SIGSTOP, signal.SIGCONT
