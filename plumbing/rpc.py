"""Serving gRPC: one guard before every handler.

The guard knows who calls, whether that role may, and whether the request is well-formed, before a
servicer sees it. Deny by default: a method without a rule is closed to everyone.
"""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import grpc
import structlog
from google.protobuf.message import DecodeError, Message
from google.rpc import status_pb2
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from grpc_status import rpc_status

from law.errors import InvalidInput, LawError, NotPermitted
from plumbing import validation
from plumbing.call_log import served
from plumbing.client import ON_BEHALF_OF, Refusal
from plumbing.grpc_errors import away_status, internal_status, status_of
from plumbing.identity import Caller, Role, Unauthenticated, set_current_caller
from plumbing.tokens import Verifier

MAX_MESSAGE_BYTES = 8 << 20
# What is read of an upload after it was refused.
READ_OUT_BYTES, READ_OUT_SECONDS = 64 << 20, 5.0
# Health and reflection answer to anyone: they tell nothing of the register.
OPEN = ("/grpc.health.", "/grpc.reflection.")
ANYONE = frozenset(Role)
# How a neighbour refuses that is not there, or not in time.
AWAY = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
log = structlog.get_logger()


@dataclass(frozen=True)
class Rule:
    """Who may call a method. Without `signed_in`, no token is asked for (only logging in).

    Where `services` names some, no other service may.
    """

    roles: frozenset[Role]
    signed_in: bool = True
    services: frozenset[str] = frozenset()

    def admits(self, caller: Caller) -> bool:
        """Whether the caller holds a role of the rule, and is no service that it leaves out."""
        if caller.is_service and self.services and caller.service not in self.services:
            return False
        return caller.has(*self.roles)


def allow(*roles: Role) -> Rule:
    """A rule that admits these roles and the platform's own services."""
    return Rule(frozenset(roles) | {Role.SERVICE})


def only_services(*services: str) -> Rule:
    """A rule that admits these of the platform's own services and nobody else."""
    return Rule(frozenset({Role.SERVICE}), services=frozenset(services))


def in_person(*roles: Role) -> Rule:
    """A rule that admits people in these roles alone: no service decides in anyone's place."""
    return Rule(frozenset(roles))


Policy = Mapping[str, Rule]  # by full method name: "/quanheng.grading.v1.GradingService/GetGrade"


Read = Callable[[bytes], Message]


class Guard(grpc.aio.ServerInterceptor):
    """Stands before every handler: identity, role, validity; and maps what is raised."""

    def __init__(self, verifier: Verifier, policy: Policy) -> None:
        self._verifier, self._policy = verifier, policy

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        handler, method = await continuation(handler_call_details), handler_call_details.method
        if handler is None or method.startswith(OPEN):
            return handler
        # The request is read behind the guard: gRPC itself answers UNKNOWN to bytes it cannot read.
        read, coders = (
            handler.request_deserializer,
            {"response_serializer": handler.response_serializer},
        )
        if handler.request_streaming:
            return grpc.stream_unary_rpc_method_handler(
                self._guarded(method, handler.stream_unary, read), **coders
            )
        return grpc.unary_unary_rpc_method_handler(
            self._guarded(method, handler.unary_unary, read), **coders
        )

    def _guarded(self, method: str, inner: Callable[[Any, Any], Awaitable[Any]], read: Read) -> Any:
        async def handle(said: Any, context: grpc.aio.ServicerContext[Any, Any]) -> Any:
            metadata = _metadata(context)
            with served(method, metadata) as access:
                try:
                    caller = self._admit(method, metadata)
                    set_current_caller(caller)
                    access.by(caller)
                    return access.answered(await inner(_checked(said, read, access.about), context))
                except LawError as error:
                    await _read_out(said)
                    status = status_of(error)
                except (grpc.aio.AbortError, asyncio.CancelledError):
                    raise
                except Exception as error:
                    status = _status_of_fault(method, error)
                access.refused(status)
            return await context.abort_with_status(rpc_status.to_status(status))

        return handle

    def _admit(self, method: str, metadata: Mapping[str, str]) -> Caller:
        rule = self._policy.get(method)
        if rule is not None and not rule.signed_in:
            return Caller("", "", frozenset({Role.PUBLIC}))
        scheme, _, token = metadata.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise Unauthenticated()
        caller = self._verifier.verify(token, metadata.get(ON_BEHALF_OF, ""))
        if rule is None or not rule.admits(caller):
            raise NotPermitted("您的角色无权办理此事项", "Your role may not do this", method=method)
        return caller


def _status_of_fault(method: str, error: Exception) -> status_pb2.Status:
    if isinstance(error, Refusal) and error.code in AWAY:
        log.warning("rpc.neighbour_away", method=method, error=str(error))
        return away_status()
    incident = uuid.uuid4().hex[:12]
    log.error("rpc.internal", method=method, incident=incident, exc_info=error)
    return internal_status(incident)


def _metadata(context: grpc.aio.ServicerContext[Any, Any]) -> dict[str, str]:
    pairs: Any = context.invocation_metadata() or ()
    return {key: value for key, value in pairs if isinstance(value, str)}


async def _read_out(said: Any) -> None:
    """Takes what is still on its way of an upload that is refused.

    Python's client tells INTERNAL instead of the refusal when it is cut off while it sends
    (grpc/grpc#36066).
    """
    if not isinstance(said, AsyncIterator):
        return
    taken = 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(READ_OUT_SECONDS):
            async for one in said:
                taken += len(one)
                if taken > READ_OUT_BYTES:
                    return


def _checked(said: Any, read: Read, told: Callable[[Message], None]) -> Any:
    if isinstance(said, AsyncIterator):
        return _checked_stream(said, read, told)
    return _checked_message(said, read, told)


async def _checked_stream(
    said: AsyncIterator[bytes], read: Read, told: Callable[[Message], None]
) -> AsyncIterator[Message]:
    async for one in said:
        yield _checked_message(one, read, told)


def _checked_message(said: bytes, read: Read, told: Callable[[Message], None]) -> Message:
    try:
        request = read(said)
    except DecodeError as error:
        zh, en = "请求无法解析", "The request is no message of its contract"
        raise InvalidInput(zh, en) from error
    validation.check(request)
    told(request)
    return request


Register = Callable[[grpc.aio.Server], None]


async def serve(
    address: str,
    services: Mapping[str, Register],
    verifier: Verifier,
    policies: Sequence[Policy],
) -> tuple[grpc.aio.Server, health.aio.HealthServicer]:
    """Starts a server with health and reflection; `services` maps full names to registration."""
    policy = {method: rule for part in policies for method, rule in part.items()}
    server = grpc.aio.server(
        interceptors=[Guard(verifier, policy)],
        options=[
            # By default two servers may share a port without a word.
            ("grpc.so_reuseport", 0),
            ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
            ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
        ],
    )
    for register in services.values():
        register(server)
    healthy = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(healthy, server)
    names = (*services, reflection.SERVICE_NAME, health.SERVICE_NAME)
    reflection.enable_server_reflection(names, server)
    server.add_insecure_port(address)
    await server.start()
    for name in ("", *services):
        await healthy.set(name, health_pb2.HealthCheckResponse.SERVING)
    return server, healthy
