"""A command loads what it needs and nothing else; benchmarks/cli_start.py measures the time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

RUN = """
import sys
from services.cli import __main__ as command_line
sys.argv = ["quanheng", *sys.argv[1:]]
command_line.run()
print("LOADED", *sorted(sys.modules))
"""
OFFLINE = {"grpc", "google", "sqlalchemy", "temporalio", "nats", "pydantic", "opentelemetry"}
SLOW = {"sqlalchemy", "temporalio", "nats", "pydantic", "protovalidate", "joserfc", "xlsxwriter"}


def loaded(*words: str) -> set[str]:
    command = [sys.executable, "-c", RUN, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    modules = done.stdout.rpartition("LOADED")[2].split()
    return {module.partition(".")[0] for module in modules}


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["--version"],
        ["objection", "--help"],
        ["law", "--help"],
        ["law", "workdays", "--from", "2026-01-01", "--days", "5"],
        ["law", "colour", "--on", "2026-01-01"],
        ["law", "list"],
        ["law", "verify", "nowhere.json"],
    ],
)
def test_what_is_offline_loads_nothing_of_the_platform(words: list[str]) -> None:
    assert loaded(*words) & OFFLINE == set()


@pytest.mark.parametrize(
    "words",
    [
        ["whoami"],
        ["objection", "list", "--limit", "5"],
        ["record", "enter", "s", "--kind", "penalty", "--determined-on", "2026-01-01"],
        ["instrument", "state", "i", "停用", "--json"],
        ["grade", "receipt", "r"],
    ],
)
def test_a_command_that_calls_the_platform_loads_no_part_of_a_service(
    words: list[str], tmp_path: Path
) -> None:
    modules = loaded(*words, "--data", str(tmp_path))
    assert "grpc" in modules
    assert modules & SLOW == set()
