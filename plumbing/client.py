"""The gRPC client: channels with a deadline, a token and retries, and decoded errors (D-12).

Every call that changes data has a request id, so the call can be repeated while a service is
unavailable.
"""

from __future__ import annotations

import asyncio
import itertools
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar, cast

import grpc
from google.rpc import error_details_pb2
from opentelemetry.trace import Span, SpanKind, StatusCode, use_span

from plumbing.addresses import Endpoint
from plumbing.check_only import (
    FORMER_RELEASE,
    FORMER_RELEASE_TEXTS,
    as_sent,
    is_of_former_release,
    only_checks,
)
from plumbing.clock import Clock
from plumbing.private_files import service_secret_file
from plumbing.tracing import Attributes, begin, current_cause, span
from plumbing.transport import aio_channel, is_untrusted
from protos.identity.v1 import identity_pb2, identity_pb2_grpc

RETRY_FIRST_SECONDS = 0.1
RETRY_MOST_SECONDS = 2.0
MAX_MESSAGE_BYTES = 8 << 20
# The metadata that name the trace of a call and the request that it began with.
TRACEPARENT, REQUEST_ID = "traceparent", "x-request-id"
ON_BEHALF_OF = "x-on-behalf-of"
# What the portal tells of its visitor: network address, and browser (percent-encoded).
CLIENT_ADDRESS, CLIENT_NAME = "x-client-address", "x-client-name"
# The portal's own token beside that of its visitor, and for what a list is read: EXPORTING while it
# is written to a file.
VIA, PURPOSE = "x-via", "x-purpose"
EXPORTING = "export"
_OF_THE_REQUEST = (
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.ALREADY_EXISTS,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.ABORTED,
)
# CANCELLED says a replica that was told to end before it had an answer: whoever cancels a call of
# their own never sees its code.
_AWAY = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)
UNTRUSTED = "UNTRUSTED_SERVER"
UNTRUSTED_TEXTS = (
    "在服务的地址上应答的不是本平台的服务（证书不符），没有向它发送任何内容；请联系平台管理员",
    "What answers at the service's address has no certificate of this platform. Nothing was sent",
)

T = TypeVar("T")


def new_request_id() -> str:
    """Returns a new random request id for one call that changes data."""
    return str(uuid.uuid4())


def derived_request_id(*parts: str) -> str:
    """Returns a request id computed from the parts: the same parts give the same id.

    Temporal activities need such ids, because an activity may run again.
    """
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "quanheng:" + "/".join(parts)))


@dataclass(eq=False)  # not frozen: Python sets an exception's traceback while it travels
class Refusal(Exception):
    """The error raised for a refused gRPC call.

    Programs compare `reason`, which is stable; the messages are for people.
    """

    code: grpc.StatusCode
    reason: str
    message_zh: str
    message_en: str
    faults: tuple[tuple[str, str, str], ...] = ()  # field, Chinese, English
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def is_of_the_request(self) -> bool:
        """Whether what was sent is at fault; otherwise the next request is likely refused too."""
        return self.code in _OF_THE_REQUEST

    def __str__(self) -> str:
        return f"{self.code.name} {self.reason}: {self.message_zh} / {self.message_en}"


def refusal_of(error: grpc.aio.AioRpcError) -> Refusal:
    """Returns a `Refusal` decoded from the status of a failed gRPC call."""
    if is_untrusted(error.details()):
        return Refusal(error.code(), UNTRUSTED, *UNTRUSTED_TEXTS)
    if error.details() == FORMER_RELEASE:
        return Refusal(error.code(), FORMER_RELEASE, *FORMER_RELEASE_TEXTS)
    from grpc_status import rpc_status  # noqa: PLC0415 - takes as long to load as gRPC itself

    parts: dict[str, Any] = {"reason": error.code().name, "message_zh": error.details() or ""}
    # AioRpcError has what from_call reads, although its type does not say so.
    status = rpc_status.from_call(cast("grpc.Call", error))
    for detail in status.details if status else ():
        parts |= _decoded(detail)
    return Refusal(code=error.code(), message_en=error.details() or "", **parts)


