"""A portal that is told to stop does so at once, whatever it waits for."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2 as httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from plumbing.settings import Settings, child_environment
from services.portal.__main__ import _Server
from services.portal.progress import Progress, events
from tests.bound import bound
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


def test_one_that_waits_for_its_database_stops_too(tmp_path: Path) -> None:
    """Without a handler the first process of a container would not hear SIGTERM at all."""
    nowhere = f"postgresql://portal@127.0.0.1:{free_port()}/portal"
    metrics = f"127.0.0.1:{free_port()}"
    settings = Settings(data_dir=tmp_path, database=nowhere, portal_metrics_address=metrics)
    process = subprocess.Popen(
        bound([sys.executable, "-P", "-m", "services.portal"]),
        env=child_environment(settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    try:
        lines = iter(process.stdout.readline, "")
        assert any("process.waits" in line for line in lines)
        process.terminate()
        rest, _ = process.communicate(timeout=PATIENCE_SECONDS)
    finally:
        process.kill()
    assert process.returncode == 0
    assert "process.stopping" in rest
    assert "process.failed" not in rest
