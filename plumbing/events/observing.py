"""Trace spans and log lines for the publishing and handling of events.

Publishing an event makes a span; handling an event makes a span and a log line. Both belong to the
trace of the change that announced the event, even if they happen much later.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import structlog
from nats.js.api import PubAck
from opentelemetry.trace import Span, SpanKind

from plumbing.events.envelope import Delivery
from plumbing.telemetry import ids_of
from plumbing.tracing import Attributes, Cause, begin, failed, span

_LOG = structlog.get_logger()


def observe_publishing(
    headers: Mapping[str, str], subject: str, ack: asyncio.Future[PubAck]
) -> None:
    """Starts a trace span that ends when JetStream answers the publishing of an event.

    Does nothing for an event without a trace.
    """
    traceparent = headers.get("ce-traceparent")
    if traceparent is None:
        return
    name, attributes = f"publish {headers['ce-type']}", _attributes(headers["ce-id"], subject)
    cause = Cause(traceparent, headers.get("ce-requestid"))
    event_span = begin(name, SpanKind.PRODUCER, attributes, cause=cause)
    ack.add_done_callback(lambda answered: _end(event_span, answered))


def _end(event_span: Span, ack: asyncio.Future[PubAck]) -> None:
    error = TimeoutError() if ack.cancelled() else ack.exception()
    if error is not None:
        failed(event_span, error)
    event_span.end()


@contextmanager
def handling(consumer: str, subject: str, delivery: Delivery) -> Iterator[Span]:
    """Context manager for one attempt to handle an event; records a span of the event's trace."""
    event = delivery.attributes
    attributes = {
        **_attributes(str(event.id), subject),
        "messaging.consumer.group.name": consumer,
        "quanheng.aggregate": event.aggregate,
        "quanheng.attempt": delivery.deliveries,
    }
    about = {**ids_of(event.aggregate), "bureau": event.bureau}
    cause = Cause(event.traceparent, event.request_id)
    with (
        structlog.contextvars.bound_contextvars(**about),
        span(f"process {event.type}", SpanKind.CONSUMER, attributes, cause=cause) as event_span,
    ):
        yield event_span


def log_handled(consumer: str, delivery: Delivery, began: float) -> None:
    """Logs that an event was handled; `began` is the start in seconds of the monotonic clock."""
    event = delivery.attributes
    _LOG.info(
        "event.handled",
        consumer=consumer,
        event_id=str(event.id),
        event_type=event.type,
        aggregate=event.aggregate,
        sequence=event.sequence,
        attempt=delivery.deliveries,
        ms=round((time.monotonic() - began) * 1000, 1),
    )


def _attributes(event_id: str, subject: str) -> Attributes:
    return {
        "messaging.system": "nats",
        "messaging.destination.name": subject,
        "messaging.message.id": event_id,
    }