def _decoded(detail: Any) -> dict[str, Any]:
    info, localized = error_details_pb2.ErrorInfo(), error_details_pb2.LocalizedMessage()
    bad = error_details_pb2.BadRequest()
    if detail.Unpack(info):
        return {"reason": info.reason, "facts": dict(info.metadata)}
    if detail.Unpack(localized):
        return {"message_zh": localized.message}
    if detail.Unpack(bad):
        return {
            "faults": tuple(
                (v.field, v.localized_message.message, v.description) for v in bad.field_violations
            )
        }
    return {}


async def ask(call: Awaitable[T]) -> T:
    """Awaits a gRPC call and returns its response. Raises Refusal if the call fails."""
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        raise refusal_of(error) from error


def for_account(account: str) -> tuple[tuple[str, str], ...]:
    """Returns the gRPC metadata of a call that a service makes on behalf of an account (D-09)."""
    return ((ON_BEHALF_OF, account),)


TokenSource = Callable[[], Awaitable[str]]
MetadataSource = Callable[[], Awaitable[Sequence[tuple[str, str]]]]


@dataclass(frozen=True)
class _CallDetails:
    """What every call of a channel gets: a deadline, a token, and the account it is made for."""

    token: TokenSource | None
    timeout: float
    on_behalf_of: str
    more: MetadataSource | None = None

    async def add_to(self, details: Any) -> Any:
        metadata = grpc.aio.Metadata(*(details.metadata or ()))
        if self.token is not None:
            metadata.add("authorization", f"Bearer {await self.token()}")
        if self.on_behalf_of:
            metadata.add(ON_BEHALF_OF, self.on_behalf_of)
        for name, value in await self.more() if self.more else ():
            metadata.add(name, value)
        cause = current_cause()
        if cause.traceparent:
            metadata.add(TRACEPARENT, cause.traceparent)
        if cause.request_id:
            metadata.add(REQUEST_ID, cause.request_id)
        return details._replace(timeout=details.timeout or self.timeout, metadata=metadata)


class _Unary(grpc.aio.UnaryUnaryClientInterceptor):
    """Repeats calls while the service is away, until their deadline."""

    def __init__(self, details: _CallDetails) -> None:
        self._details = details

    async def intercept_unary_unary(
        self, continuation: Any, client_call_details: Any, request: Any
    ) -> Any:
        method, request = _name(client_call_details.method), as_sent(request)
        with span(method[1:], SpanKind.CLIENT, attributes_of(method)) as call_span:
            call, attempts = await self._tried(continuation, client_call_details, request)
            call_span.set_attribute("quanheng.attempts", attempts)
            code = await call.code()
            note_code(call_span, code, failure=code is not grpc.StatusCode.OK)
            if code is grpc.StatusCode.INVALID_ARGUMENT and only_checks(request):
                await _raise_if_of_former_release(request, call)
            return call

    async def _tried(self, continuation: Any, details: Any, request: Any) -> tuple[Any, int]:
        loop, delay = asyncio.get_running_loop(), RETRY_FIRST_SECONDS
        ends = loop.time() + (details.timeout or self._details.timeout)
        for attempt in itertools.count(1):
            call = await continuation(await self._details.add_to(details), request)
            code = await call.code()
            away = code in _AWAY and not is_untrusted(await call.details())
            if not away or loop.time() + delay >= ends:
                return call, attempt
            await asyncio.sleep(delay)
            delay = min(delay * 2, RETRY_MOST_SECONDS)
        raise AssertionError("The count has no end")


async def _raise_if_of_former_release(request: Any, call: Any) -> None:
    """Raises AioRpcError if a check was refused by a replica that does not know checks."""
    metadata = await call.initial_metadata(), await call.trailing_metadata()
    error = grpc.aio.AioRpcError(await call.code(), *metadata, details=await call.details())
    if is_of_former_release(request, (path for path, *_ in refusal_of(error).faults)):
        nothing, away = grpc.aio.Metadata(), grpc.StatusCode.UNAVAILABLE
        raise grpc.aio.AioRpcError(away, nothing, nothing, FORMER_RELEASE)


