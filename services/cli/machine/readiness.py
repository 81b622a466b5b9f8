"""Probes that check whether a process answers; the supervisor repeats a probe until it is true."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TypeVar

import grpc
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2

Answer = TypeVar("Answer", bound=Message)

ANSWER_WITHIN = 1.0
# Without a proxy: a proxy is meant for the outside world.
DIRECT = (("grpc.enable_http_proxy", 0),)
HEALTH = "/grpc.health.v1.Health/Check"
TEMPORAL = "temporal.api.workflowservice.v1.WorkflowService"
# Closed histories are kept for a year, so that they can be examined; the default is one day.
KEEP_HISTORIES = timedelta(days=365)
# These say that the call itself is wrong; any other code may pass while a process starts.
OUR_FAULT = {
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.UNAUTHENTICATED,
    grpc.StatusCode.UNIMPLEMENTED,
}


async def grpc_serves(address: str, service: str = "") -> bool:
    """Returns True if the standard gRPC health service at the address answers SERVING."""
    question = health_pb2.HealthCheckRequest(service=service)
    answer = await _ask(address, HEALTH, question, health_pb2.HealthCheckResponse)
    return answer is not None and answer.status == health_pb2.HealthCheckResponse.SERVING


async def temporal_serves(address: str, namespace: str) -> bool:
    """Returns True if Temporal answers for the namespace.

    Also sets how long Temporal stores closed histories of the namespace: one year.
    """
    return await grpc_serves(address, TEMPORAL) and await _keep_histories(address, namespace)


async def http_ok(address: str, path: str) -> bool:
    """Returns True if a GET request for the path is answered with status 200."""
    request = f"GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n"
    return b" 200 " in await _first_line(address, request)


async def smtp_greets(address: str) -> bool:
    """Returns True if the mail server at the address greets with code 220."""
    return (await _first_line(address)).startswith(b"220 ")


async def accepts(address: str) -> bool:
    """Returns True if a server at the address accepts connections."""
    host, port = address.rsplit(":", 1)
    try:
        async with asyncio.timeout(ANSWER_WITHIN):
            _, writer = await asyncio.open_connection(host, int(port))
            writer.close()
    except (OSError, TimeoutError):
        return False
    return True


async def nats_greets(address: str) -> bool:
    """Returns True if the NATS server at the address sends its INFO line."""
    return (await _first_line(address)).startswith(b"INFO ")


async def _keep_histories(address: str, namespace: str) -> bool:
    # Imported here because this takes longer than any other import of the command line.
    from temporalio.api.namespace.v1 import NamespaceConfig  # noqa: PLC0415
    from temporalio.api.workflowservice.v1 import (  # noqa: PLC0415
        UpdateNamespaceRequest,
        UpdateNamespaceResponse,
    )

    kept = Duration()
    kept.FromTimedelta(KEEP_HISTORIES)
    config = NamespaceConfig(workflow_execution_retention_ttl=kept)
    request = UpdateNamespaceRequest(namespace=namespace, config=config)
    method = f"/{TEMPORAL}/UpdateNamespace"
    return await _ask(address, method, request, UpdateNamespaceResponse) is not None


async def _ask(address: str, method: str, request: Message, answer: type[Answer]) -> Answer | None:
    """One gRPC call; None while no server can answer it yet."""
    async with grpc.aio.insecure_channel(address, options=DIRECT) as channel:
        call = channel.unary_unary(
            method,
            request_serializer=type(request).SerializeToString,
            response_deserializer=answer.FromString,
        )
        try:
            return await call(request, timeout=ANSWER_WITHIN)
        except grpc.aio.AioRpcError as error:
            if error.code() in OUR_FAULT:
                raise
            return None


async def _first_line(address: str, request: str = "") -> bytes:
    host, port = address.rsplit(":", 1)
    try:
        async with asyncio.timeout(ANSWER_WITHIN):
            reader, writer = await asyncio.open_connection(host, int(port))
            try:
                writer.write(request.encode())
                return await reader.readline()
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return b""
