"""The gRPC server, with one guard that checks every call before its handler runs.

The guard checks who calls, whether the caller's role may call the method, and whether the request
is valid. Nobody can call a method without a rule.
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
from plumbing.transport import names_of_peer

MAX_MESSAGE_BYTES = 8 << 20
# How much of an upload is read after it was refused, and for how long.
LEFTOVER_BYTES, LEFTOVER_SECONDS = 64 << 20, 5.0
# Health and reflection are open to anyone: they show nothing of the register.
OPEN = ("/grpc.health.", "/grpc.reflection.")
ANYONE = frozenset(Role)
# The codes of a neighbour that does not answer, or not in time.
AWAY = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
log = structlog.get_logger()


@dataclass(frozen=True)
class Rule:
    """The rule that determines who may call a gRPC method.

    If `signed_in` is False, no token is needed (for logging in). If `services` is not empty, no
    other service may call the method.
    """

    roles: frozenset[Role]
    signed_in: bool = True
    services: frozenset[str] = frozenset()

    def admits(self, caller: Caller) -> bool:
        """Returns whether the caller has a role of the rule and is not an excluded service."""
        if caller.is_service and self.services and caller.service not in self.services:
            return False
        return caller.has(*self.roles)


def allow(*roles: Role) -> Rule:
    """Returns a rule that admits callers with any of these roles, and every service."""
    return Rule(frozenset(roles) | {Role.SERVICE})


def only_services(*services: str) -> Rule:
    """Returns a rule that admits only these services of the platform."""
    return Rule(frozenset({Role.SERVICE}), services=frozenset(services))


def in_person(*roles: Role) -> Rule:
    """Returns a rule that admits only people with any of these roles.

    It refuses services, because no service may decide in place of these people.
    """
    return Rule(frozenset(roles))


Policy = Mapping[str, Rule]  # by full method name: "/quanheng.grading.v1.GradingService/GetGrade"

Decode = Callable[[bytes], Message]


class Guard(grpc.aio.ServerInterceptor):
    """Checks identity, role and request before every gRPC handler; turns errors into statuses."""

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
        # The guard decodes the request: gRPC itself answers UNKNOWN to bytes that it cannot read.
        read, serialize = handler.request_deserializer, handler.response_serializer
        if handler.request_streaming:
            return grpc.stream_unary_rpc_method_handler(
                self._guarded(method, handler.stream_unary, read), response_serializer=serialize
            )
        return grpc.unary_unary_rpc_method_handler(
            self._guarded(method, handler.unary_unary, read), response_serializer=serialize
        )

    def _guarded(
        self, method: str, inner: Callable[[Any, Any], Awaitable[Any]], read: Decode
    ) -> Any:
        async def handle(received: Any, context: grpc.aio.ServicerContext[Any, Any]) -> Any:
            metadata = _metadata(context)
            with served(method, metadata) as call:
                try:
                    caller = self._admit(method, metadata)
                    _check_certificate(caller, context)
                    set_current_caller(caller)
                    call.called_by(caller)
                    return call.answered(await inner(_checked(received, read, call.about), context))
                except LawError as error:
                    await _read_leftover(received)
                    status = status_of(error)
                except (grpc.aio.AbortError, asyncio.CancelledError):
                    raise
                except Exception as error:
                    status = _status_of_fault(method, error)
                call.refused(status)
            return await context.abort_with_status(rpc_status.to_status(status))

        return handle

    def _admit(self, method: str, metadata: Mapping[str, str]) -> Caller:
        rule = self._policy.get(method)
        if rule is not None and not rule.signed_in:
            return self._service_or_anyone(metadata)
        scheme, _, token = metadata.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise Unauthenticated()
        caller = self._verifier.verify(token, metadata.get(ON_BEHALF_OF, ""))
        if rule is None or not rule.admits(caller):
            raise NotPermitted("您的角色无权办理此事项", "Your role may not do this", method=method)
        return caller

    def _service_or_anyone(self, metadata: Mapping[str, str]) -> Caller:
        """The caller of a method without sign-in: a service that proves who it is, or anyone.

        A service may tell from where the person came for whom it asks.
        """
        _, _, token = metadata.get("authorization", "").partition(" ")
        with contextlib.suppress(Unauthenticated):
            caller = self._verifier.verify(token)
            if caller.is_service:
                return caller
        return Caller("", "", frozenset({Role.PUBLIC}))


def _check_certificate(caller: Caller, context: grpc.aio.ServicerContext[Any, Any]) -> None:
    """Refuses the token of a service from a client that showed the certificate of another."""
    names = names_of_peer(context)
    if caller.is_service and names and caller.service not in names:
        zh = f"令牌属于服务 {caller.service}，而连接的证书属于 {'、'.join(sorted(names))}"
        en = f"The token is of the service {caller.service}, the certificate is not"
        raise NotPermitted(zh, en)


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


async def _read_leftover(received: Any) -> None:
    """Reads on after an upload was refused.

    A Python client that is cut off while it sends reports INTERNAL instead of the refusal
    (grpc/grpc#36066).
    """
    if not isinstance(received, AsyncIterator):
        return
    size = 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LEFTOVER_SECONDS):
            async for message in received:
                size += len(message)
                if size > LEFTOVER_BYTES:
                    return


def _checked(received: Any, read: Decode, note: Callable[[Message], None]) -> Any:
    if isinstance(received, AsyncIterator):
        return _checked_stream(received, read, note)
    return _checked_message(received, read, note)


async def _checked_stream(
    messages: AsyncIterator[bytes], read: Decode, note: Callable[[Message], None]
) -> AsyncIterator[Message]:
    async for message in messages:
        yield _checked_message(message, read, note)


def _checked_message(message: bytes, read: Decode, note: Callable[[Message], None]) -> Message:
    try:
        request = read(message)
    except DecodeError as error:
        zh, en = "请求无法解析", "The request cannot be decoded"
        raise InvalidInput(zh, en) from error
    validation.check(request)
    note(request)
    return request


Register = Callable[[grpc.aio.Server], None]


async def serve(
    address: str,
    services: Mapping[str, Register],
    verifier: Verifier,
    policies: Sequence[Policy],
    *,
    credentials: grpc.ServerCredentials | None,
) -> tuple[grpc.aio.Server, health.aio.HealthServicer]:
    """Starts a gRPC server with health and reflection; returns the server and its health servicer.

    `services` maps the full name of each gRPC service to the function that adds it to a server.
    Without `credentials` nothing is encrypted.
    """
    policy = {method: rule for part in policies for method, rule in part.items()}
    server = grpc.aio.server(
        interceptors=[Guard(verifier, policy)],
        options=[
            # By default two servers can share a port without an error.
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
    if credentials is None:
        server.add_insecure_port(address)
    else:
        server.add_secure_port(address, credentials)
    await server.start()
    for name in ("", *services):
        await healthy.set(name, health_pb2.HealthCheckResponse.SERVING)
    return server, healthy
