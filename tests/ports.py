"""Ports for the servers that tests start."""

from __future__ import annotations

import socket
import time

from services.cli.machine.engines import choose_ports
from tests.patience import PATIENCE_SECONDS


def free_port() -> int:
    """A free port below the range of outgoing connections, which could take it first."""
    return choose_ports({"server": 0}, insist_on_others=True)["server"]


def wait_for_port(port: int) -> None:
    """Returns once somebody listens on a port of this machine."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return
