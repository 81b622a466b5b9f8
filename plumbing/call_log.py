"""Records every gRPC call that a service handles in one trace span and one log line."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import grpc
import structlog
from google.protobuf.message import Message
from google.rpc import status_pb2
from opentelemetry.trace import Span, SpanKind

from plumbing.client import REQUEST_ID, TRACEPARENT, attributes_of, note_code
from plumbing.identity import Caller
from plumbing.metrics.counted import RPC_SECONDS
from plumbing.telemetry import ids_in
from plumbing.tracing import Cause, begun_by, span

_CODES = {code.value[0]: code for code in grpc.StatusCode}
# The codes that mean a fault of the server.
_OURS = {
    grpc.StatusCode.UNKNOWN,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.UNIMPLEMENTED,
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DATA_LOSS,
}
M = TypeVar("M", bound=Message)
log = structlog.get_logger()


@dataclass
class ServedCall:
    """A gRPC call that is being handled, with the data for its span and its log line."""

    method: str
    span: Span
    began_with: str  # the request id in the metadata
    caller: Caller | None = None
    code: grpc.StatusCode = grpc.StatusCode.OK
    request: Message | None = None
    answer: Message | None = None

    def called_by(self, caller: Caller) -> None:
        """Stores the caller and records its roles in the span.

        If the caller is a service, the request id in the call's metadata becomes the current one.
        Metadata of other callers cannot set it.
        """
        self.caller = caller
        role = ",".join(sorted(caller.roles))
        self.span.set_attribute("quanheng.role", role)
        if caller.is_service:
            begun_by(self.began_with)

    def about(self, request: Message) -> None:
        """Adds the ids in the request, such as the case id, to the span and log lines of the call.

        The request's own `request_id` becomes the current one, unless a calling service sent
        another.
        """
        self.request = request
        self._note(ids_in(request))
        own = getattr(request, "request_id", "")
        if own and not (self.began_with and self.caller and self.caller.is_service):
            begun_by(own)

    def answered(self, response: M) -> M:
        """Adds the ids in the response to the call's span and log lines; returns the response."""
        self.answer = response
        for field, part in response.ListFields():
            if field.message_type is not None and not field.is_repeated:
                self._note(ids_in(part))
        return response

    def _note(self, ids: Mapping[str, str]) -> None:
        structlog.contextvars.bind_contextvars(**ids)
        for name, value in ids.items():
            self.span.set_attribute(f"quanheng.{name}", value)

    def refused(self, status: status_pb2.Status) -> None:
        """Stores the code of the gRPC status with which the call is refused."""
        self.code = _CODES[status.code]

    def write(self, milliseconds: float) -> None:
        """Writes the log line of the call; `milliseconds` is how long the call took."""
        caller = self.caller
        log.info(
            "rpc.served",
            method=self.method,
            caller=caller.account_id if caller else "",
            on_behalf_of=caller.on_behalf_of if caller else "",
            roles=sorted(caller.roles) if caller else [],
            code=self.code.name,
            ms=round(milliseconds, 1),
        )


@contextmanager
def served(method: str, metadata: Mapping[str, str]) -> Iterator[ServedCall]:
    """Context manager for one gRPC call: opens a span, and writes a log line when the call ends.

    The ids of the call appear in all log lines that are written during the call.
    """
    cause, began = Cause(metadata.get(TRACEPARENT)), time.perf_counter()
    with span(method[1:], SpanKind.SERVER, attributes_of(method), cause=cause) as call_span:
        call = ServedCall(method, call_span, metadata.get(REQUEST_ID, ""))
        try:
            yield call
        except BaseException:  # the caller is gone; the guard handles every other error
            call.code = grpc.StatusCode.CANCELLED
            raise
        finally:
            took = time.perf_counter() - began
            RPC_SECONDS.labels(method, call.code.name).observe(took)
            note_code(call_span, call.code, failure=call.code in _OURS)
            call.write(took * 1000)
