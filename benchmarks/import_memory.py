"""Measures how much memory the process needs that takes in one file of verifications.

    python -m benchmarks.import_memory [rows …]

Each size is imported by a process of its own into a new register on SQLite, in the way of
`benchmarks/imports.py`. `before` is the resident memory when the register is open and the file is
in memory; `most` is the most until the file is in force, and `a row` what each row adds. `rest` is
what is left when the batch is done.
"""

from __future__ import annotations

import asyncio
import gc
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import imports

SIZES = (50_000, 100_000, 200_000)
MB = 1000 * 1000
ONE = "--one"


def _resident() -> tuple[int, int]:
    """The present and the highest resident memory of this process, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    sizes = {name: value for name, _, value in (line.partition(":") for line in lines)}
    now, most = (int(sizes[name].split()[0]) * 1024 for name in ("VmRSS", "VmHWM"))
    return now, most


def _forget_the_most() -> None:
    Path("/proc/self/clear_refs").write_text("5")


async def one(rows: int) -> dict[str, float]:
    """Imports a file of so many rows; returns bytes and seconds."""
    with tempfile.TemporaryDirectory() as folder:
        database = await imports.register(Path(folder), rows)
        content = imports.verifications(rows)
        gc.collect()
        _forget_the_most()
        before, _ = _resident()
        elapsed, processor = time.perf_counter(), time.process_time()
        await imports.take(database, "verifications", content)
        seconds = time.perf_counter() - elapsed, time.process_time() - processor
        _, most = _resident()
        gc.collect()
        rest, _ = _resident()
        await database.close()
    return {
        "rows": rows,
        "file": len(content),
        "before": before,
        "most": most,
        "rest": rest,
        "elapsed": seconds[0],
        "processor": seconds[1],
    }


def _in_a_process(rows: int) -> Mapping[str, float]:
    command = [sys.executable, "-m", "benchmarks.import_memory", ONE, str(rows)]
    answer = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found: Mapping[str, float] = json.loads(answer.stdout)
    return found


def main() -> None:
    """Measures each size, the smallest first."""
    if sys.argv[1:2] == [ONE]:
        sys.stdout.write(json.dumps(asyncio.run(one(int(sys.argv[2])))))
        return
    sizes = sorted(map(int, sys.argv[1:])) or SIZES
    heads = ("rows", "file MB", "before MB", "most MB", "a row, bytes", "rest MB", "rows/s")
    table = Table(*heads, title="memory of an import of verifications; rows/s of processor time")
    for rows in sizes:
        found = _in_a_process(rows)
        each = (found["most"] - found["before"]) / rows
        sizes_of = (found[name] / MB for name in ("file", "before", "most"))
        last = f"{found['rest'] / MB:,.0f}", f"{rows / found['processor']:,.0f}"
        table.add_row(f"{rows:,}", *(f"{size:,.0f}" for size in sizes_of), f"{each:,.0f}", *last)
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