class _Upload(grpc.aio.StreamUnaryClientInterceptor):
    """Never repeats an upload, because the part of the stream that was sent is gone."""

    def __init__(self, details: _CallDetails) -> None:
        self._details = details
        self._watched: set[asyncio.Task[None]] = set()

    async def intercept_stream_unary(
        self, continuation: Any, client_call_details: Any, request_iterator: Any
    ) -> Any:
        method = _name(client_call_details.method)
        call_span = begin(method[1:], SpanKind.CLIENT, attributes_of(method))
        with use_span(call_span, record_exception=False, set_status_on_exception=False):
            complete = await self._details.add_to(client_call_details)
        call = await continuation(complete, request_iterator)
        # The upload begins only after this returns, so another task ends the span.
        watch = asyncio.create_task(_end_with(call_span, call))
        self._watched.add(watch)
        watch.add_done_callback(self._watched.discard)
        return call


async def _end_with(call_span: Span, call: Any) -> None:
    code = await call.code()
    note_code(call_span, code, failure=code is not grpc.StatusCode.OK)
    call_span.end()


def attributes_of(method: str) -> Attributes:
    """Returns the OpenTelemetry attributes for a gRPC method such as `/package.Service/Method`."""
    _, service, name = method.split("/")
    return {"rpc.system": "grpc", "rpc.service": service, "rpc.method": name}


def note_code(call_span: Span, code: grpc.StatusCode, *, failure: bool) -> None:
    """Records the status code of a gRPC call in its span; `failure` marks the span as an error."""
    call_span.set_attribute("rpc.grpc.status_code", code.value[0])
    if failure:
        call_span.set_attribute("error.type", code.name)
        call_span.set_status(StatusCode.ERROR)


def _name(method: str | bytes) -> str:
    return method.decode() if isinstance(method, bytes) else method


def open_channel(
    endpoint: Endpoint,
    token: TokenSource | None = None,
    *,
    timeout: float = 10.0,
    on_behalf_of: str = "",
    more: MetadataSource | None = None,
) -> grpc.aio.Channel:
    """Opens a gRPC channel to one service. Raises NoCertificate if there is none to trust.

    `token` returns the access token for a call. `timeout` is how many seconds a call may take,
    retries included. `on_behalf_of` is the account for which a service makes the calls. `more`
    returns further metadata for a call.
    """
    details = _CallDetails(token, timeout, on_behalf_of, more)
    return aio_channel(
        endpoint,
        # One interceptor for each kind of call: gRPC uses each for one kind only.
        interceptors=[_Unary(details), _Upload(details)],
        options=[
            ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
            ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
            # A restarted service is found again within 2 s; gRPC's default is up to minutes.
            ("grpc.max_reconnect_backoff_ms", 2000),
            ("grpc.initial_reconnect_backoff_ms", 100),
        ],
    )


MINUTE = timedelta(minutes=1)


class ServiceToken:
    """A service's access token for calls to other services, renewed a minute before it expires.

    It is also renewed where the clock was set back: until it has caught up, nobody would take it.
    Before the first start of the registry there is no secret to get one with: it is away.
    """

    def __init__(self, service: str, keys_dir: Path, registry: Endpoint, clock: Clock) -> None:
        self._service, self._keys, self._clock = service, keys_dir, clock
        self._stub = identity_pb2_grpc.IdentityServiceStub(open_channel(registry))
        self._token: tuple[str, datetime, datetime] | None = None  # with its beginning and its end

    async def __call__(self) -> str:
        now = self._clock.now()
        if self._token is None or not self._token[1] <= now <= self._token[2] - MINUTE:
            answer = await self._stub.LoginService(
                identity_pb2.LoginServiceRequest(service=self._service, secret=self._secret())
            )
            self._token = (answer.token, now, answer.expires_at.ToDatetime(now.tzinfo))
        return self._token[0]

    def _secret(self) -> str:
        """Raises AioRpcError, as a call to a registry that is away does, if there is none yet."""
        try:
            return service_secret_file(self._keys, self._service).read_text()
        except FileNotFoundError as error:
            nothing = grpc.aio.Metadata()
            raise grpc.aio.AioRpcError(
                grpc.StatusCode.UNAVAILABLE, nothing, nothing, "the registry makes the keys"
            ) from error
