"""Runs the benchmarks one after another, and keeps what they print and the figures that they write.

    python -m benchmarks [FOLDER]

Each prints its own table, which also goes to FOLDER/<name>.txt. `FOLDER/figures.json` has the
figures of those that write them. FOLDER is `var/bench` by default; `var/city` keeps the databases
of the city. The whole takes about an hour and a half; for one of them, run its module. Two are not
among them: `scanned_page` needs a platform that runs, and `year` takes hours.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

# What is run, and whether it writes its figures.
ALL = {
    "calls": ([], True),
    "relay": ([], True),
    "work_list": ([], True),
    "watch": (["1000000", "5"], True),
    "grading": ([], False),
    "cases": ([], True),
    "bulk": ([], False),
    "imports": ([], False),
    "import_followed": ([], True),
    "beside_an_import": ([], False),
    "cli_start": ([], False),
    "start": ([], True),
    "whole_reads": ([], True),
    "pages": (["1667", "100000", "60", "var/city"], True),
}


def run(name: str, folder: Path) -> int:
    """Runs a benchmark; returns its exit code."""
    arguments, writes = ALL[name]
    figures = ["--json", str(folder / f"{name}.json")] if writes else []
    command = [sys.executable, "-m", f"benchmarks.{name}", *arguments, *figures]
    with (folder / f"{name}.txt").open("w") as kept:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        for line in process.stdout or ():
            kept.write(line)
            sys.stdout.write(line)
            sys.stdout.flush()
        return process.wait()


def main(folder: Path) -> int:
    """Runs all, and prints which of them ended with a fault."""
    folder.mkdir(parents=True, exist_ok=True)
    Path("var/city").mkdir(parents=True, exist_ok=True)
    codes = {name: run(name, folder) for name in ALL}
    files = {name: folder / f"{name}.json" for name, (_, writes) in ALL.items() if writes}
    figures = {name: json.loads(file.read_text()) for name, file in files.items() if file.exists()}
    (folder / "figures.json").write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n")
    table = Table("benchmark", "ended", title=str(folder))
    for name, code in codes.items():
        table.add_row(name, "well" if code == 0 else f"with {code}")
    Console().print(table)
    return max(codes.values())


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "var/bench")))
