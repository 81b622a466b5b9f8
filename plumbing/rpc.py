"""The gRPC server, with one guard that checks every call before its handler runs.

The guard checks who calls, whether the caller's role may call the method, and whether the request
is valid. Nobody can call a method without a rule.
"""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import grpc
import structlog
from google.rpc import status_pb2
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from grpc_status import rpc_status

from law.errors import LawError, NotPermitted
from plumbing import incoming
from plumbing.access import told
from plumbing.access.calls import entry_of
from plumbing.access.log import AccessLog
from plumbing.access.origin import where_from
from plumbing.call_log import ServedCall, served
from plumbing.client import ON_BEHALF_OF, Refusal
from plumbing.database import is_busy
from plumbing.database_away import is_away
from plumbing.ended_sessions import EndedSessions
from plumbing.events.away import events_away
from plumbing.full_disk import RETRY_SECONDS as FULL_RETRY_SECONDS
from plumbing.full_disk import DiskFull, is_full, note_full
from plumbing.grpc_errors import away_status, internal_status, status_of, status_of_neighbour
from plumbing.identity import Caller, Role, Unauthenticated, set_current_caller
from plumbing.open_files import open_all_files
from plumbing.security_log import SecurityLog
from plumbing.tokens import Verifier
from plumbing.transport import names_of_peer
from plumbing.turns import RETRY_SECONDS, Busy, Turns

MAX_MESSAGE_BYTES = 8 << 20  # of an answer
# Two cores: one more would only make all of them slower.
HEAVY_AT_ONCE, HEAVY_OF_ONE, HEAVY_WAITING = 2, 4, 16
# A connection that is idle, that nobody answers on, or that never ends its handshake is closed. An
# old one is closed too, after the calls on it had time to end: one that was never sent whole ends.
CONNECTIONS = (
    ("grpc.max_concurrent_streams", 100),
    ("grpc.max_connection_idle_ms", 5 * 60_000),
    ("grpc.max_connection_age_ms", 10 * 60_000),
    ("grpc.max_connection_age_grace_ms", 5 * 60_000),
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.server_handshake_timeout_ms", 10_000),
    # Clients ask each six seconds whether the server still answers (`transport.NOTICING_SILENCE`).
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 5_000),
)
# Health and reflection are open to anyone: they show nothing of the register.
OPEN = ("/grpc.health.", "/grpc.reflection.")
ANYONE = frozenset(Role) - {Role.SERVICE}
ERROR_LENGTH = 300
log = structlog.get_logger()


@dataclass(frozen=True)
class Rule:
    """The rule that determines who may call a gRPC method.

    `roles` are those of people, `services` the names of the platform's services that call it. If
    `signed_in` is False, no token is needed (for logging in); a service that is not named is then
    anyone. A request has at most `largest` bytes, one message of an upload too. Calls of a `heavy`
    method take turns. `reads` is the kind of thing whose data of persons the method shows, such as
    `record`; the access log notes who read it. A method that `renews` also takes a token for a
    subject that the account has no longer.
    """

    roles: frozenset[Role]
    signed_in: bool = True
    services: frozenset[str] = frozenset()
    largest: int = incoming.REQUEST_BYTES
    heavy: bool = False
    reads: str = ""
    renews: bool = False

    def renewing(self) -> Rule:
        """Returns the same rule for a method that answers with a new token."""
        return replace(self, renews=True)

    def noting(self, reads: str) -> Rule:
        """Returns the same rule for a method whose answers show data of persons of this kind."""
        return replace(self, reads=reads)

    def taking_turns(self) -> Rule:
        """Returns the same rule for a method whose calls are heavy work (`plumbing/turns.py`)."""
        return replace(self, heavy=True)

    def with_large_requests(self) -> Rule:
        """Returns the same rule for a method whose requests may have up to 1 MiB."""
        return replace(self, largest=incoming.LARGE_REQUEST_BYTES)

    def admits(self, caller: Caller) -> bool:
        """Returns whether the rule names the calling service, or one of the person's roles."""
        if caller.is_service:
            return caller.service in self.services
        return caller.has(*self.roles)


