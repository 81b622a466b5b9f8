"""The command line as its users have it, each call a process of its own, forked from the nursery.

That the program starts by itself is seen in `tests/unit/services/cli/test_start.py`.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

from plumbing.settings import Settings, child_environment
from services.cli import __main__ as program
from services.cli.machine.launcher import Forked
from tests.nursery import nursery

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


def main() -> None:
    """Runs the command, in a child of the nursery."""
    words = json.loads(os.environ.pop(WORDS))  # noqa: TID251 - meant for this process alone
    errors = os.open(os.environ.pop(ERRORS), os.O_WRONLY)  # noqa: TID251
    os.dup2(errors, 2)
    os.close(errors)
    sys.argv = ["quanheng", *words]
    program.main()
