"""The health command succeeds when a service serves, and fails when none does."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import grpc
import pytest
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from plumbing.health import any_serves
from plumbing.settings import SERVICES, Settings
from tests.ports import free_port

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


def settings_with(port: int) -> Settings:
    """Settings with the grading service at a port of a host that only a container network knows."""
    closed = {f"{service}_address": f"{service}.invalid:{free_port()}" for service in SERVICES}
    open_ = {"grading_address": f"grading.invalid:{port}", "plaintext": "grpc"}
    return Settings.model_validate(closed | open_)


async def test_it_follows_what_the_service_says() -> None:
    healthy = health.aio.HealthServicer()
    server = grpc.aio.server()
    health_pb2_grpc.add_HealthServicer_to_server(healthy, server)
    settings = settings_with(server.add_insecure_port("127.0.0.1:0"))
    await server.start()
    try:
        for status, expected in ((SERVING, True), (NOT_SERVING, False)):
            await healthy.set("", status)
            assert await _asked(settings) is expected
    finally:
        await server.stop(None)
    assert await _asked(settings) is False


async def _asked(settings: Settings) -> bool:
    return await asyncio.to_thread(any_serves, settings)


def test_the_command_fails_where_nothing_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    for service in SERVICES:
        monkeypatch.setenv(f"QUANHENG_{service.upper()}_ADDRESS", f"127.0.0.1:{free_port()}")
    command = [sys.executable, "-m", "plumbing.health"]
    assert subprocess.run(command, check=False).returncode == 1