def allow(*roles: Role, services: Collection[str] = ()) -> Rule:
    """Returns a rule that admits people with any of these roles, and the services with these names.

    Without names no service may call it: what a person decides is decided by nobody else. Name a
    service only if its code makes the call; a test compares the two.
    """
    return Rule(frozenset(roles), services=frozenset(services))


def only_services(*services: str) -> Rule:
    """Returns a rule that admits only these services of the platform."""
    return Rule(frozenset({Role.SERVICE}), services=frozenset(services))


Policy = Mapping[str, Rule]  # by full method name: "/quanheng.grading.v1.GradingService/GetGrade"


class DatabaseBusy(Busy):
    """Other changes, such as a large import, take long; try again in a moment.

    Raised for a change that has waited too long for its turn to be written.
    """

    message_zh = "正在写入大量数据（如导入大文件），请稍后再试；您的内容未保存"


class Guard(grpc.aio.ServerInterceptor):
    """Checks identity, role and request before every gRPC handler; turns errors into statuses."""

    def __init__(
        self,
        verifier: Verifier,
        policy: Policy,
        ended: EndedSessions,
        access: AccessLog | None = None,
    ) -> None:
        self._verifier, self._policy, self._ended = verifier, policy, ended
        self._access = access
        self._turns = Turns(HEAVY_AT_ONCE, of_one=HEAVY_OF_ONE, waiting=HEAVY_WAITING)
        self._security = SecurityLog()

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
        self, method: str, inner: Callable[[Any, Any], Awaitable[Any]], read: incoming.Decode
    ) -> Any:
        async def handle(received: Any, context: grpc.aio.ServicerContext[Any, Any]) -> Any:
            metadata = _metadata(context)
            told.begin()
            with served(method, metadata) as call:
                try:
                    caller = self._admit(call, metadata)
                    _check_certificate(caller, context)
                    set_current_caller(caller)
                    rule = self._policy[method]
                    async with self._turn(rule, caller):
                        request = await incoming.checked(received, read, call.about, rule.largest)
                        answer = call.answered(await inner(request, context))
                except LawError as error:
                    self._security.refused(error, call.caller, context.peer(), method=method)
                    await incoming.read_leftover(received)
                    status = status_of(error)
                except (grpc.aio.AbortError, asyncio.CancelledError):
                    raise
                except Exception as error:
                    status = _status_of_fault(method, error)
                else:
                    unnoted = await self._unnoted(call, metadata, context)
                    if unnoted is None:
                        return answer
                    status = unnoted
                call.refused(status)
                await self._unnoted(call, metadata, context)
            return await context.abort_with_status(rpc_status.to_status(status))

        return handle

    async def _unnoted(
        self, call: ServedCall, metadata: Mapping[str, str], context: Any
    ) -> status_pb2.Status | None:
        """Notes the call; returns the status of the fault if the access log cannot take it."""
        try:
            await self._note(call, metadata, context)
        except Exception as error:  # of the database, and none of the call's own
            return _status_of_fault(call.method, error)
        return None

    async def _note(self, call: ServedCall, metadata: Mapping[str, str], context: Any) -> None:
        """Adds the call to the access log, if it belongs there."""
        rule = self._policy.get(call.method)
        entry = entry_of(call, rule.reads if rule else "", metadata)
        if entry is not None and self._access is not None:
            origin = where_from(call.caller, metadata, context.peer(), self._verifier)
            entry.source, entry.client = origin
            await self._access.note(entry)

    def _admit(self, call: ServedCall, metadata: Mapping[str, str]) -> Caller:
        method = call.method
        rule = self._policy.get(method)
        if rule is not None and not rule.signed_in:
            caller = self._service_or_anyone(rule, metadata)
            call.called_by(caller)
            return caller
        scheme, _, token = metadata.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise Unauthenticated()
        caller = self._verifier.verify(token, metadata.get(ON_BEHALF_OF, ""))
        call.called_by(caller)
        self._ended.require_open(caller, renewing=rule is not None and rule.renews)
        if rule is None or not rule.admits(caller):
            raise NotPermitted("您的角色无权办理此事项", "Your role may not do this", method=method)
        return caller

    def _turn(self, rule: Rule, caller: Caller) -> contextlib.AbstractAsyncContextManager[None]:
        if not rule.heavy:
            return contextlib.nullcontext()
        return self._turns.take(caller.account_id or caller.service)

    def _service_or_anyone(self, rule: Rule, metadata: Mapping[str, str]) -> Caller:
        """The caller of a method without sign-in: a service that the rule names, or anyone.

        Such a service may tell from where the person came for whom it asks.
        """
        _, _, token = metadata.get("authorization", "").partition(" ")
        with contextlib.suppress(Unauthenticated):
            caller = self._verifier.verify(token)
            if caller.is_service and rule.admits(caller):
                return caller
        return Caller("", "", frozenset({Role.PUBLIC}))


