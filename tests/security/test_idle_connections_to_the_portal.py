"""The attacker is anybody on the network of the portal, and has no account.

They open connections by the hundred and say nothing, or begin a request and never end it. Others
get their page meanwhile, also from the same address.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager

import httpx2 as httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from services.portal.connections import CONNECTIONS_OF_ONE, Bounds, peer_of, protocol
from tests.patience import PATIENCE_SECONDS
from tests.ports import free_port

CONNECTIONS = 1200


@asynccontextmanager
async def serving(bounds: Bounds, meeting: asyncio.Barrier | None = None) -> AsyncIterator[int]:
    """A server with the portal's bounds; its page `/slow` begins and ends with a meeting."""

    async def page(request: Request) -> PlainTextResponse:
        if meeting is not None and request.url.path == "/slow":
            await meeting.wait()
            await meeting.wait()
        return PlainTextResponse("page")

    port, app = free_port(), Starlette(routes=[Route("/{path}", page)])
    config = uvicorn.Config(app, port=port, log_config=None, http=protocol(bounds))
    server = uvicorn.Server(config)
    task = asyncio.create_task(server._serve())  # without the handlers of signals
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not server.started:  # noqa: ASYNC110 - uvicorn tells it in no other way
            await asyncio.sleep(0.02)
        yield port
        server.should_exit = True
        await task


@contextmanager
def connections(port: int, number: int, said: bytes = b"") -> Iterator[list[socket.socket]]:
    """Holds connections on which only this is said."""
    with ExitStack() as held:
        made = [
            held.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(number)
        ]
        for one in made:
            one.setblocking(False)
            one.sendall(said)
        yield made


async def closed(connection: socket.socket) -> bool:
    """Whether the server ends a connection."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await loop.sock_recv(connection, 1) == b""
    except ConnectionResetError:
        return True


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\nHost: a\r\n"])
async def test_idle_connections_shut_nobody_out(said: bytes) -> None:
    bounds = Bounds()
    async with serving(bounds) as port:
        with ExitStack() as held:
            for _ in range(CONNECTIONS // CONNECTIONS_OF_ONE):
                held.enter_context(connections(port, CONNECTIONS_OF_ONE, said))
                await asyncio.sleep(0)
            async with httpx.AsyncClient() as client:
                answer = await client.get(f"http://127.0.0.1:{port}/page")
            assert answer.text == "page"
            assert len(bounds.open["127.0.0.1"]) <= CONNECTIONS_OF_ONE


async def test_a_request_that_never_ends_its_header_is_given_up() -> None:
    async with serving(Bounds(seconds=0.1)) as port:
        with connections(port, 1) as [silent], connections(port, 1, b"GET / HT") as [halting]:
            assert await closed(silent)
            assert await closed(halting)


async def test_who_is_being_answered_is_not_put_off() -> None:
    meeting = asyncio.Barrier(2)
    bounds = Bounds(most=2, seconds=0.1)
    async with serving(bounds, meeting) as port, httpx.AsyncClient() as client:
        slow = asyncio.create_task(client.get(f"http://127.0.0.1:{port}/slow"))
        await meeting.wait()
        with connections(port, 5) as others:
            assert all([await closed(one) for one in others])
        await meeting.wait()
        assert (await slow).text == "page"


def test_a_proxy_stands_for_many_and_a_network_for_one() -> None:
    assert peer_of("192.0.2.7") == "192.0.2.7"
    assert peer_of("::ffff:192.0.2.7") == "192.0.2.7"
    assert peer_of("2001:db8:0:1::7") == peer_of("2001:db8:0:1:ffff::8") == "2001:db8:0:1::"
    assert peer_of("2001:db8:0:2::7") == "2001:db8:0:2::"


async def test_the_portal_does_not_count_the_connections_of_its_proxy() -> None:
    bounds = Bounds(proxies=["127.0.0.1"], most=2)
    async with serving(bounds) as port:
        with connections(port, 5):
            async with asyncio.timeout(PATIENCE_SECONDS):
                while len(bounds.open["127.0.0.1"]) < 5:  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
