"""Traces: what one request set going in every process, as spans of OpenTelemetry.

A span is begun with `span`; what travels from process to process is a `Cause`, whose `traceparent`
is that of W3C's trace context. Without an endpoint nothing is recorded and `span` costs next to
nothing; the request id travels all the same, and stands in every log. Spans hold ids, names of
methods and codes: never a text, a name or a secret.
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

SHUTDOWN_SECONDS = 1.0  # what is not sent by then is lost; a process must end in time
LONGEST_ATTRIBUTE = 256
LONGEST_WAIT_SECONDS = 5.0  # for a receiver that does not answer
_W3C = TraceContextTextMapPropagator()
_REQUEST_ID = re.compile(r"[\w.:-]{1,64}", re.ASCII)
_REASON = re.compile(r"[A-Z][A-Z0-9_]*")  # a stable word, as our errors and Temporal's carry one
_tracer = trace.get_tracer("quanheng")
_request_id: contextvars.ContextVar[str | None] = contextvars.ContextVar("request_id", default=None)

Attributes = Mapping[str, str | int]


@dataclass(frozen=True)
class Cause:
    """What a piece of work goes back to: the span it continues, and the request all began with."""

    traceparent: str | None = None
    request_id: str | None = None


def current_cause() -> Cause:
    """The cause of whatever the work now under way sets going elsewhere."""
    carrier: dict[str, str] = {}
    _W3C.inject(carrier)
    return Cause(carrier.get("traceparent"), _request_id.get())


def current_request_id() -> str | None:
    """The request with which the work now under way began."""
    return _request_id.get()


def begun_by(request_id: str) -> None:
    """Notes the request with which the present work began; what is no such id is ignored."""
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
    """A span around a piece of work: of what is under way, or of a cause that came from elsewhere.

    What is raised is noted by its kind alone, since messages may quote what people entered.
    """
    begun = begin(name, kind, attributes, cause=cause)
    token = _request_id.set(cause.request_id) if cause else None
    with trace.use_span(
        begun, end_on_exit=True, record_exception=False, set_status_on_exception=False
    ):
        try:
            if cause and cause.request_id:
                begun.set_attribute("quanheng.request_id", cause.request_id)
            yield begun
        except BaseException as error:
            failed(begun, error)
            raise
        finally:
            if token is not None:
                _request_id.reset(token)


def begin(
    name: str, kind: SpanKind, attributes: Attributes | None = None, *, cause: Cause | None = None
) -> Span:
    """A span that its caller ends, and that is not what is under way."""
    return _tracer.start_span(name, _context_of(cause) if cause else None, kind, attributes)


@contextmanager
def inner_span(name: str, attributes: Attributes) -> Iterator[None]:
    """A span around a part of what is being recorded; nothing by itself."""
    if not trace.get_current_span().is_recording():
        yield
        return
    with span(name, SpanKind.CLIENT, attributes):
        yield


def failed(span: Span, error: BaseException) -> None:
    """Notes in a span what went wrong; a refusal that the law or a rule demands is no failure."""
    span.set_attribute("error.type", kind_of(error))
    if isinstance(error, Exception) and not isinstance(error, LawError):
        span.set_status(StatusCode.ERROR)


def kind_of(error: BaseException) -> str:
    """What kind of error it is, without its message."""
    for word in (getattr(error, "reason", None), getattr(error, "type", None)):
        if isinstance(word, str) and _REASON.fullmatch(word):
            return word
    return type(error).__name__


def _context_of(cause: Cause) -> Context:
    carrier = {"traceparent": cause.traceparent} if cause.traceparent else {}
    return _W3C.extract(carrier, Context())


def start_tracing(service: str, endpoint: str) -> None:
    """Sends this process's spans to an OTLP/HTTP endpoint; without one does nothing.

    Called once, by a composition root. What the receiver does not take is kept up to 2,048 spans
    and then dropped. `OTEL_TRACES_SAMPLER` and the other standard variables hold.
    """
    if not endpoint:
        return
    # A fifth of a second that only those pay who trace.
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
    """Sends what is left, and gives up soon where the receiver does not answer."""
    shutdown = getattr(trace.get_tracer_provider(), "shutdown", None)
    if shutdown is not None:
        ending = threading.Thread(target=shutdown, daemon=True)
        ending.start()
        ending.join(SHUTDOWN_SECONDS)
