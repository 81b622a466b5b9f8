"""Measures how many requests a second the page of a scanned label answers, beside a bare page.

    python -m benchmarks.scanned_page DATA [seconds] [rounds]

DATA is the data directory of a running platform on SQLite. The bare page is a page of the same
size from a Starlette application without anything else, served by uvicorn in a process of its own,
as the portal is. Both answer the same number of connections in turn. `one label` is a page that
many people scan within a minute; `each another` never asks for the same address twice within a
minute, so that every page is read from the register and rendered. What is compared is the number of
requests in a second of the server's own processor time, since a busy machine slows down both. The
last column is what was answered in a second of the clock, the register and the asker included.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from itertools import cycle
from pathlib import Path

import uvicorn
from rich.console import Console
from rich.table import Table
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from benchmarks.ports import free_port
from plumbing.settings import child_environment
from services.cli.machine.directory import platform_settings
from services.registry.labels import code_of

CONNECTIONS, SECONDS, ROUNDS = 8, 3.0, 5
STARTS_WITHIN = 120.0  # seconds


def label_paths(data: Path) -> list[str]:
    """The paths of the labels of every instrument, read from the register's database."""
    with sqlite3.connect(f"file:{data / 'registry.db'}?mode=ro", uri=True) as base:
        [(secret,)] = base.execute("SELECT secret FROM label_key").fetchall()
        rows = base.execute("SELECT instrument_id FROM instrument WHERE NOT removed").fetchall()
    key = bytes.fromhex(secret)
    return [f"/i/{code_of(key, identity)}" for (identity,) in rows]


def addresses(paths: Sequence[str]) -> list[str]:
    """The paths, each in many spellings: where the hyphens of a code stand makes no difference."""
    places = range(4, min(map(len, paths)))
    return [f"{path[:place]}-{path[place:]}" for place in places for path in paths]


async def ask(address: tuple[str, int], paths: Sequence[str], seconds: float) -> int:
    """How many requests a server answers to several connections, each waiting its turn."""
    turn, ends = cycle(paths), time.monotonic() + seconds

    async def ask_on() -> int:
        answered = 0
        reader, writer = await asyncio.open_connection(*address)
        while time.monotonic() < ends:
            writer.write(f"GET {next(turn)} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            await _answer(reader)
            answered += 1
        writer.close()
        return answered

    return sum(await asyncio.gather(*(ask_on() for _ in range(CONNECTIONS))))


async def _answer(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    if " 200 " not in f"{status} ":
        raise AssertionError(status)
    headers = dict(line.lower().split(": ", 1) for line in lines if ": " in line)
    return await reader.readexactly(int(headers["content-length"]))


async def page_size(address: tuple[str, int], path: str) -> int:
    """The bytes of a page."""
    reader, writer = await asyncio.open_connection(*address)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    body = await _answer(reader)
    writer.close()
    return len(body)


def serve_bare(port: int, size: int) -> None:
    """Serves a page of so many bytes."""
    body = "x" * size

    async def page(_request: Request) -> HTMLResponse:
        return HTMLResponse(body)

    config = uvicorn.Config(
        Starlette(routes=[Route("/", page)]),
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
    )
    uvicorn.Server(config).run()


class Server:
    """A server in a process of its own, and what it has answered."""

    def __init__(
        self, command: Sequence[str], port: int, environment: Mapping[str, str] | None = None
    ) -> None:
        self.address = ("127.0.0.1", port)
        self._process = subprocess.Popen(command, env=environment)
        ends = time.monotonic() + STARTS_WITHIN
        while not _is_open(port):
            if time.monotonic() > ends:
                raise TimeoutError(" ".join(command))
            time.sleep(0.05)

    def measure(self, paths: Sequence[str], seconds: float) -> tuple[float, float]:
        """Requests in a second of the server's processor time, and in a second of the clock."""
        began, spent = time.monotonic(), self._spent()
        answered = asyncio.run(ask(self.address, paths, seconds))
        return answered / (self._spent() - spent), answered / (time.monotonic() - began)

    def _spent(self) -> float:
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")

    def end(self) -> None:
        """Ends the process."""
        self._process.terminate()
        self._process.wait()


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def a_portal(data: Path) -> Server:
    """Another portal of the running platform."""
    port = free_port()
    update = {"portal_address": f"127.0.0.1:{port}"}
    settings = platform_settings(data).model_copy(update=update)
    command = [sys.executable, "-P", "-m", "services.portal"]
    return Server(command, port, child_environment(settings))


def a_bare_page(size: int) -> Server:
    """A server of a page of so many bytes."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.scanned_page", "--bare", str(port), str(size)]
    return Server(command, port)


def main(data: str, seconds: float = SECONDS, rounds: float = ROUNDS) -> None:
    """Measures, and prints the medians and their ratios to the bare page."""
    paths, portal = label_paths(Path(data)), a_portal(Path(data))
    size = asyncio.run(page_size(portal.address, paths[0]))
    bare = a_bare_page(size)
    cases: Mapping[str, tuple[Server, Sequence[str]]] = {
        "bare": (bare, ["/"]),
        "one label": (portal, paths[:1]),
        "each another": (portal, addresses(paths)),
    }
    try:
        measured = [
            {name: server.measure(asked, seconds) for name, (server, asked) in cases.items()}
            for _ in range(int(rounds))
        ]
    finally:
        portal.end()
        bare.end()
    _print(measured, f"{size} bytes, {CONNECTIONS} connections, {rounds:g} × {seconds:g} s")


def _print(measured: Sequence[Mapping[str, tuple[float, float]]], title: str) -> None:
    table = Table("page", "a second of its own", "beside bare", "a second", title=title)
    floor = statistics.median(one["bare"][0] for one in measured)
    for name in measured[0]:
        own = statistics.median(one[name][0] for one in measured)
        clock = statistics.median(one[name][1] for one in measured)
        table.add_row(name, f"{own:.0f}", f"{own / floor:.2f}", f"{clock:.0f}")
    Console().print(table)


if __name__ == "__main__":
    if sys.argv[1] == "--bare":
        serve_bare(int(sys.argv[2]), int(sys.argv[3]))
    else:
        main(sys.argv[1], *map(float, sys.argv[2:]))
