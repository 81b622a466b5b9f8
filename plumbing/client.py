"""Calling gRPC: a channel with a deadline, a token and retries, and errors that speak (D-12).

Every mutating call carries a request id, so a call that found the service away is tried again.
"""

from __future__ import annotations

import asyncio
import itertools
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar, cast

import grpc
from google.rpc import error_details_pb2
from opentelemetry.trace import Span, SpanKind, StatusCode, use_span

from plumbing.clock import Clock
from plumbing.private_files import service_secret_file
from plumbing.tracing import Attributes, begin, current_cause, span
from protos.identity.v1 import identity_pb2, identity_pb2_grpc

RETRY_FIRST_SECONDS = 0.1
RETRY_MOST_SECONDS = 2.0
MAX_MESSAGE_BYTES = 8 << 20
# What tells the other side to which trace a call belongs, and with which request it all began.
TRACEPARENT, REQUEST_ID = "traceparent", "x-request-id"
ON_BEHALF_OF = "x-on-behalf-of"

T = TypeVar("T")


def new_request_id() -> str:
    """An id for a change that is asked for once."""
    return str(uuid.uuid4())


def derived_request_id(*parts: str) -> str:
    """The same id for the same parts: for activities that may run again."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "quanheng:" + "/".join(parts)))


@dataclass(eq=False)  # not frozen: Python sets an exception's traceback while it travels
class Refusal(Exception):
    """A call was refused. `reason` is stable; the messages are for people."""

    code: grpc.StatusCode
    reason: str
    message_zh: str
    message_en: str
    faults: tuple[tuple[str, str, str], ...] = ()  # field, Chinese, English
    facts: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.code.name} {self.reason}: {self.message_zh} / {self.message_en}"


def refusal_of(error: grpc.aio.AioRpcError) -> Refusal:
    """What a failed call says, decoded."""
    from grpc_status import rpc_status  # noqa: PLC0415 - takes as long to load as gRPC itself

    said: dict[str, Any] = {"reason": error.code().name, "message_zh": error.details() or ""}
    # AioRpcError offers what from_call reads, though its type does not say so.
    status = rpc_status.from_call(cast("grpc.Call", error))
    for detail in status.details if status else ():
        said |= _decoded(detail)
    return Refusal(code=error.code(), message_en=error.details() or "", **said)


def _decoded(detail: Any) -> dict[str, Any]:
    info, told = error_details_pb2.ErrorInfo(), error_details_pb2.LocalizedMessage()
    bad = error_details_pb2.BadRequest()
    if detail.Unpack(info):
        return {"reason": info.reason, "facts": dict(info.metadata)}
    if detail.Unpack(told):
        return {"message_zh": told.message}
    if detail.Unpack(bad):
        return {
            "faults": tuple(
                (v.field, v.localized_message.message, v.description) for v in bad.field_violations
            )
        }
    return {}


async def ask(call: Awaitable[T]) -> T:
    """The answer to a call. Raises Refusal."""
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        raise refusal_of(error) from error


def for_account(account: str) -> tuple[tuple[str, str], ...]:
    """The metadata of a call that a service makes on an account's behalf (D-09)."""
    return ((ON_BEHALF_OF, account),)


TokenSource = Callable[[], Awaitable[str]]


@dataclass(frozen=True)
class _Dress:
    """What every call of a channel gets: its deadline, its token, and for whom it is made."""

    token: TokenSource | None
    timeout: float
    on_behalf_of: str

    async def put_on(self, details: Any) -> Any:
        metadata = grpc.aio.Metadata(*(details.metadata or ()))
        if self.token is not None:
            metadata.add("authorization", f"Bearer {await self.token()}")
        if self.on_behalf_of:
            metadata.add(ON_BEHALF_OF, self.on_behalf_of)
        cause = current_cause()
        if cause.traceparent:
            metadata.add(TRACEPARENT, cause.traceparent)
        if cause.request_id:
            metadata.add(REQUEST_ID, cause.request_id)
        return details._replace(timeout=details.timeout or self.timeout, metadata=metadata)


