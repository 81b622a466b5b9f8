"""A portal that is told to stop ends the events of long work first, and then stops at once."""

from __future__ import annotations

import asyncio
import signal
from types import SimpleNamespace
from typing import Any

import httpx2 as httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.portal.__main__ import _Server
from services.portal.progress import Progress, events
from tests.patience import PATIENCE_SECONDS
from tests.ports import free_port


class Sessions:
    """Sessions that never end."""

    async def find(self, _cookie: str) -> object:
        return object()


async def test_open_events_end_when_the_portal_is_told_to_stop() -> None:
    stopping, port = asyncio.Event(), free_port()

    async def endpoint(request: Request) -> Response:
        visit: Any = SimpleNamespace(
            portal=SimpleNamespace(stopping=stopping, sessions=Sessions()), request=request
        )

        async def ask_now() -> Progress:
            return Progress("正在导入", 1, 2)

        return await events(visit, ask_now)

    app = Starlette(routes=[Route("/events", endpoint)])
    server = _Server(uvicorn.Config(app, port=port, log_config=None), stopping)
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not server.started:  # noqa: ASYNC110 - uvicorn tells it in no other way
            await asyncio.sleep(0.02)
        async with httpx.AsyncClient() as client:
            async with client.stream("GET", f"http://127.0.0.1:{port}/events") as answer:
                lines = answer.aiter_lines()
                assert await anext(lines) == "event: progress"
                server.handle_exit(signal.SIGTERM, None)
                rest = [line async for line in lines]  # it ends, and not by a broken connection
            assert any(line.startswith("data:") for line in rest)
        await serving
