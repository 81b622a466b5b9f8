"""Ports for one machine: the usual ones where they are free, others where they are not."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Iterator, Mapping

HOST = "127.0.0.1"
# Below the range from which Linux takes the ports of outgoing connections.
OTHERS = range(12_000, 32_000)


def is_free(port: int) -> bool:
    """Whether nobody listens there now."""
    with socket.socket() as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind((HOST, port))
        except OSError:
            return False
    return True


def choose(usual: Mapping[str, int], *, insist_on_others: bool = False) -> dict[str, int]:
    """A port for each name; other than the usual ones only where one is taken, or on request."""
    others = _others(avoiding=set(usual.values()))
    return {
        name: next(others) if insist_on_others or not is_free(port) else port
        for name, port in usual.items()
    }


def _others(avoiding: set[int]) -> Iterator[int]:
    start = secrets.randbelow(len(OTHERS))  # platforms that start together should not meet
    for step in range(len(OTHERS)):
        port = OTHERS[(start + step) % len(OTHERS)]
        if port not in avoiding and is_free(port):
            yield port
