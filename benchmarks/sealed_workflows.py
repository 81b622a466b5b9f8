"""Measures what sealing adds to the processor time of a workflow task.

    python -m benchmarks.sealed_workflows [workflows] [rounds]

A workflow takes its input, hears one signal and runs one activity: three workflow tasks. `plain`
has the converter of pydantic only; `sealed` adds codec and proofs, as services have them. The
processor time of this process is measured, without that of Temporal, which does the same in both.
The modes take turns within the same minute.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import time
from pathlib import Path
from uuid import uuid4

from rich.console import Console
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from benchmarks.ports import free_port
from plumbing.daily import Moved, Round, Start
from plumbing.workflow_codec import sealed_converter
from plumbing.workflow_guard import Guard
from plumbing.workflow_seals import Seals

WORKFLOWS, ROUNDS, TASKS = 100, 5, 3
SEALS = Seals([bytes(32)])


@activity.defn
async def work(_round: Round) -> Start:
    """Does nothing, and answers with a message of the usual size."""
    return Start()


@workflow.defn
class Measured:
    """Waits for one signal, then runs one activity."""

    def __init__(self) -> None:
        self._moved = False

    @workflow.run
    async def run(self, _start: Start) -> None:
        """Runs the three workflow tasks that are measured."""
        await workflow.wait_condition(lambda: self._moved)
        from datetime import date, timedelta  # noqa: PLC0415 - inside the workflow

        as_of = Round(as_of=date(2026, 9, 14))
        await workflow.execute_activity(work, as_of, start_to_close_timeout=timedelta(minutes=1))

    @workflow.signal
    def look(self, _moved: Moved) -> None:
        """Lets the workflow go on."""
        self._moved = True


async def _connect(address: str, mode: str) -> Client:
    while True:
        try:
            if mode == "plain":
                return await Client.connect(address, data_converter=pydantic_data_converter)
            return await Client.connect(
                address, data_converter=sealed_converter(SEALS), interceptors=[Guard(SEALS)]
            )
        except RuntimeError:  # not listening yet
            await asyncio.sleep(0.1)


async def _one(client: Client, queue: str) -> None:
    handle = await client.start_workflow(Measured.run, Start(), id=uuid4().hex, task_queue=queue)
    await handle.signal(Measured.look, Moved())
    await handle.result()


async def _round(address: str, mode: str, workflows: int) -> float:
    """Microseconds of processor time for each workflow task."""
    client, queue = await _connect(address, mode), uuid4().hex
    async with Worker(
        client,
        task_queue=queue,
        workflows=[Measured],
        activities=[work],
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        await _one(client, queue)
        began = time.process_time()
        for _ in range(workflows // 10):
            await asyncio.gather(*(_one(client, queue) for _ in range(10)))
        return (time.process_time() - began) / (workflows * TASKS) * 1e6


async def _measure(address: str, workflows: int, rounds: int) -> None:
    taken: dict[str, list[float]] = {"plain": [], "sealed": []}
    for _ in range(rounds):
        for mode, times in taken.items():
            times.append(await _round(address, mode, workflows))
    plain, sealed = (statistics.median(times) for times in taken.values())
    Console().print(f"plain {plain:.0f} µs a task, sealed {sealed:.0f} µs: ×{sealed / plain:.2f}")


def main() -> None:
    """Starts a Temporal server that keeps nothing, measures, and prints the medians."""
    workflows, rounds = (*map(int, sys.argv[1:]), *(WORKFLOWS, ROUNDS)[len(sys.argv) - 1 :])
    port = free_port()
    program = Path(sys.executable).with_name("temporal")
    options = ["--port", str(port), "--headless", "--log-level", "never"]
    server = subprocess.Popen([program, "server", "start-dev", *options])
    try:
        asyncio.run(_measure(f"127.0.0.1:{port}", workflows, rounds))
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