def _check_certificate(caller: Caller, context: grpc.aio.ServicerContext[Any, Any]) -> None:
    """Refuses the token of a service from a client that showed the certificate of another."""
    if not caller.is_service:
        return
    names = names_of_peer(context)
    if names and caller.service not in names:
        zh = f"令牌属于服务 {caller.service}，而连接的证书属于 {'、'.join(sorted(names))}"
        en = f"The token is of the service {caller.service}, the certificate is not"
        raise NotPermitted(zh, en)


def _status_of_fault(method: str, error: Exception) -> status_pb2.Status:
    if isinstance(error, Refusal) and (status := status_of_neighbour(error)) is not None:
        log.warning("rpc.neighbour_away", method=method, error=str(error))
        return status
    if is_busy(error):
        log.warning("rpc.database_busy", method=method, error=str(error))
        return status_of(DatabaseBusy(retry_after_seconds=str(RETRY_SECONDS)))
    if is_away(error) or events_away(error):
        log.warning("rpc.engine_away", method=method, error=repr(error)[:ERROR_LENGTH])
        return away_status()
    if is_full(error):
        note_full()
        log.warning("rpc.disk_full", method=method, error=str(error))
        return status_of(DiskFull(retry_after_seconds=str(FULL_RETRY_SECONDS)))
    incident = uuid.uuid4().hex[:12]
    log.error("rpc.internal", method=method, incident=incident, exc_info=error)
    return internal_status(incident)


def _metadata(context: grpc.aio.ServicerContext[Any, Any]) -> dict[str, str]:
    pairs: Any = context.invocation_metadata() or ()
    return {key: value for key, value in pairs if isinstance(value, str)}


Register = Callable[[grpc.aio.Server], None]


async def serve(
    address: str,
    services: Mapping[str, Register],
    verifier: Verifier,
    policies: Sequence[Policy],
    ended: EndedSessions,
    *,
    credentials: grpc.ServerCredentials | None,
    access: AccessLog | None = None,
) -> tuple[grpc.aio.Server, health.aio.HealthServicer]:
    """Starts a gRPC server with health and reflection; returns the server and its health servicer.

    `services` maps the full name of each gRPC service to the function that adds it to a server.
    Without `credentials` nothing is encrypted; without `access` no access is noted.
    """
    policy = {method: rule for part in policies for method, rule in part.items()}
    server = grpc.aio.server(
        interceptors=[Guard(verifier, policy, ended, access)],
        options=[
            # By default two servers can share a port without an error.
            ("grpc.so_reuseport", 0),
            ("grpc.max_receive_message_length", incoming.LARGE_REQUEST_BYTES),
            ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
            *CONNECTIONS,
        ],
    )
    open_all_files()
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
