"""A workflow follows what reached it last, and says nothing twice when it is replayed."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs
from temporalio import activity, workflow
from temporalio.client import Client, WorkflowHandle
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError
from temporalio.testing import TimeSkipper, TimeSkippingConfig
from temporalio.worker import Worker

from plumbing import tracing
from plumbing.tracing import Cause
from plumbing.workflow_tracing import Tracing
from tests.integration.events.support import eventually

SOON = timedelta(seconds=30)
AT_ONCE = RetryPolicy(initial_interval=timedelta(milliseconds=10))


@workflow.defn(sandboxed=False)
class Waiting:
    """Acts when it starts, when it is told to, and a day after that."""

    def __init__(self) -> None:
        self._told = False

    @workflow.run
    async def run(self) -> None:
        await self._act("started")
        await workflow.wait_condition(lambda: self._told)
        await self._act("told")
        await workflow.sleep(timedelta(days=1))
        await self._act("a day later")

    @workflow.signal
    def tell(self) -> None:
        self._told = True

    async def _act(self, when: str) -> None:
        await workflow.execute_activity(
            "act", when, start_to_close_timeout=SOON, retry_policy=AT_ONCE
        )


class Acts:
    """An activity that fails the first time it is tried."""

    def __init__(self) -> None:
        self.causes: dict[str, Cause] = {}

    @activity.defn
    async def act(self, when: str) -> None:
        if activity.info().attempt == 1:
            raise ApplicationError("what somebody wrote", type="NOT_YET")
        self.causes[when] = tracing.current_cause()

    async def done(self, when: str) -> None:
        async def noted() -> bool:
            return when in self.causes

        await eventually(noted)


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    """The spans of this process."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(tracing, "_tracer", provider.get_tracer("test"))
    return exporter


@asynccontextmanager
async def working(client: Client, acts: Acts) -> AsyncIterator[str]:
    """A worker that keeps no workflow in mind: every step is a replay from the beginning."""
    queue = f"test-{uuid.uuid4()}"
    async with Worker(
        client,
        task_queue=queue,
        workflows=[Waiting],
        activities=[acts.act],
        max_cached_workflows=0,
    ):
        yield queue


async def test_a_workflow_follows_what_reached_it_last_and_nothing_for_ever(
    temporal_client: Client, kept: InMemorySpanExporter
) -> None:
    client = Client(temporal_client.service_client, interceptors=[Tracing()])
    skipper = TimeSkipper(client, config=TimeSkippingConfig(enabled=False))
    acts = Acts()
    with capture_logs(processors=[merge_contextvars]) as lines:
        async with working(client, acts) as queue:
            with tracing.span("lodging", cause=Cause(request_id="lodge-1")):
                handle: WorkflowHandle[Any, Any] = await skipper.client.start_workflow(
                    Waiting.run, id=f"objection/{uuid.uuid4()}", task_queue=queue
                )
            await acts.done("started")
            with tracing.span("deciding", cause=Cause(request_id="decide-1")):
                await handle.signal(Waiting.tell)
            await acts.done("told")
            await skipper.fast_forward(handle, timedelta(days=2))
            await handle.result()
    spans = kept.get_finished_spans()
    lodging, deciding = (trace_of(spans, name) for name in ("lodging", "deciding"))
    assert acts.causes["started"].request_id == "lodge-1"
    assert acts.causes["told"].request_id == "decide-1"
    assert acts.causes["a day later"].request_id is None
    acted = [span for span in spans if span.name == "activity act"]
    traces = [span.context.trace_id for span in acted]
    assert traces[:4] == [lodging, lodging, deciding, deciding]
    assert {lodging, deciding}.isdisjoint(traces[4:])
    attempts = [
        ((s.attributes or {})["quanheng.attempt"], s.status.status_code.name) for s in acted
    ]
    assert attempts == [(1, "ERROR"), (2, "UNSET")] * 3
    assert {(s.attributes or {}).get("error.type") for s in acted[::2]} == {"NOT_YET"}
    marks = [span.name for span in spans if span.name.endswith((" Waiting", " tell"))]
    assert marks == ["start Waiting", "begin Waiting", "signal tell", "handle tell", "end Waiting"]
    told = [line for line in lines if line["event"].startswith("activity.")]
    assert [line["event"] for line in told] == ["activity.failed", "activity.done"] * 3
    assert {line["workflow_id"] for line in told} == {handle.id}
    assert "somebody" not in str(told)


def trace_of(spans: Sequence[ReadableSpan], name: str) -> int:
    (found,) = (span for span in spans if span.name == name)
    return int(found.context.trace_id)
