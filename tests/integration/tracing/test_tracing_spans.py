"""The content of spans and log lines: of refused calls, and of events handled again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
import sqlalchemy as sa
from nats.js import JetStreamContext
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlmodel.ext.asyncio.session import AsyncSession
from structlog.testing import capture_logs

from law.errors import InvalidInput
from plumbing import tracing
from plumbing.addresses import Endpoint
from plumbing.change import Changes
from plumbing.client import new_request_id, open_channel
from plumbing.clock import SystemClock
from plumbing.database import Database
from plumbing.events.consumer import Consumer
from plumbing.events.envelope import Received
from plumbing.events.inbox import EventHandler
from plumbing.events.outbox import Outbox
from plumbing.events.relay import Relay
from plumbing.identity import Caller, Role, service_caller
from plumbing.rpc import allow, serve
from plumbing.tokens import Signer, Verifier, make_keys, public_key
from protos.registry.v1 import registry_pb2 as pb
from protos.registry.v1 import registry_pb2_grpc as rpc
from protos.registry.v1.events_pb2 import BureausChanged
from tests.integration.events.support import eventually, running
from tests.integration.objection.processes import refused
from tests.logins import none_ended
from tests.patience import PATIENCE_SECONDS
from tests.ports import free_port
from tests.service_keys import SIGNATURES, SIGNER

REGISTRY = "quanheng.registry.v1.RegistryService"
GET, CONTEST = f"{REGISTRY}/GetSubject", f"{REGISTRY}/SetContested"
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
CLOCK = SystemClock()


class RecordedSpans:
    """The finished spans of this process."""

    def __init__(self) -> None:
        self._kept = InMemorySpanExporter()
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(self._kept))
        self.tracer = provider.get_tracer("test")

    def named(self, name: str) -> list[ReadableSpan]:
        return [span for span in self._kept.get_finished_spans() if span.name == name]


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> RecordedSpans:
    made = RecordedSpans()
    monkeypatch.setattr(tracing, "_tracer", made.tracer)
    return made


async def refuse_or_fall(request: pb.GetSubjectRequest, context: Any) -> pb.GetSubjectResponse:
    if request.subject_id == "refused":
        raise InvalidInput("张三的证件有误", "Zhang San has the wrong papers")
    raise RuntimeError("the number of Zhang San")


async def contest(request: pb.SetContestedRequest, context: Any) -> pb.SetContestedResponse:
    return pb.SetContestedResponse()


def register(server: grpc.aio.Server) -> None:
    handlers: dict[str, Any] = {
        "GetSubject": grpc.unary_unary_rpc_method_handler(
            refuse_or_fall,
            pb.GetSubjectRequest.FromString,
            pb.GetSubjectResponse.SerializeToString,
        ),
        "SetContested": grpc.unary_unary_rpc_method_handler(
            contest, pb.SetContestedRequest.FromString, pb.SetContestedResponse.SerializeToString
        ),
    }
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(REGISTRY, handlers)])


class GuardedServer:
    """A gRPC server behind the guard, with stubs to call it."""

    def __init__(self, folder: Path) -> None:
        self._signer = Signer(make_keys(folder, []), CLOCK, timedelta(minutes=5))
        self.address = f"127.0.0.1:{free_port()}"
        self.verifier = Verifier(public_key(folder), CLOCK)
        self.channels: list[grpc.aio.Channel] = []

    def stub(self, caller: Caller) -> rpc.RegistryServiceStub:
        async def token() -> str:
            return self._signer.issue(caller)[0]

        self.channels.append(open_channel(Endpoint(self.address), token, timeout=PATIENCE_SECONDS))
        return rpc.RegistryServiceStub(self.channels[-1])


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[GuardedServer]:
    made = GuardedServer(tmp_path)
    rule = allow(Role.CASEWORKER, services=("objection",))
    policy = {f"/{method}": rule for method in (GET, CONTEST)}
    server, _ = await serve(
        made.address, {REGISTRY: register}, made.verifier, [policy], none_ended(), credentials=None
    )
    yield made
    for channel in made.channels:
        await channel.close()
    await server.stop(None)


CASEWORKER = Caller("acc-1", "张三", frozenset({Role.CASEWORKER}), "330106")


async def test_a_refusal_is_told_by_its_code_and_never_by_its_words(
    server: GuardedServer, recorded: RecordedSpans
) -> None:
    with capture_logs() as lines:
        await refused(
            server.stub(CASEWORKER).GetSubject(pb.GetSubjectRequest(subject_id="refused"))
        )
        await refused(server.stub(CASEWORKER).GetSubject(pb.GetSubjectRequest(subject_id="falls")))
    served = [line for line in lines if line["event"] == "rpc.served"]
    assert [line["code"] for line in served] == ["INVALID_ARGUMENT", "INTERNAL"]
    assert {(line["caller"], *line["roles"]) for line in served} == {("acc-1", "caseworker")}
    assert all(line["method"] == f"/{GET}" and line["ms"] >= 0 for line in served)
    theirs, ours = (s for s in recorded.named(GET) if s.kind.name == "SERVER")
    assert [s.status.status_code.name for s in (theirs, ours)] == ["UNSET", "ERROR"]
    assert (ours.attributes or {})["error.type"] == "INTERNAL"
    calls = [s for s in recorded.named(GET) if s.kind.name == "CLIENT"]
    assert [s.status.status_code.name for s in calls] == ["ERROR", "ERROR"]
    for span in [theirs, ours, *calls]:
        assert not [word for word in ("张三", "Zhang") if word in str(span.attributes)]
        assert not span.events, "no exception is kept with its message"


async def test_only_a_service_may_say_with_which_request_its_call_began(
    server: GuardedServer, recorded: RecordedSpans
) -> None:
    request = pb.SetContestedRequest(
        request_id=new_request_id(), record_ids=["r"], case_id="case-1", contested=True
    )
    metadata = (("x-request-id", "the-first"), ("traceparent", PARENT))
    for caller in (CASEWORKER, service_caller("objection")):
        await server.stub(caller).SetContested(request, metadata=metadata)
    own, carried = (s.attributes or {} for s in recorded.named(CONTEST) if s.kind.name == "SERVER")
    assert own["quanheng.request_id"] == request.request_id
    assert carried["quanheng.request_id"] == "the-first"
    assert own["quanheng.case_id"] == carried["quanheng.case_id"] == "case-1"


async def test_an_event_tried_again_is_another_span_of_the_same_trace(
    database: Database, jetstream: JetStreamContext, recorded: RecordedSpans
) -> None:
    tries: list[str | None] = []

    async def handle(session: AsyncSession, received: Received[BureausChanged]) -> None:
        tries.append(tracing.current_request_id())
        if len(tries) == 1:
            raise ValueError("what somebody wrote")

    async def handled() -> bool:
        return len(recorded.named(PROCESS)) == 2

    await announce(database)
    await Relay(database, jetstream, SIGNER, CLOCK).drain()
    consumer = Consumer(
        "test",
        "REGISTRY",
        database,
        jetstream,
        SIGNATURES,
        CLOCK,
        [EventHandler(BureausChanged, apply=handle)],
    )
    with capture_logs() as lines:
        async with running(consumer.run()):
            await eventually(handled)
    first, second = recorded.named(PROCESS)
    (change,), (published,) = recorded.named("change"), recorded.named(PUBLISH)
    assert trace_ids([change, published, first, second]) == {change.context.trace_id}
    assert attempts([first, second]) == [1, 2]
    assert [s.status.status_code.name for s in (first, second)] == ["ERROR", "UNSET"]
    assert "somebody" not in first.to_json()
    assert tries == ["req-1", "req-1"]
    (line,) = [line for line in lines if line["event"] == "event.handled"]
    assert (line["attempt"], line["aggregate"], line["consumer"]) == (2, "a", "test")


async def test_where_nothing_is_traced_an_event_carries_the_request_and_no_trace(
    database: Database,
) -> None:
    await announce(database)
    async with database.snapshot() as session:
        connection = await session.connection()
        headers = (await connection.execute(sa.select(Outbox.__table__.c.headers))).scalar_one()  # type: ignore[attr-defined]
    assert headers["ce-requestid"] == "req-1"
    assert "ce-traceparent" not in headers


PROCESS = "process quanheng.registry.v1.BureausChanged"
PUBLISH = "publish quanheng.registry.v1.BureausChanged"


async def announce(database: Database) -> None:
    with tracing.span("change", cause=tracing.Cause(request_id="req-1")):
        async with Changes(database, CLOCK).change(CASEWORKER) as change:
            await change.announce(BureausChanged(), aggregate="a", bureau="330106")
            change.audit("test", "a")


def trace_ids(spans: Sequence[ReadableSpan]) -> set[int]:
    return {span.context.trace_id for span in spans}


def attempts(spans: Sequence[ReadableSpan]) -> list[object]:
    return [(span.attributes or {})["quanheng.attempt"] for span in spans]
