"""A stand-in for a service: a real process with a real gRPC health service and nothing else.

The variable STAND_IN holds its address and its manner: a stubborn one ignores SIGTERM, a broken one
dies, a held one serves once the file `go` stands in its working directory.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from concurrent import futures
from pathlib import Path

import grpc
from grpc_health.v1 import health, health_pb2_grpc


def main() -> None:
    address, manner = os.environ["STAND_IN"].split(" ")  # noqa: TID251
    if manner == "broken":
        sys.exit("stand-in: I am broken")
    if manner == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while manner == "held" and not Path("go").exists():
        time.sleep(0.02)
    server = grpc.server(futures.ThreadPoolExecutor(2), options=[("grpc.so_reuseport", 0)])
    health_pb2_grpc.add_HealthServicer_to_server(health.HealthServicer(), server)
    server.add_insecure_port(address)
    server.start()
    print("stand-in: serving", address)  # noqa: T201
    server.wait_for_termination()


if __name__ == "__main__":
    main()
