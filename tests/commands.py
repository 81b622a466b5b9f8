"""The command line as its users have it, each call a process of its own, forked from the nursery.

That the program starts by itself is seen in `tests/unit/services/cli/test_start.py`.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from functools import partial
from pathlib import Path

from plumbing.settings import Settings, child_environment
from services.cli import __main__ as program
from services.cli.machine import up
from services.cli.machine.launcher import Forked
from services.cli.machine.platform import Platform
from tests.nursery import ForkedProcess, QuickLauncher, become_a_nursery, nursery

WORDS, ERRORS = "WORDS_OF_A_TEST", "ERRORS_OF_A_TEST"


async def quanheng(settings: Settings, home: Path, *words: str) -> tuple[int, str, str]:
    """Runs a command with a home; returns its exit status, output and error output."""
    with tempfile.NamedTemporaryFile() as errors:
        told = {"HOME": str(home), WORDS: json.dumps(words), ERRORS: errors.name}
        environment = {**child_environment(settings), **told}
        reader, writer = os.pipe()
        pid = nursery().fork(__name__, "quanheng", environment, Path.cwd(), writer)
        os.close(writer)
        process = await Forked.of(pid, reader)
        assert process.stdout is not None
        out = await process.stdout.read()
        status = await process.wait()
        process.stop_reading()
        return status, out.decode(), errors.read().decode()


def started(log: Path, *words: str) -> ForkedProcess:
    """A command as a process that goes on, such as `up`; it writes all it says to a file."""
    environment = {**os.environ, WORDS: json.dumps(words)}  # noqa: TID251 - as any command has it
    with log.open("ab") as output:
        pid = nursery().fork(__name__, "quanheng", environment, Path.cwd(), output.fileno())
    return ForkedProcess(pid)


def main() -> None:
    """Runs the command, in a child of the nursery; a platform forks what is loaded already."""
    words = json.loads(os.environ.pop(WORDS))  # noqa: TID251 - meant for this process alone
    if file := os.environ.pop(ERRORS, ""):  # noqa: TID251
        errors = os.open(file, os.O_WRONLY)
        os.dup2(errors, 2)
        os.close(errors)
    if words[0] == "up":
        become_a_nursery()
        vars(up)["Platform"] = partial(Platform, launcher=QuickLauncher)
    sys.argv = ["quanheng", *words]
    program.main()
