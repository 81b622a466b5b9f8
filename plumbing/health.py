"""Asks a gRPC server whether it serves, as the portal does for its page of what is away."""

from __future__ import annotations

import grpc
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse

from plumbing.addresses import Endpoint
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
