"""Measures how long the command line takes to start, against what it is made of.

    python -m benchmarks.cli_start [rounds] [DATA]

Each command is run in turn with `python -c "import typer, rich"`, with its bytecode cached; user
and system time of the process are added. What is printed is the ratio of the medians. With DATA,
the data directory of a running platform, commands that call it are measured too, without the time
that the platform takes for them.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

FLOOR = [sys.executable, "-c", "import typer, rich"]
QUANHENG = str(Path(sys.executable).with_name("quanheng"))
OFFLINE = (
    ["--help"],
    ["objection", "--help"],
    ["law", "workdays", "--from", "2026-01-01", "--days", "5"],
    ["law", "list"],
    ["law", "colour", "--on", "2026-01-01"],
    ["law", "verify", "nowhere.json"],
)
CALLING = (
    ["whoami"],
    ["subject", "list", "--limit", "5"],
    ["alert", "colours", "--limit", "5"],
    ["grade", "summary"],
    ["objection", "list", "--json"],
)
MOST = {"offline": 4.0, "calling": 7.0}


def seconds(command: Sequence[str]) -> float:
    """User and system time of one run."""
    before = os.times()
    subprocess.run(command, capture_output=True, check=False)
    after = os.times()
    spent = after.children_user - before.children_user
    return spent + after.children_system - before.children_system


def ratio(words: Sequence[str], rounds: int) -> tuple[float, float]:
    """The median time of a command over that of the floor, interleaved; and its own, in seconds."""
    command = [QUANHENG, *words]
    seconds(command)  # whose bytecode is cached from now on
    pairs = [(seconds(FLOOR), seconds(command)) for _ in range(rounds)]
    floor = statistics.median(floor for floor, _ in pairs)
    own = statistics.median(own for _, own in pairs)
    return own / floor, own


def main() -> None:
    """Prints a line for each command."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    data = sys.argv[2] if len(sys.argv) > 2 else ""
    calling = [[*words, "--data", data] for words in CALLING] if data else []
    for kind, commands in (("offline", OFFLINE), ("calling", calling)):
        for words in commands:
            times, own = ratio(words, rounds)
            name = " ".join(words).replace(f" --data {data}", "")
            print(f"{kind:<8} {times:5.1f} × (≤ {MOST[kind]:.0f})  {own:5.2f} s  {name}")  # noqa: T201


if __name__ == "__main__":
    main()
