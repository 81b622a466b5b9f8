"""The attacker reaches the registry's port without any account, and sends messages that never end.

Each message is as long as the server takes, and stops one byte short: the server has to keep it.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from plumbing.incoming import LARGE_REQUEST_BYTES
from plumbing.settings import Settings
from tests.integration.conftest import NatsServer
from tests.integration.registry.running_registry import ready, sandbox, started
from tests.patience import PATIENCE_SECONDS
from tests.ports import free_port
from tests.postgres import Databases

MESSAGES, FRAME = 100, 16384
GROWN = 1.15  # of a process whose memory includes all the code that the tests' processes share
SETTINGS, HEADERS, DATA, WINDOW, END_OF_HEADERS, ACKNOWLEDGED = 4, 1, 0, 8, 4, 1
GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
REQUEST = {
    ":method": "POST",
    ":scheme": "https",
    ":path": "/quanheng.registry.v1.RegistryService/GetSubject",
    ":authority": "registry",
    "content-type": "application/grpc",
    "te": "trailers",
}


def frame(kind: int, flags: int, stream: int, content: bytes = b"") -> bytes:
    """One frame of HTTP/2."""
    return struct.pack(">I", len(content))[1:] + struct.pack(">BBI", kind, flags, stream) + content


def headers() -> bytes:
    """The headers of a call, each written out."""
    pairs = [(name.encode(), value.encode()) for name, value in REQUEST.items()]
    return b"".join(
        b"\0" + bytes([len(name)]) + name + bytes([len(value)]) + value for name, value in pairs
    )


class Sender:
    """Sends the messages as fast as the server's windows let it."""

    def __init__(self, held: ssl.SSLSocket) -> None:
        self._socket, self._read = held, held.makefile("rb")
        self._all, self._initial = 65535, 65535
        start = b"\0" + struct.pack(">I", LARGE_REQUEST_BYTES)
        self._left = {
            number: bytearray(start + bytes(LARGE_REQUEST_BYTES - 1))
            for number in range(1, 2 * MESSAGES, 2)
        }
        self._windows = dict.fromkeys(self._left, self._initial)

    def send(self) -> None:
        """Sends all but the last byte of every message."""
        calls = [frame(HEADERS, END_OF_HEADERS, number, headers()) for number in self._left]
        self._socket.sendall(GREETING + frame(SETTINGS, 0, 0) + b"".join(calls))
        while any(self._left.values()):
            if not self._sent():
                self._hear()

    def _sent(self) -> bool:
        """Whether any window was open."""
        for number, left in self._left.items():
            size = min(len(left), self._windows[number], self._all, FRAME)
            if size > 0:
                self._socket.sendall(frame(DATA, 0, number, bytes(left[:size])))
                del left[:size]
                self._windows[number] -= size
                self._all -= size
                return True
        return False

    def _hear(self) -> None:
        head = self._read.read(9)
        kind, flags, number = struct.unpack(">BBI", head[3:])
        content = self._read.read(int.from_bytes(head[:3]))
        if kind == WINDOW and number:
            self._windows[number] += int.from_bytes(content)
        elif kind == WINDOW:
            self._all += int.from_bytes(content)
        elif kind == SETTINGS and not flags & ACKNOWLEDGED:
            self._hear_settings(content)

    def _hear_settings(self, content: bytes) -> None:
        values = dict(struct.iter_unpack(">HI", content))
        more = values.get(4, self._initial) - self._initial
        self._initial += more
        for number in self._windows:
            self._windows[number] += more
        self._socket.sendall(frame(SETTINGS, ACKNOWLEDGED, 0))


@contextmanager
def stalled(settings: Settings) -> Iterator[None]:
    """Holds a connection with messages that stop one byte short."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    host, _, port = settings.address("registry").rpartition(":")
    plain = socket.create_connection((host, int(port)), timeout=PATIENCE_SECONDS)
    with context.wrap_socket(plain) as held:
        Sender(held).send()
        yield


def resident(process: int) -> int:
    """The memory that a process holds, in pages, as Linux tells it."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1])


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="only Linux tells it so")
def test_memory_comes_back_after_messages_that_never_end(
    tmp_path_factory: pytest.TempPathFactory, databases: Databases
) -> None:
    nats = NatsServer(tmp_path_factory.mktemp("nats"))
    nats.start()
    folder = tmp_path_factory.mktemp("registry")
    settings = sandbox(folder, free_port(), nats.url, databases)
    with started(settings) as process:
        asyncio.run(ready(settings, process))
        before = resident(process.pid)
        with stalled(settings):
            assert resident(process.pid) > GROWN * before
        deadline = time.monotonic() + PATIENCE_SECONDS
        while resident(process.pid) > GROWN * before:
            assert time.monotonic() < deadline, (before, resident(process.pid))
            time.sleep(0.5)
    nats.kill()
