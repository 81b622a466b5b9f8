"""A receiver of spans by OTLP over HTTP, in place of a collector."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage
from opentelemetry.proto.trace.v1.trace_pb2 import Status


@dataclass(frozen=True)
class Span:
    """A span as it was received, with the attributes of its process."""

    resource: dict[str, str]
    message: SpanMessage

    @property
    def service(self) -> str:
        return self.resource["service.name"]

    @property
    def trace_id(self) -> str:
        return self.message.trace_id.hex()

    @property
    def name(self) -> str:
        return self.message.name

    @property
    def kind(self) -> str:
        return SpanMessage.SpanKind.Name(self.message.kind).removeprefix("SPAN_KIND_").lower()

    @property
    def failed(self) -> bool:
        return self.message.status.code == Status.STATUS_CODE_ERROR

    @property
    def attributes(self) -> dict[str, str]:
        return _values(self.message.attributes)


class Receiver(ThreadingHTTPServer):
    """Keeps the spans that it receives; one that hangs takes requests and never answers."""

    daemon_threads = True

    def __init__(self, *, hangs: bool = False) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked = threading.Event()
        self.ends = threading.Event()
        self.hangs = hangs
        self.bodies: list[bytes] = []

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def spans(self) -> list[Span]:
        return [span for body in list(self.bodies) for span in _spans(body)]

    def trace(self, trace_id: str) -> list[Span]:
        return [span for span in self.spans() if span.trace_id == trace_id]


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.asked.set()
        if self.server.hangs:
            self.server.ends.wait()
            return
        assert self.path == "/v1/traces"
        assert self.headers["content-type"] == "application/x-protobuf"
        self.server.bodies.append(body)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(ExportTraceServiceResponse().SerializeToString())

    def log_message(self, *_said: object) -> None:
        """Writes no log."""


@contextmanager
def receiving(*, hangs: bool = False) -> Iterator[Receiver]:
    """Runs a receiver in a thread of its own."""
    with Receiver(hangs=hangs) as receiver:
        serving = threading.Thread(target=receiver.serve_forever, kwargs={"poll_interval": 0.05})
        serving.start()
        try:
            yield receiver
        finally:
            receiver.ends.set()
            receiver.shutdown()
            serving.join()


def _spans(body: bytes) -> Iterator[Span]:
    for part in ExportTraceServiceRequest.FromString(body).resource_spans:
        resource = _values(part.resource.attributes)
        for scope in part.scope_spans:
            yield from (Span(resource, message) for message in scope.spans)


def _values(attributes: object) -> dict[str, str]:
    pairs: list[KeyValue] = list(attributes)  # type: ignore[call-overload]
    return {pair.key: pair.value.string_value or str(pair.value.int_value) for pair in pairs}
