"""Ports for the servers that tests start."""

from __future__ import annotations

from services.cli.machine.ports import choose


def free_port() -> int:
    """A free port below the range of outgoing connections, which could take it first."""
    return choose({"server": 0}, insist_on_others=True)["server"]
