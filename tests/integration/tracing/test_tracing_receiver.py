"""Without a receiver that answers, the platform loses spans and nothing else."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from plumbing.identity import Role
from tests.integration.conftest import NatsServer
from tests.integration.registry.running_registry import (
    RunningRegistry,
    put_subject,
    running,
    sandbox,
)
from tests.integration.tracing.receiver import receiving
from tests.patience import PATIENCE_SECONDS
from tests.ports import free_port
from tests.postgres import Databases

SPANS = 20_000
MOST_MEGABYTES = 40
# Waiting for each batch that nobody takes would last for minutes, on any machine.
LINGERS_SECONDS = 120.0  # without a bound, a receiver that hangs would hold it for ever
# Traces for a while, and says how long that took, by how much it grew and how long ending took.
PROGRAM = """
import json, os, resource, sys, time
from plumbing import tracing
from plumbing.telemetry import start_logging

def memory():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

start_logging("test", "ERROR")
tracing.start_tracing("test", sys.argv[1])
before, began = memory(), time.monotonic()
for number in range(int(sys.argv[2])):
    with tracing.span("work", attributes={"number": number}):
        pass
worked, grown = time.monotonic() - began, memory() - before
began = time.monotonic()
tracing.end_tracing()
values = {"worked": worked, "grown": grown, "ended": time.monotonic() - began}
print("MEASURED " + json.dumps(values), flush=True)
os._exit(0)
"""


@contextmanager
def endpoints(manner: str) -> Iterator[str]:
    if manner == "hangs":
        with receiving(hangs=True) as receiver:
            yield receiver.endpoint
    else:
        yield f"http://127.0.0.1:{free_port()}"


@pytest.mark.parametrize("manner", ["hangs", "is away"])
def test_spans_that_nobody_takes_are_dropped_and_the_end_is_quick(manner: str) -> None:
    with endpoints(manner) as endpoint:
        program = [sys.executable, "-c", PROGRAM, endpoint, str(SPANS)]
        done = subprocess.run(
            program, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=True
        )
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("MEASURED ")]
    measured = json.loads(line.removeprefix("MEASURED "))
    assert measured["grown"] < MOST_MEGABYTES, measured
    assert measured["ended"] < LINGERS_SECONDS, measured


async def test_a_service_whose_receiver_hangs_serves_and_stops_in_time(
    nats_server: NatsServer, tmp_path: Path, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
    with receiving(hangs=True) as receiver:
        plain = sandbox(tmp_path, free_port(), nats_server.url, databases)
        settings = plain.model_copy(update={"otlp_endpoint": receiver.endpoint})
        registry = RunningRegistry(settings)
        async with running(settings) as process:
            await registry.bureau()
            assert await asyncio.to_thread(receiver.asked.wait, PATIENCE_SECONDS), (
                "nothing was ever sent"
            )
            for _ in range(50):
                await registry.client(Role.CASEWORKER).registry.PutSubject(put_subject())
            await registry.close()
            began = time.monotonic()
            process.terminate()
            assert await asyncio.to_thread(process.wait, PATIENCE_SECONDS) == 0
        assert time.monotonic() - began < LINGERS_SECONDS
