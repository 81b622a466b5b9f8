"""Runs the benchmarks one after another, and keeps what they print and the figures that they write.

    python -m benchmarks [FOLDER] [--small] [--only NAME …]

Each prints its own table, which also goes to FOLDER/<name>.txt. `FOLDER/figures.json` has the
figures of those that write them. FOLDER is `var/bench` by default; `var/city` keeps the databases
of the city. The whole takes about an hour and a half; for one of them, run its module. `--small`
runs each on so little that the figures mean nothing, to see that all of them still run. Not
among them: `scanned_page` needs a platform that runs, and `year` takes hours.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Benchmark:
    """A module with its arguments, those of the small edition, and whether it writes figures."""

    arguments: str = ""
    small: str = ""
    writes: bool = False


ALL = {
    "calls": Benchmark("", "--calls 40 --rounds 1 --callers 4", writes=True),
    "relay": Benchmark("", "--rounds 1", writes=True),
    "work_list": Benchmark("", "2000 1", writes=True),
    "watch": Benchmark("1000000 5", "5000 1", writes=True),
    "watch_by_temporal": Benchmark("1000000 3", "5000 1", writes=True),
    "grading": Benchmark("", "1 1"),
    "cases": Benchmark("", "20 1", writes=True),
    "bulk": Benchmark("", "200 1"),
    "imports": Benchmark("", "1000 1"),
    "import_followed": Benchmark("", "2000 1", writes=True),
    "import_memory": Benchmark("", "2000"),
    "beside_an_import": Benchmark("", "0.2"),
    "call_overhead": Benchmark("", "10 1"),
    "row_digests": Benchmark("", "2 1"),
    "sealed_workflows": Benchmark("", "10 1"),
    "cli_start": Benchmark("", "1"),
    "start": Benchmark("", "1", writes=True),
    "whole_reads": Benchmark("", "2500 1", writes=True),
    "pages": Benchmark("1667 100000 60 var/city", "2 200 10", writes=True),
}


def run(name: str, folder: Path, *, small: bool) -> int:
    """Runs a benchmark; returns its exit code."""
    one = ALL[name]
    arguments = (one.small if small else one.arguments).split()
    figures = ["--json", str(folder / f"{name}.json")] if one.writes else []
    command = [sys.executable, "-m", f"benchmarks.{name}", *arguments, *figures]
    with (folder / f"{name}.txt").open("w") as kept:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        for line in process.stdout or ():
            kept.write(line)
            sys.stdout.write(line)
            sys.stdout.flush()
        return process.wait()


def main() -> int:
    """Runs all, and prints which of them ended with a fault."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("folder", nargs="?", type=Path, default=Path("var/bench"))
    parser.add_argument("--small", action="store_true", help="see only that each of them runs")
    parser.add_argument("--only", nargs="+", choices=ALL, default=list(ALL))
    given = parser.parse_args()
    folder = given.folder
    folder.mkdir(parents=True, exist_ok=True)
    Path("var/city").mkdir(parents=True, exist_ok=True)
    codes = {name: run(name, folder, small=given.small) for name in given.only}
    files = {name: folder / f"{name}.json" for name, one in ALL.items() if one.writes}
    figures = {name: json.loads(file.read_text()) for name, file in files.items() if file.exists()}
    (folder / "figures.json").write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n")
    table = Table("benchmark", "ended", title=str(folder))
    for name, code in codes.items():
        table.add_row(name, "well" if code == 0 else f"with {code}")
    Console().print(table)
    return max(codes.values())


if __name__ == "__main__":
    sys.exit(main())
