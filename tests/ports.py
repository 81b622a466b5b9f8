"""Ports for the servers that tests start."""

from __future__ import annotations

from services.cli.machine.ports import choose


def free_port() -> int:
    """A port below those of outgoing connections, which might take it before a server does."""
    return choose({"server": 0}, insist_on_others=True)["server"]
