"""Probes that tell whether NATS and Temporal answer."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit

import grpc
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2

from plumbing.addresses import Endpoint
from plumbing.events.encrypted import tls_of
from plumbing.settings import Settings
from plumbing.transport import aio_channel

Answer = TypeVar("Answer", bound=Message)

ANSWER_WITHIN = 1.0
TRIES = 3
# Without a proxy: a proxy is meant for the outside world.
DIRECT = (("grpc.enable_http_proxy", 0),)
HEALTH = "/grpc.health.v1.Health/Check"
# These say that the call itself is wrong; any other code may pass while a process starts.
OUR_FAULT = {
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.UNAUTHENTICATED,
    grpc.StatusCode.UNIMPLEMENTED,
}


async def engines_that_answer(settings: Settings) -> dict[str, bool]:
    """Returns for each engine, NATS and Temporal, whether it answers."""
    events, temporal = await asyncio.gather(
        _answers(lambda: nats_greets(settings)),
        _answers(lambda: grpc_serves(settings.temporal_endpoint)),
    )
    return {"nats": events, "temporal": temporal}


async def _answers(probe: Callable[[], Awaitable[bool]]) -> bool:
    """Whether an engine answers; it is asked several times, as the machine may be busy."""
    for _ in range(TRIES):
        if await probe():
            return True
    return False


async def grpc_serves(endpoint: Endpoint, service: str = "") -> bool:
    """Returns True if the standard gRPC health service of a server answers SERVING."""
    question = health_pb2.HealthCheckRequest(service=service)
    answer = await ask(endpoint, HEALTH, question, health_pb2.HealthCheckResponse)
    return answer is not None and answer.status == health_pb2.HealthCheckResponse.SERVING


async def nats_greets(settings: Settings) -> bool:
    """Returns True if a NATS server sends its INFO line, and proves by TLS who it is."""
    greeted = [await _greets(urlsplit(server), settings) for server in settings.nats_servers]
    return any(greeted)


async def _greets(place: SplitResult, settings: Settings) -> bool:
    try:
        async with asyncio.timeout(ANSWER_WITHIN):
            tls = tls_of(settings)
            reader, writer = await asyncio.open_connection(place.hostname, place.port or 4222)
            try:
                greets = (await reader.readline()).startswith(b"INFO ")
                if greets and tls is not None:
                    await writer.start_tls(tls, server_hostname=place.hostname)
                return greets
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False


async def ask(
    endpoint: Endpoint, method: str, request: Message, answer: type[Answer]
) -> Answer | None:
    """Makes one gRPC call; returns None while no server can answer it yet."""
    async with aio_channel(endpoint, options=DIRECT) as channel:
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


async def first_line(address: str, request: str = "", tls: ssl.SSLContext | None = None) -> bytes:
    """Sends a request, and returns the first line of the answer; empty if there is none.

    With `tls` the server has to prove who it is before it is sent anything.
    """
    host, port = address.rsplit(":", 1)
    try:
        async with asyncio.timeout(ANSWER_WITHIN):
            reader, writer = await asyncio.open_connection(host, int(port), ssl=tls)
            try:
                writer.write(request.encode())
                return await reader.readline()
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return b""
