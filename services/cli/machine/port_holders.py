"""Which process listens on a port of this machine, as the kernel of Linux tells it.

An answer on a port shows only that somebody is there: it may be another platform that took the port
while a process was away. Elsewhere than on Linux nothing is known, and nobody is suspected.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")
_TABLES = (_PROC / "net" / "tcp", _PROC / "net" / "tcp6")
_LISTENS = "0A"


def holds(pid: int, port: int) -> bool:
    """Returns whether a process listens on a port; True where the system does not tell."""
    if sys.platform != "linux":
        return True
    return bool(_sockets_on(port) & {*_sockets_of(pid)})


def holder_of(port: int) -> str:
    """Returns the process that listens on a port, as "<pid> (<name>)"; empty if none is known.

    The process of another user is not known.
    """
    wanted = _sockets_on(port) if sys.platform == "linux" else set[str]()
    for process in _PROC.glob("[0-9]*") if wanted else ():
        if wanted & {*_sockets_of(int(process.name))}:
            return f"{process.name} ({_name(process)})"
    return ""


def _sockets_on(port: int) -> set[str]:
    """The numbers of the sockets that listen on a port."""
    lines = [line.split() for table in _TABLES for line in _lines(table)]
    return {
        fields[9]
        for fields in lines
        if fields[3] == _LISTENS and int(fields[1].rpartition(":")[2], 16) == port
    }


def _lines(table: Path) -> list[str]:
    with suppress(OSError):  # a machine without IPv6
        return table.read_text().splitlines()[1:]
    return []


def _sockets_of(pid: int) -> Iterator[str]:
    with suppress(OSError):  # it has ended, or is another user's
        for file in (_PROC / str(pid) / "fd").iterdir():
            with suppress(OSError):
                place = str(file.readlink())
                if place.startswith("socket:["):
                    yield place.removeprefix("socket:[").removesuffix("]")


def _name(process: Path) -> str:
    with suppress(OSError):
        return (process / "comm").read_text().strip()
    return "?"
