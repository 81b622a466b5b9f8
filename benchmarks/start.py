"""Measures what the platform of one machine costs to start, and its memory at rest.

    python -m benchmarks.start [rounds] [--json FILE]

`quanheng up --sandbox` is started with its bytecode cached, on a new data directory each time.
`processor` is the user and system time of all of its processes until it is ready. `memory` is
their PSS once they have been at rest for ten seconds; it counts a page that several processes share
once. The floor of both is a bare interpreter for each process, which only imports gRPC.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table

QUANHENG = str(Path(sys.executable).with_name("quanheng"))
ROUNDS, REST_SECONDS, STOP_SECONDS = 3, 10.0, 60.0
TICKS = os.sysconf("SC_CLK_TCK")
BARE = "import grpc, time; print('ready', flush=True); time.sleep(600)"
READY = "quanheng status"  # is in what `up` prints once everything is ready


def tree(root: int) -> list[int]:
    """Returns a process and all that descend from it."""
    parents = dict(_parents())
    found = [root]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found


def _parents() -> Iterator[tuple[int, int]]:
    for folder in Path("/proc").glob("[0-9]*"):
        if fields := _stat(int(folder.name)):
            yield int(folder.name), int(fields[1])


def _stat(pid: int) -> list[str]:
    """The fields of a process from its state on; none if it has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return []


def processor(pids: list[int]) -> float:
    """Seconds of processor time of processes, and of their children that have ended."""
    return sum(sum(map(int, fields[11:15])) for pid in pids if (fields := _stat(pid))) / TICKS


def memory(pid: int) -> float:
    """The PSS of a process in MB."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1000
    return 0.0


def name_of(pid: int) -> str:
    """The name of a process, by which `ps -e` shows it."""
    return Path(f"/proc/{pid}/comm").read_text().strip()


@contextmanager
def started(ready: str, *command: str) -> Iterator[int]:
    """Runs a command until the end, from when it has printed a line with a text."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            next(line for line in process.stdout or () if ready in line)
            yield process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(STOP_SECONDS)


def once() -> dict[str, float]:
    """Starts the platform once; returns what it cost, in seconds and in MB by process."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        with started(READY, QUANHENG, "up", "--sandbox", "-q", "--data", f"{folder}/data") as root:
            figures = {"seconds": time.perf_counter() - began, "processor": processor(tree(root))}
            time.sleep(REST_SECONDS)
            pids = tree(root)
            sizes = [(name_of(pid), memory(pid)) for pid in pids]
    figures |= {"memory": sum(size for _, size in sizes), "processes": len(sizes)}
    figures["floor processor"], figures["floor memory"] = _floor(len(sizes))
    for name, size in sizes:
        figures[f"memory {name}"] = figures.get(f"memory {name}", 0.0) + size
    return figures


def _floor(number: int) -> tuple[float, float]:
    with started("ready", sys.executable, "-c", BARE) as pid:
        return processor([pid]) * number, memory(pid) * number


def main() -> None:
    """Starts it several times and prints the medians."""
    parser = argparse.ArgumentParser()
    parser.add_argument("rounds", nargs="?", type=int, default=ROUNDS)
    parser.add_argument("--json", type=Path)
    told = parser.parse_args()
    once()  # whose bytecode is cached from now on
    rounds = [once() for _ in range(told.rounds)]
    found = {name: statistics.median(r.get(name, 0.0) for r in rounds) for name in rounds[0]}
    table = Table("", "median", title="start of the platform: seconds, MB")
    for name, value in found.items():
        table.add_row(name, f"{value:,.1f}")
    Console().print(table)
    if told.json:
        told.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
