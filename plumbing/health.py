"""`python -m plumbing.health [SERVICE…]`: exits with 0 if a named service is healthy, else with 1.

For container engines that cannot call gRPC's health service. It calls the ports in the settings on
the loopback address. A container runs one service, so without a name any service counts.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

import grpc
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse

from plumbing.addresses import Endpoint
from plumbing.settings import SERVICES, Settings
from plumbing.transport import NoCertificate, blocking_channel

ANSWER_WITHIN_SECONDS = 2.0
# A proxy for outside calls must not be used within the container.
DIRECT = (("grpc.enable_http_proxy", 0),)


def serves(endpoint: Endpoint) -> bool:
    """Returns whether a gRPC server proves to be the one asked for and reports that it serves."""
    try:
        with blocking_channel(endpoint, DIRECT) as channel:
            check = channel.unary_unary(
                "/grpc.health.v1.Health/Check",
                request_serializer=HealthCheckRequest.SerializeToString,
                response_deserializer=HealthCheckResponse.FromString,
            )
            answer = check(HealthCheckRequest(), timeout=ANSWER_WITHIN_SECONDS)
    except (grpc.RpcError, NoCertificate):
        return False
    return bool(answer.status == HealthCheckResponse.SERVING)


def any_serves(settings: Settings, services: Iterable[str] = SERVICES) -> bool:
    """Returns whether at least one of the services is serving gRPC calls on this machine."""
    return any(serves(_on_this_machine(settings, service)) for service in services)


def _on_this_machine(settings: Settings, service: str) -> Endpoint:
    return settings.endpoint_at(f"127.0.0.1:{settings.port(service)}", service, caller=service)


if __name__ == "__main__":
    sys.exit(0 if any_serves(Settings(), sys.argv[1:] or SERVICES) else 1)
