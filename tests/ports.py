"""Ports for the servers that tests start."""

from __future__ import annotations

from services.cli.machine.engines import choose_ports


def free_port() -> int:
    """A free port below the range of outgoing connections, which could take it first."""
    return choose_ports({"server": 0}, insist_on_others=True)["server"]
