"""`python -m plumbing.health [SERVICE…]`: exits with 0 if a named service is healthy, else with 1.

For container engines that cannot call gRPC's health service. It calls the ports in the settings on
the loopback address. A container runs one service, so without a name any service counts.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

import grpc
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse

from plumbing.settings import SERVICES, Settings

ANSWER_WITHIN_SECONDS = 2.0
# A proxy for outside calls must not be used within the container.
DIRECT = (("grpc.enable_http_proxy", 0),)


def serves(address: str) -> bool:
    """Returns whether the gRPC server at host:port reports that it is serving."""
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
    """Returns whether at least one of the services is serving gRPC calls on this machine."""
    return any(serves(f"127.0.0.1:{settings.port(service)}") for service in services)


if __name__ == "__main__":
    sys.exit(0 if any_serves(Settings(), sys.argv[1:] or SERVICES) else 1)
