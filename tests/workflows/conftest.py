"""A real Temporal server for the tests of workflows; time can be skipped for each workflow."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from tests.bound import bound
from tests.patience import PATIENCE_SECONDS
from tests.ports import free_port, wait_for_port

SEARCH_ATTRIBUTES = (
    "AggregateId=Keyword",
    "DueAt=Datetime",
    "Bureau=Keyword",
    "CaseKind=Keyword",
    "CaseState=Keyword",
)
# A timer fires within milliseconds, and skipping does not switch itself off after 200 timers.
DYNAMIC_CONFIG = (
    "frontend.WorkflowTimeSkippingEnabled=true",
    "frontend.WorkflowTimeSkippingMaxSkipPerSession=100000",
    'history.timerProcessorMaxTimeShift="1ms"',
    "history.timerProcessorMaxPollRPS=1000",
    "history.timerProcessorMaxPollHostRPS=10000",
)


@pytest.fixture(scope="session")
def temporal_address() -> Iterator[str]:
    """The address of a Temporal server for these tests, which keeps nothing."""
    port = free_port()
    program = Path(sys.executable).with_name("temporal")
    options = ["--ip", "127.0.0.1", "--port", str(port), "--headless", "--log-level", "never"]
    for attribute in SEARCH_ATTRIBUTES:
        options += ["--search-attribute", attribute]
    for value in DYNAMIC_CONFIG:
        options += ["--dynamic-config-value", value]
    process = subprocess.Popen(
        bound([program, "server", "start-dev", *options]),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_for_port(port)
    yield f"127.0.0.1:{port}"
    process.kill()
    process.wait()


@pytest.fixture
async def temporal_client(
    temporal_address: str, request: pytest.FixtureRequest
) -> AsyncIterator[Client]:
    """A client whose workflows run in real time."""
    client = await _connected(temporal_address)
    began = datetime.now(UTC)  # noqa: TID251 - the server keeps real time
    yield client
    if folder := request.config.getoption("--histories"):
        _write(await _histories_since(client, began), folder / request.node.name)


@pytest.fixture
async def skipper(temporal_client: Client) -> TimeSkipper:
    """Starts workflows with its `client` and moves the time of one of them with `fast_forward`.

    Until then time is real. Do not skip time over a continue-as-new: the new run skips it again.
    """
    return TimeSkipper(temporal_client, config=TimeSkippingConfig(enabled=False))


async def _histories_since(client: Client, began: datetime) -> dict[str, str]:
    """The history of every workflow run that started after `began`, by `<type>-<number>`."""
    query = f"StartTime >= '{began.isoformat()}'"
    runs = [run async for run in client.list_workflows(query)]
    histories: dict[str, str] = {}
    for number, run in enumerate(sorted(runs, key=lambda run: run.start_time)):
        handle = client.get_workflow_handle(run.id, run_id=run.run_id)
        recorded = (await handle.fetch_history()).to_json().replace(client.identity, "test")
        history = json.loads(recorded, object_hook=_without_stack_trace)
        histories[f"{run.workflow_type}-{number}"] = json.dumps(history, indent=1) + "\n"
    return histories


def _write(histories: Mapping[str, str], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, history in histories.items():
        (folder / f"{name}.json").write_text(history, "utf-8")


def _without_stack_trace(message: dict[str, Any]) -> dict[str, Any]:
    """A message of a history without its stack trace, which no replay reads."""
    return message | {"stackTrace": ""} if "stackTrace" in message else message


async def _connected(address: str, seconds: float = PATIENCE_SECONDS) -> Client:
    deadline = time.monotonic() + seconds
    while True:
        try:
            return await Client.connect(address, data_converter=pydantic_data_converter)
        except RuntimeError:  # the port is open before the server serves
            if time.monotonic() > deadline:
                raise
