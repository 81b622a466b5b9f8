"""Commands of servers that the kernel ends when the tests that started them are killed."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from services.cli.machine.launcher import DIE_WITH_PARENT


def bound(command: Sequence[str | Path]) -> list[str]:
    """The command, to be started by this process on its main thread; it begins with a full path."""
    binding = [sys.executable, "-I", "-S", str(DIE_WITH_PARENT), str(os.getpid())]
    return binding + [str(part) for part in command]
