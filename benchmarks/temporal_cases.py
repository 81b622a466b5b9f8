"""A case with Temporal's server for development on a file, as it comes and as it can be tuned.

    python -m benchmarks.temporal_cases usual|tuned FOLDER CASES CALLERS

`usual` sends signals and runs an activity, with the options that the server and the SDK have by
themselves. `tuned` starts workflows eagerly, runs a local activity and no sandbox, has more pollers
and a write-ahead log. What is quickest to acknowledge is not quickest to close, so that `tuned`
carries the cases out twice: by signals, whose steps are measured, and by updates, of which the last
answers once the case is closed. Both keep what they acknowledge through a loss of power. Prints the
seconds until all steps of persons were acknowledged, and until all cases were closed, as JSON.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from benchmarks.callers import by_callers
from benchmarks.ports import free_port

QUEUE, TERM, ATTEMPT = "cases", timedelta(days=28), timedelta(minutes=1)
TUNED_STORE = ("--sqlite-pragma", "journal_mode=WAL", "--sqlite-pragma", "synchronous=FULL")
TUNED_WORKER: dict[str, Any] = {
    "max_concurrent_workflow_tasks": 200,
    "max_concurrent_workflow_task_polls": 10,
    "max_concurrent_activity_task_polls": 10,
    "workflow_runner": UnsandboxedWorkflowRunner(),
}
CLOSED = "closed: uphold"


@activity.defn
async def close(outcome: str) -> str:
    """The consequence of a decision."""
    return f"closed: {outcome}"


class Waiting:
    """What both cases wait for: two persons, each with a term, by signals."""

    def __init__(self) -> None:
        self._accepted, self._outcome = False, ""
        self.end = ""

    async def outcome(self) -> str:
        """The decision; empty once a term has lapsed."""
        try:
            await workflow.wait_condition(lambda: self._accepted, timeout=TERM)
            await workflow.wait_condition(lambda: bool(self._outcome), timeout=TERM)
        except TimeoutError:
            return ""
        return self._outcome

    @workflow.signal
    def accept(self) -> None:
        """A person accepts the case."""
        self._accepted = True

    @workflow.signal
    def decide(self, outcome: str) -> None:
        """A person decides the case."""
        self._outcome = outcome


@workflow.defn
class UsualCase(Waiting):
    """Persons by signals, the consequence by an activity."""

    @workflow.run
    async def run(self, _grounds: str) -> str:
        """Runs the case until it is closed."""
        outcome = await self.outcome()
        return await workflow.execute_activity(close, outcome, start_to_close_timeout=ATTEMPT)


@workflow.defn
class TunedCase(Waiting):
    """Persons by signals or by updates, the consequence by a local activity."""

    @workflow.run
    async def run(self, _grounds: str) -> str:
        """Runs the case until it is closed."""
        outcome = await self.outcome()
        self.end = await workflow.execute_local_activity(
            close, outcome, start_to_close_timeout=ATTEMPT
        )
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self.end

    @workflow.update
    async def accept_now(self) -> None:
        """A person accepts the case."""
        self.accept()

    @workflow.update
    async def decide_and_close(self, outcome: str) -> str:
        """A person decides the case; answers once it is closed."""
        self.decide(outcome)
        await workflow.wait_condition(lambda: bool(self.end))
        return self.end


async def by_signals(
    client: Client, case: Any, cases: int, callers: int, *, eager: bool
) -> dict[str, float]:
    """Carries all cases out by signals."""
    handles: dict[int, Any] = {}

    async def lodge(number: int) -> None:
        handles[number] = await _started(client, case, number, eager=eager)

    began = time.perf_counter()
    await by_callers(cases, callers, lodge)
    await by_callers(cases, callers, lambda n: handles[n].signal(case.accept))
    await by_callers(cases, callers, lambda n: handles[n].signal(case.decide, "uphold"))
    steps = time.perf_counter() - began
    _require_closed(await asyncio.gather(*(one.result() for one in handles.values())))
    return {"steps": steps, "closed": time.perf_counter() - began}


async def by_updates(client: Client, cases: int, callers: int) -> float:
    """Carries all cases out by updates, of which the last answers once the case is closed."""
    handles: dict[int, Any] = {}
    ends: list[str] = []

    async def lodge(number: int) -> None:
        handles[number] = await _started(client, TunedCase, number, eager=True)

    async def decide(number: int) -> None:
        ends.append(await handles[number].execute_update(TunedCase.decide_and_close, "uphold"))

    began = time.perf_counter()
    await by_callers(cases, callers, lodge)
    await by_callers(cases, callers, lambda n: handles[n].execute_update(TunedCase.accept_now))
    await by_callers(cases, callers, decide)
    _require_closed(ends)
    return time.perf_counter() - began


async def usual(client: Client, cases: int, callers: int) -> dict[str, float]:
    """Carries all cases out with nothing tuned."""
    return await by_signals(client, UsualCase, cases, callers, eager=False)


async def tuned(client: Client, cases: int, callers: int) -> dict[str, float]:
    """Carries all cases out twice, and returns the better seconds of both."""
    signals = await by_signals(client, TunedCase, cases, callers, eager=True)
    updates = await by_updates(client, cases, callers)
    return {"steps": signals["steps"], "closed": min(signals["closed"], updates)}


async def _started(client: Client, case: Any, number: int, *, eager: bool) -> Any:
    return await client.start_workflow(
        case.run, "grounds of some length", id=f"case-{number}", task_queue=QUEUE,
        request_eager_start=eager,
    )  # fmt: skip


def _require_closed(ends: Sequence[str]) -> None:
    if set(ends) != {CLOSED}:
        raise RuntimeError(f"Not closed: {set(ends)}")


async def connect(address: str) -> Client:
    """Returns a client, once the server listens."""
    while True:
        try:
            return await Client.connect(address)
        except RuntimeError:  # not listening yet
            await asyncio.sleep(0.1)


@contextmanager
def server(folder: Path, options: Sequence[str]) -> Iterator[str]:
    """Runs a server on a new file; yields its address."""
    port = str(free_port())
    program = Path(sys.executable).with_name("temporal")
    place = ["--port", port, "--headless", "--log-level", "never"]
    store = ["--db-filename", str(folder / "temporal.db"), *options]
    command = [str(program), "server", "start-dev", *place, *store]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


async def run(mode: str, address: str, cases: int, callers: int) -> dict[str, float]:
    """Measures one mode; a few cases before warm it up."""
    way, options = (tuned, TUNED_WORKER) if mode == "tuned" else (usual, dict[str, Any]())
    types, client = [UsualCase, TunedCase], await connect(address)
    async with Worker(client, task_queue=QUEUE, workflows=types, activities=[close], **options):
        await way(client, callers, callers)
        return await way(client, cases, callers)


def main(mode: str, folder: str, cases: str, callers: str) -> None:
    """Measures one mode and prints its seconds."""
    options = TUNED_STORE if mode == "tuned" else ()
    with server(Path(folder), options) as address:
        found = asyncio.run(run(mode, address, int(cases), int(callers)))
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
