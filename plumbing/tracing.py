"""Traces: the work that one request caused in every process, as OpenTelemetry spans.

`span` starts a span. A `Cause` carries the trace from one process to the next; its `traceparent` is
the one of W3C's trace context. Without an endpoint nothing is recorded and `span` costs almost
nothing, but the request id is still passed on and appears in every log line. Spans contain ids,
names of methods and codes, never a text, a person's name or a secret.
"""

from __future__ import annotations

import contextvars
import os
import re
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from law.errors import LawError

SHUTDOWN_SECONDS = 1.0  # spans not sent by then are lost: a process must end in time
LONGEST_ATTRIBUTE = 256
LONGEST_WAIT_SECONDS = 5.0  # for a receiver that does not answer
_W3C = TraceContextTextMapPropagator()
_REQUEST_ID = re.compile(r"[\w.:-]{1,64}", re.ASCII)
_REASON = re.compile(r"[A-Z][A-Z0-9_]*")  # the stable word that our errors and Temporal's carry
_tracer = trace.get_tracer("quanheng")
_request_id: contextvars.ContextVar[str | None] = contextvars.ContextVar("request_id", default=None)

Attributes = Mapping[str, str | int]


@dataclass(frozen=True)
class Cause:
    """The origin of some work: the span that it continues, and the request that started it."""

    traceparent: str | None = None
    request_id: str | None = None


def current_cause() -> Cause:
    """Returns the current span and request, for passing on to other processes."""
    carrier: dict[str, str] = {}
    _W3C.inject(carrier)
    return Cause(carrier.get("traceparent"), _request_id.get())


def current_request_id() -> str | None:
    """Returns the id of the request that started the current work; None without such a request."""
    return _request_id.get()


def begun_by(request_id: str) -> None:
    """Sets the id of the request that started the current work; a malformed id is ignored."""
    if _REQUEST_ID.fullmatch(request_id):
        _request_id.set(request_id)
        trace.get_current_span().set_attribute("quanheng.request_id", request_id)


@contextmanager
def span(
    name: str,
    kind: SpanKind = SpanKind.INTERNAL,
    attributes: Attributes | None = None,
    *,
    cause: Cause | None = None,
) -> Iterator[Span]:
    """Context manager that runs code in a new span, below the given cause or the current span.

    Only the kind of an error is recorded, because messages may quote text that people entered.
    """
    started = begin(name, kind, attributes, cause=cause)
    token = _request_id.set(cause.request_id) if cause else None
    with trace.use_span(
        started, end_on_exit=True, record_exception=False, set_status_on_exception=False
    ):
        try:
            if cause and cause.request_id:
                started.set_attribute("quanheng.request_id", cause.request_id)
            yield started
        except BaseException as error:
            failed(started, error)
            raise
        finally:
            if token is not None:
                _request_id.reset(token)


def begin(
    name: str, kind: SpanKind, attributes: Attributes | None = None, *, cause: Cause | None = None
) -> Span:
    """Starts a span but does not make it the current span; the caller must end it."""
    return _tracer.start_span(name, _context_of(cause) if cause else None, kind, attributes)


@contextmanager
def inner_span(name: str, attributes: Attributes) -> Iterator[None]:
    """Context manager that runs code in a new span if the current span is being recorded."""
    if not trace.get_current_span().is_recording():
        yield
        return
    with span(name, SpanKind.CLIENT, attributes):
        yield


def failed(span: Span, error: BaseException) -> None:
    """Records an error in a span, as a failure unless the error is a LawError.

    A refusal by the law or by a rule is not a failure, and neither is a cancellation.
    """
    span.set_attribute("error.type", kind_of(error))
    if isinstance(error, Exception) and not isinstance(error, LawError):
        span.set_status(StatusCode.ERROR)


def kind_of(error: BaseException) -> str:
    """Returns the kind of an error without its message: its reason, or else its class name."""
    for word in (getattr(error, "reason", None), getattr(error, "type", None)):
        if isinstance(word, str) and _REASON.fullmatch(word):
            return word
    return type(error).__name__


def _context_of(cause: Cause) -> Context:
    carrier = {"traceparent": cause.traceparent} if cause.traceparent else {}
    return _W3C.extract(carrier, Context())


def start_tracing(service: str, endpoint: str) -> None:
    """Sends this process's spans to an OTLP/HTTP endpoint; does nothing if the endpoint is empty.

    Call it once, in a composition root. While the receiver is unavailable, up to 2,048 spans are
    stored and further spans are dropped. `OTEL_TRACES_SAMPLER` and the other standard variables
    apply.
    """
    if not endpoint:
        return
    # These imports take 0.2 s; a process that does not trace does without them.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
        OTLPSpanExporter,
    )
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import SpanLimits, TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    provider = TracerProvider(
        resource=Resource.create(
            {
                "service.namespace": "quanheng",
                "service.name": service,
                "service.version": version("quanheng"),
                "service.instance.id": f"{socket.gethostname()}/{os.getpid()}",
            }
        ),
        span_limits=SpanLimits(max_attribute_length=LONGEST_ATTRIBUTE),
        shutdown_on_exit=False,
    )
    address = f"{endpoint.rstrip('/')}/v1/traces"
    exporter = OTLPSpanExporter(address, timeout=LONGEST_WAIT_SECONDS)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)


def end_tracing() -> None:
    """Sends the remaining spans; stops after one second if the receiver does not answer."""
    shutdown = getattr(trace.get_tracer_provider(), "shutdown", None)
    if shutdown is not None:
        ending = threading.Thread(target=shutdown, daemon=True)
        ending.start()
        ending.join(SHUTDOWN_SECONDS)
