"""A case with DBOS on SQLite: lodged, accepted and decided by messages, then closed by a step.

var/peers/bin/python -m benchmarks.peers.dbos_cases FOLDER CASES CALLERS
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
import time
from pathlib import Path
from typing import Any

from dbos import DBOS, SetWorkflowID

from benchmarks.callers import by_callers

TERM_SECONDS, POLL_SECONDS = 28 * 86_400, 0.02


@DBOS.step()
async def close(outcome: str) -> str:
    """The consequence of a decision."""
    return f"closed: {outcome}"


@DBOS.workflow()
async def case(grounds: str) -> str:
    """Waits for two persons, each with a term."""
    accepted = await DBOS.recv_async("accept", timeout_seconds=TERM_SECONDS)
    if accepted is None:
        return f"not heard: {grounds}"
    outcome = await DBOS.recv_async("decide", timeout_seconds=TERM_SECONDS)
    return await close(str(outcome))


async def run(name: str, cases: int, callers: int) -> dict[str, float]:
    """Carries all cases out, whose ids begin with a name; returns the seconds."""
    handles: dict[int, Any] = {}

    async def lodge(number: int) -> None:
        with SetWorkflowID(f"{name}-{number}"):
            handles[number] = await DBOS.start_workflow_async(case, "grounds of some length")

    began = time.perf_counter()
    await by_callers(cases, callers, lodge)
    await by_callers(cases, callers, lambda n: DBOS.send_async(f"{name}-{n}", "yes", "accept"))
    await by_callers(cases, callers, lambda n: DBOS.send_async(f"{name}-{n}", "uphold", "decide"))
    steps = time.perf_counter() - began
    ends = [await one.get_result(polling_interval_sec=POLL_SECONDS) for one in handles.values()]
    if ends != ["closed: uphold"] * cases:
        raise RuntimeError(f"Not closed: {set(ends)}")
    return {"steps": steps, "closed": time.perf_counter() - began}


async def measure(cases: int, callers: int) -> dict[str, float]:
    """Warms up by a few cases, then carries out those that are measured."""
    await run("warm-up", callers, callers)
    return await run("case", cases, callers)


def main(folder: str, cases: str, callers: str) -> None:
    """Starts the engine on a new file that syncs every commit, as SQLite does by default."""
    file = Path(folder) / "dbos.db"
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.close()
    DBOS(
        config={
            "name": "benchmark",
            "system_database_url": f"sqlite:///{file}",
            "log_level": "ERROR",
            "notification_listener_polling_interval_sec": POLL_SECONDS,
        }
    )
    DBOS.launch()
    found = asyncio.run(measure(int(cases), int(callers)))
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()
    DBOS.destroy()


if __name__ == "__main__":
    main(*sys.argv[1:])
