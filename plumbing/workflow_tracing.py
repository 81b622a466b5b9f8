"""Traces through Temporal: from the start or signal of a workflow to its activities.

A header carries the cause (trace and request) with starts, signals and activities. A workflow
continues the trace of the last start or signal: the work after a decision belongs to the trace of
the decision, not to the trace of the lodging. Work that begins more than an hour later gets a trace
of its own, because no store keeps one trace over twenty working days; the id of the workflow finds
all of these traces.

This module does not change the behaviour of workflows. A replay writes no spans and no log lines.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, NoReturn

import structlog
from opentelemetry.trace import SpanKind
from temporalio import activity, client, worker, workflow
from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadConverter
from temporalio.exceptions import FailureError

from plumbing.telemetry import ids_in, ids_of, place_of
from plumbing.tracing import Cause, begin, current_cause, failed, kind_of, span

HEADER = "quanheng-cause"
FOLLOWED_FOR = timedelta(hours=1)
Headers = Mapping[str, Payload]
log = structlog.get_logger()


class Tracing(client.Interceptor, worker.Interceptor):
    """Temporal interceptor that records traces; pass it to `Client.connect`.

    It also applies to the workers of that client.
    """

    def intercept_client(self, following: client.OutboundInterceptor) -> client.OutboundInterceptor:
        """Returns a client interceptor that traces starts and signals of workflows."""
        return _Client(following)

    def intercept_activity(
        self, following: worker.ActivityInboundInterceptor
    ) -> worker.ActivityInboundInterceptor:
        """Returns an interceptor that traces activities."""
        return _Activity(following)

    def workflow_interceptor_class(
        self, _given: worker.WorkflowInterceptorClassInput
    ) -> type[worker.WorkflowInboundInterceptor]:
        """Returns the class of the interceptor that traces workflows."""
        return _Workflow


class _Client(client.OutboundInterceptor):
    async def start_workflow(
        self, given: client.StartWorkflowInput
    ) -> client.WorkflowHandle[Any, Any]:
        name = f"signal {given.start_signal}" if given.start_signal else f"start {given.workflow}"
        with span(name, SpanKind.PRODUCER, {"temporal.workflow.id": given.id}):
            given.headers = _with(given.headers, current_cause())
            return await super().start_workflow(given)

    async def signal_workflow(self, given: client.SignalWorkflowInput) -> None:
        attributes = {"temporal.workflow.id": given.id}
        with span(f"signal {given.signal}", SpanKind.PRODUCER, attributes):
            given.headers = _with(given.headers, current_cause())
            await super().signal_workflow(given)


class _Activity(worker.ActivityInboundInterceptor):
    async def execute_activity(self, given: worker.ExecuteActivityInput) -> Any:
        with _attempt(_cause_in(given.headers), given.args[0] if given.args else None):
            return await super().execute_activity(given)


@contextmanager
def _attempt(cause: Cause, argument: object) -> Iterator[None]:
    """Records one attempt at an activity in a span and a log line."""
    info, began = activity.info(), time.monotonic()
    workflow_id = info.workflow_id or ""
    attributes: dict[str, str | int] = {
        "temporal.workflow.id": workflow_id,
        "temporal.run.id": info.workflow_run_id or "",
        "quanheng.attempt": info.attempt,
    }
    with (
        structlog.contextvars.bound_contextvars(
            **(ids_of(workflow_id) | ids_in(argument)),
            activity=info.activity_type,
            workflow_id=workflow_id,
            attempt=info.attempt,
        ),
        span(f"activity {info.activity_type}", SpanKind.CONSUMER, attributes, cause=cause),
    ):
        try:
            yield
        except BaseException as error:
            log.warning("activity.failed", error=kind_of(error), ms=_since(began))
            raise
        log.info("activity.done", ms=_since(began))


def _since(began: float) -> float:
    return round((time.monotonic() - began) * 1000, 1)


class _Workflow(worker.WorkflowInboundInterceptor):
    """Keeps the last cause of a workflow, and records where a run begins and ends."""

    _cause = Cause()
    _since: datetime | None = None

    def init(self, outbound: worker.WorkflowOutboundInterceptor) -> None:
        super().init(_Outbound(outbound, self))

    async def execute_workflow(self, given: worker.ExecuteWorkflowInput) -> Any:
        kind = workflow.info().workflow_type
        if self._since is None:  # otherwise a signal came first
            self._follow(_cause_in(given.headers))
        self._tell("workflow.begun", f"begin {kind}")
        try:
            result = await super().execute_workflow(given)
        except FailureError as error:
            self._tell("workflow.failed", f"fail {kind}", error)
            raise
        self._tell("workflow.ended", f"end {kind}")
        return result

    async def handle_signal(self, given: worker.HandleSignalInput) -> None:
        self._follow(_cause_in(given.headers))
        self._tell("workflow.signalled", f"handle {given.signal}")
        await super().handle_signal(given)

    def cause(self) -> Cause:
        """Returns the trace and request that the workflow's next step continues.

        The result is empty if the last start or signal was more than one hour ago.
        """
        recent = self._since is not None and workflow.now() - self._since <= FOLLOWED_FOR
        return self._cause if recent else Cause()

    def _follow(self, cause: Cause) -> None:
        self._cause, self._since = cause, workflow.now()

    def _tell(self, event: str, name: str, error: FailureError | None = None) -> None:
        if workflow.unsafe.is_replaying_history_events():
            return
        info, cause = workflow.info(), self.cause()
        attributes = {"temporal.workflow.id": info.workflow_id, "temporal.run.id": info.run_id}
        run_span = begin(name, SpanKind.INTERNAL, attributes, cause=cause)
        extra = place_of(run_span)
        if cause.request_id:
            extra["request_id"] = cause.request_id
        if error is not None:
            failed(run_span, error)
            extra["error"] = kind_of(error)
        run_span.end()
        workflow.logger.info(event, extra=extra)


class _Outbound(worker.WorkflowOutboundInterceptor):
    """Passes the cause of the workflow on to activities and to the next run."""

    def __init__(self, following: worker.WorkflowOutboundInterceptor, inbound: _Workflow) -> None:
        super().__init__(following)
        self._inbound = inbound

    def start_activity(self, given: worker.StartActivityInput) -> workflow.ActivityHandle[Any]:
        given.headers = _with(given.headers, self._inbound.cause())
        return super().start_activity(given)

    def continue_as_new(self, given: worker.ContinueAsNewInput) -> NoReturn:
        given.headers = _with(given.headers, self._inbound.cause())
        super().continue_as_new(given)


def _with(headers: Headers, cause: Cause) -> Headers:
    if cause == Cause():
        return headers
    return {**headers, HEADER: PayloadConverter.default.to_payload(asdict(cause))}


def _cause_in(headers: Headers) -> Cause:
    if HEADER not in headers:
        return Cause()
    cause: dict[str, str | None] = PayloadConverter.default.from_payload(headers[HEADER])
    return Cause(cause.get("traceparent"), cause.get("request_id"))
