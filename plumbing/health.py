"""`python -m plumbing.health [SERVICE…]`: whether a service serves here; exit 0 when one does.

For container engines that cannot ask gRPC's health service themselves. It asks on the loopback,
at the ports the settings name; a container holds one service, so by default any one will do.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

import grpc
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse

from plumbing.settings import SERVICES, Settings

ANSWER_WITHIN_SECONDS = 2.0
# A proxy meant for the outside world must not stand between a container and itself.
DIRECT = (("grpc.enable_http_proxy", 0),)


def serves(address: str) -> bool:
    """Whether the server at host:port says that it serves."""
    with grpc.insecure_channel(address, options=DIRECT) as channel:
        check = channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            request_serializer=HealthCheckRequest.SerializeToString,
            response_deserializer=HealthCheckResponse.FromString,
        )
        try:
            answer = check(HealthCheckRequest(), timeout=ANSWER_WITHIN_SECONDS)
        except grpc.RpcError:
            return False
    return bool(answer.status == HealthCheckResponse.SERVING)


def any_serves(settings: Settings, services: Iterable[str] = SERVICES) -> bool:
    """Whether one of the services serves on this machine."""
    return any(serves(f"127.0.0.1:{settings.port(service)}") for service in services)


if __name__ == "__main__":
    sys.exit(0 if any_serves(Settings(), sys.argv[1:] or SERVICES) else 1)