class _Unary(grpc.aio.UnaryUnaryClientInterceptor):
    """Calls that are tried again while the service is away, until their deadline."""

    def __init__(self, dress: _Dress) -> None:
        self._dress = dress

    async def intercept_unary_unary(
        self, continuation: Any, client_call_details: Any, request: Any
    ) -> Any:
        method = _name(client_call_details.method)
        with span(method[1:], SpanKind.CLIENT, attributes_of(method)) as here:
            call, attempts = await self._tried(continuation, client_call_details, request)
            here.set_attribute("quanheng.attempts", attempts)
            code = await call.code()
            note_code(here, code, failure=code is not grpc.StatusCode.OK)
            return call

    async def _tried(self, continuation: Any, details: Any, request: Any) -> tuple[Any, int]:
        loop, delay = asyncio.get_running_loop(), RETRY_FIRST_SECONDS
        ends = loop.time() + (details.timeout or self._dress.timeout)
        for attempt in itertools.count(1):
            call = await continuation(await self._dress.put_on(details), request)
            code = await call.code()
            if code != grpc.StatusCode.UNAVAILABLE or loop.time() + delay >= ends:
                return call, attempt
            await asyncio.sleep(delay)
            delay = min(delay * 2, RETRY_MOST_SECONDS)
        raise AssertionError("The count has no end")


class _Upload(grpc.aio.StreamUnaryClientInterceptor):
    """Uploads are not tried again by themselves: what was sent of a stream is gone."""

    def __init__(self, dress: _Dress) -> None:
        self._dress = dress
        self._watched: set[asyncio.Task[None]] = set()

    async def intercept_stream_unary(
        self, continuation: Any, client_call_details: Any, request_iterator: Any
    ) -> Any:
        method = _name(client_call_details.method)
        here = begin(method[1:], SpanKind.CLIENT, attributes_of(method))
        with use_span(here, record_exception=False, set_status_on_exception=False):
            dressed = await self._dress.put_on(client_call_details)
        call = await continuation(dressed, request_iterator)
        # Whoever uploads writes only after this has returned.
        watch = asyncio.create_task(_end_with(here, call))
        self._watched.add(watch)
        watch.add_done_callback(self._watched.discard)
        return call


async def _end_with(here: Span, call: Any) -> None:
    code = await call.code()
    note_code(here, code, failure=code is not grpc.StatusCode.OK)
    here.end()


def attributes_of(method: str) -> Attributes:
    """What a span says of a call, by the names that OpenTelemetry gives these things."""
    _, service, name = method.split("/")
    return {"rpc.system": "grpc", "rpc.service": service, "rpc.method": name}


def note_code(here: Span, code: grpc.StatusCode, *, failure: bool) -> None:
    """Notes in a span how a call ended."""
    here.set_attribute("rpc.grpc.status_code", code.value[0])
    if failure:
        here.set_attribute("error.type", code.name)
        here.set_status(StatusCode.ERROR)


def _name(method: str | bytes) -> str:
    return method.decode() if isinstance(method, bytes) else method


def open_channel(
    address: str,
    token: TokenSource | None = None,
    *,
    timeout: float = 10.0,
    on_behalf_of: str = "",
) -> grpc.aio.Channel:
    """A channel to one service. `timeout` is seconds a call may take, retries included."""
    dress = _Dress(token, timeout, on_behalf_of)
    return grpc.aio.insecure_channel(
        address,
        # One interceptor per kind of call: gRPC takes each for the first kind it fits only.
        interceptors=[_Unary(dress), _Upload(dress)],
        options=[
            ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
            ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
            # A restarted service must be found again quickly, not after gRPC's default minutes.
            ("grpc.max_reconnect_backoff_ms", 2000),
            ("grpc.initial_reconnect_backoff_ms", 100),
        ],
    )


class ServiceToken:
    """The token under which a service calls the others; renewed before it ends."""

    def __init__(self, service: str, keys_dir: Path, registry_address: str, clock: Clock) -> None:
        self._service, self._keys, self._clock = service, keys_dir, clock
        self._stub = identity_pb2_grpc.IdentityServiceStub(open_channel(registry_address))
        self._held: tuple[str, datetime] | None = None

    async def __call__(self) -> str:
        if self._held is None or self._held[1] < self._clock.now() + timedelta(minutes=1):
            secret = service_secret_file(self._keys, self._service).read_text()
            answer = await self._stub.LoginService(
                identity_pb2.LoginServiceRequest(service=self._service, secret=secret)
            )
            self._held = (answer.token, answer.expires_at.ToDatetime(self._clock.now().tzinfo))
        return self._held[0]
