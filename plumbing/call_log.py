"""What is told of every call that is served: one span, one line in the log."""

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
# The codes by which a server says that the fault is its own.
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
class Access:
    """A call that is being served."""

    method: str
    span: Span
    began_with: str  # the request id in the metadata
    caller: Caller | None = None
    code: grpc.StatusCode = grpc.StatusCode.OK

    def by(self, caller: Caller) -> None:
        """Notes who calls; only a service may say which request its call goes back to."""
        self.caller = caller
        role = ",".join(sorted(caller.roles))
        self.span.set_attribute("quanheng.role", role)
        if caller.is_service:
            begun_by(self.began_with)

    def about(self, request: Message) -> None:
        """Notes what the call is about, by the ids in its request."""
        self._note(ids_in(request))
        own = getattr(request, "request_id", "")
        if own and not (self.began_with and self.caller and self.caller.is_service):
            begun_by(own)

    def answered(self, response: M) -> M:
        """Notes what the call has made, by the ids in its answer."""
        for field, part in response.ListFields():
            if field.message_type is not None and not field.is_repeated:
                self._note(ids_in(part))
        return response

    def _note(self, ids: Mapping[str, str]) -> None:
        structlog.contextvars.bind_contextvars(**ids)
        for name, value in ids.items():
            self.span.set_attribute(f"quanheng.{name}", value)

    def refused(self, status: status_pb2.Status) -> None:
        """Notes how the call is refused."""
        self.code = _CODES[status.code]

    def say(self, milliseconds: float) -> None:
        """Writes the line of this call."""
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
def served(method: str, metadata: Mapping[str, str]) -> Iterator[Access]:
    """Around the serving of one call, in its own task; what it is about is bound until its end."""
    cause, began = Cause(metadata.get(TRACEPARENT)), time.perf_counter()
    with span(method[1:], SpanKind.SERVER, attributes_of(method), cause=cause) as here:
        access = Access(method, here, metadata.get(REQUEST_ID, ""))
        try:
            yield access
        except BaseException:  # the caller has gone away; whatever else is raised, the guard takes
            access.code = grpc.StatusCode.CANCELLED
            raise
        finally:
            took = time.perf_counter() - began
            RPC_SECONDS.labels(method, access.code.name).observe(took)
            note_code(here, access.code, failure=access.code in _OURS)
            access.say(took * 1000)
