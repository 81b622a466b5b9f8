"""`python -m plumbing.probe [SERVICE]`: exits with 0 if the service is ready, else with 1.

For container engines, which ask every few seconds: so it loads nothing of the platform. It asks
`/ready` at the metrics port in the settings on the loopback address, and prints the answer. A
container runs one service, so without a name each is tried.
"""

import os
import socket
import sys

ANSWER_WITHIN_SECONDS = 3.0
PORTS = {"registry": 7311, "grading": 7312, "objection": 7313, "alerts": 7314}
QUESTION = b"GET /ready HTTP/1.0\r\n\r\n"


def port_of(service: str) -> int:
    """Returns the port at which a service tells whether it is ready."""
    # The settings module takes a hundred times as long to load.
    given = os.environ.get(f"QUANHENG_{service.upper()}_METRICS_ADDRESS", "")  # noqa: TID251
    return int(given.rpartition(":")[2] or PORTS[service])


def answer_of(port: int) -> bytes:
    """Returns the whole answer of a process at a port of this machine; empty without one."""
    try:
        with socket.create_connection(("127.0.0.1", port), ANSWER_WITHIN_SECONDS) as wire:
            wire.sendall(QUESTION)
            return b"".join(iter(lambda: wire.recv(4096), b""))
    except OSError:
        return b""


def main() -> int:
    """Prints what the service says, and returns 0 if it is ready."""
    for service in sys.argv[1:] or PORTS:
        head, _, words = answer_of(port_of(service)).partition(b"\r\n\r\n")
        if head:
            sys.stdout.write(words.decode().partition("\n")[0] + "\n")
            return 0 if b" 200 " in head.split(b"\r\n", 1)[0] else 1
    sys.stdout.write("nothing answers\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
