"""The ports that one platform keeps for itself among the platforms of a machine.

A port that was found free is still free for others until a process listens on it, and again while
that process is away. So each port is reserved from the moment that it is chosen until the platform
ends: another platform that starts meanwhile chooses another one. The kernel frees what a platform
that dies has reserved, and keeps the reservations of each network apart, as it does the ports.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable


class ReservedPorts:
    """Reserves ports for one platform."""

    def __init__(self) -> None:
        self._held: list[socket.socket] = []

    def taking(self, is_free: Callable[[int], bool]) -> Callable[[int], bool]:
        """Returns a function that reserves a port and says whether it is this platform's now.

        `is_free` says whether anybody listens on a port.
        """

        def take(port: int) -> bool:
            return is_free(port) and self._reserve(port)

        return take

    def release(self) -> None:
        """Leaves all ports to others."""
        while self._held:
            self._held.pop().close()

    def _reserve(self, port: int) -> bool:
        if sys.platform != "linux":  # which alone has names that no file needs
            return True
        mark = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            mark.bind(f"\0quanheng/port/{port}")
        except OSError:
            mark.close()
            return False
        self._held.append(mark)
        return True
