"""Runs a command that the kernel kills when its parent process dies, even if SIGKILL ended it.

`python -I -S die_with_parent.py <parent> <command> …`. It is a separate program because the kernel
must be told between fork and exec, where a process with threads must not run Python.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(parent: int, command: list[str]) -> None:
    """Replaces this process by the command; the kernel kills it when the parent's thread ends.

    Exits with an error if the process with the id `parent` is no longer the parent.
    """
    bind(parent)
    os.execv(command[0], command)  # noqa: S606 - no shell is wanted


def bind(parent: int) -> None:
    """Asks the kernel to kill this process when its parent dies.

    Exits with an error if the process with the id `parent` is no longer the parent.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit("the supervisor ended before this process could be bound to it")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
