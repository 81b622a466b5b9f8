"""Measures what logging and tracing add to the processor time of a call.

    python -m benchmarks.call_overhead [calls] [rounds]

A call commits one change with its event to a SQLite file that syncs every commit. `silent` logs
nothing; `untraced` writes the log line with the request id; `traced` also records spans, which are
thrown away. The processor time of client, server and database together is measured, because the
time of the disk varies more than the differences. The modes take turns within the same minute.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import grpc
import structlog
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from rich.console import Console
from rich.table import Table

from benchmarks.ports import free_port
from plumbing import client, database, rpc, tracing
from plumbing.addresses import Endpoint
from plumbing.call_log import ServedCall
from plumbing.change import Change, Changes
from plumbing.client import new_request_id, open_channel
from plumbing.clock import SystemClock
from plumbing.database import Database, PlumbingTable
from plumbing.identity import Caller, Role, current_caller
from plumbing.rpc import allow, serve
from plumbing.telemetry import start_logging
from plumbing.tokens import Signer, Verifier, make_keys, public_key
from protos.registry.v1 import registry_pb2 as pb
from protos.registry.v1.events_pb2 import BureausChanged
from tests.logins import none_ended

SERVICE = "quanheng.registry.v1.RegistryService"
METHOD = f"/{SERVICE}/PutBureau"
CALLS, ROUNDS = 100, 15
CLOCK = SystemClock()
CALLER = Caller("account", "account", frozenset({Role.ADMINISTRATOR}))


class DiscardingExporter(SpanExporter):
    """An exporter that throws spans away."""

    def export(self, spans: Any) -> SpanExportResult:
        return SpanExportResult.SUCCESS


@contextmanager
def silent() -> Iterator[None]:
    """Without a log line and without spans."""
    no_span = trace.INVALID_SPAN
    with (
        patch.object(rpc, "served", lambda method, _: nullcontext(ServedCall(method, no_span, ""))),
        patch.object(client, "span", lambda *_arguments: nullcontext(no_span)),
        patch.object(database, "inner_span", lambda *_arguments: nullcontext()),
    ):
        yield


@contextmanager
def traced() -> Iterator[None]:
    """With a log line and with spans."""
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(DiscardingExporter()))
    with patch.object(tracing, "_tracer", provider.get_tracer("benchmark")):
        yield
    provider.shutdown()


MODES: Mapping[str, Any] = {"silent": silent, "untraced": nullcontext, "traced": traced}


async def _put(change: Change, request: pb.PutBureauRequest) -> pb.PutBureauResponse:
    await change.announce(BureausChanged(), aggregate=request.request_id, bureau="330106")
    change.audit("put", f"bureau/{request.request_id}")
    return pb.PutBureauResponse()


async def _calls(stub: Any, calls: int) -> float:
    """The processor time of one call in milliseconds."""
    bureau = pb.Bureau(code="330106", name="测试市场监督管理局")
    started = time.process_time()
    for _ in range(calls):
        await stub(pb.PutBureauRequest(request_id=new_request_id(), bureau=bureau))
    return (time.process_time() - started) / calls * 1000


async def _measure(folder: Path, calls: int, rounds: int) -> dict[str, list[float]]:
    base = Database(f"sqlite+aiosqlite:///{folder}/service.db")
    async with base.engine.begin() as connection:
        await connection.run_sync(PlumbingTable.metadata.create_all)
    changes = Changes(base, CLOCK)

    async def put(request: pb.PutBureauRequest, _context: Any) -> pb.PutBureauResponse:
        return await changes.once(current_caller(), request, _put, pb.PutBureauResponse)

    def register(server: grpc.aio.Server) -> None:
        handler: Any = grpc.unary_unary_rpc_method_handler(
            put, pb.PutBureauRequest.FromString, pb.PutBureauResponse.SerializeToString
        )
        handlers = grpc.method_handlers_generic_handler(SERVICE, {"PutBureau": handler})
        server.add_generic_rpc_handlers([handlers])

    signer = Signer(make_keys(folder, []), CLOCK, timedelta(hours=1))
    token = signer.issue(CALLER)[0]

    async def token_source() -> str:
        return token

    address, verifier = f"127.0.0.1:{free_port()}", Verifier(public_key(folder), CLOCK)
    policy = {METHOD: allow(Role.ADMINISTRATOR)}
    server, _ = await serve(
        address, {SERVICE: register}, verifier, [policy], none_ended(), credentials=None
    )
    channel = open_channel(Endpoint(address), token_source)
    stub = channel.unary_unary(
        METHOD, pb.PutBureauRequest.SerializeToString, pb.PutBureauResponse.FromString
    )
    await _calls(stub, calls)  # warms up
    times: dict[str, list[float]] = {name: [] for name in MODES}
    for number in range(rounds * len(MODES)):
        name = list(MODES)[(number + number // len(MODES)) % len(MODES)]  # by turns
        with MODES[name]():
            times[name].append(await _calls(stub, calls))
    await channel.close()
    await server.stop(None)
    await base.close()
    return times


def main(calls: int = CALLS, rounds: int = ROUNDS) -> None:
    """Measures, and prints the medians and their ratios to `silent`."""
    start_logging("benchmark", "INFO")
    with tempfile.TemporaryDirectory() as folder, Path(os.devnull).open("w") as nowhere:
        structlog.configure(logger_factory=structlog.PrintLoggerFactory(nowhere))
        times = asyncio.run(_measure(Path(folder), calls, rounds))
    table = Table("mode", "ms a call", "beside silent", title=f"{calls} calls, {rounds} rounds")
    least = statistics.median(times["silent"])
    for name, milliseconds in times.items():
        median = statistics.median(milliseconds)
        table.add_row(name, f"{median:.2f}", f"{median / least:.3f}")
    Console().print(table)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
