"""Traces through Temporal: who starts or signals a workflow, the workflow, and its activities.

A cause travels in a header with starts, signals and activities. A workflow follows what reached it
last: what a decision sets going belongs to the trace of the decision, not to that of the lodging.
What it does later than an hour after that begins a trace of its own; no store keeps a trace of
twenty working days together, and the workflow's id finds all of them.

Nothing here decides anything in a workflow. Its spans and lines are left out when it is replayed.
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
    """For `Client.connect`; the workers of that client trace as well."""

    def intercept_client(self, following: client.OutboundInterceptor) -> client.OutboundInterceptor:
        """Calls of Temporal."""
        return _Client(following)

    def intercept_activity(
        self, following: worker.ActivityInboundInterceptor
    ) -> worker.ActivityInboundInterceptor:
        """Activities."""
        return _Activity(following)

    def workflow_interceptor_class(
        self, _given: worker.WorkflowInterceptorClassInput
    ) -> type[worker.WorkflowInboundInterceptor]:
        """Workflows."""
        return _Workflow


class _Client(client.OutboundInterceptor):
    async def start_workflow(
        self, given: client.StartWorkflowInput
    ) -> client.WorkflowHandle[Any, Any]:
        does = f"signal {given.start_signal}" if given.start_signal else f"start {given.workflow}"
        with span(does, SpanKind.PRODUCER, {"temporal.workflow.id": given.id}):
            given.headers = _with(given.headers, current_cause())
            return await super().start_workflow(given)

    async def signal_workflow(self, given: client.SignalWorkflowInput) -> None:
        attributes = {"temporal.workflow.id": given.id}
        with span(f"signal {given.signal}", SpanKind.PRODUCER, attributes):
            given.headers = _with(given.headers, current_cause())
            await super().signal_workflow(given)


class _Activity(worker.ActivityInboundInterceptor):
    async def execute_activity(self, given: worker.ExecuteActivityInput) -> Any:
        with _acting(_cause_in(given.headers), given.args[0] if given.args else None):
            return await super().execute_activity(given)


@contextmanager
def _acting(cause: Cause, asked: object) -> Iterator[None]:
    """A span and a line for each attempt at an activity."""
    info, began = activity.info(), time.monotonic()
    workflow_id = info.workflow_id or ""
    attributes: dict[str, str | int] = {
        "temporal.workflow.id": workflow_id,
        "temporal.run.id": info.workflow_run_id or "",
        "quanheng.attempt": info.attempt,
    }
    with (
        structlog.contextvars.bound_contextvars(
            **(ids_of(workflow_id) | ids_in(asked)),
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
    """Knows what reached a workflow last, and tells of the beginning and the end of a run."""

    _cause = Cause()
    _since: datetime | None = None

    def init(self, outbound: worker.WorkflowOutboundInterceptor) -> None:
        super().init(_Outbound(outbound, self))

    async def execute_workflow(self, given: worker.ExecuteWorkflowInput) -> Any:
        kind = workflow.info().workflow_type
        if self._since is None:  # else a signal has been here first
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
        """What the workflow follows now; nothing once that is long past."""
        recent = self._since is not None and workflow.now() - self._since <= FOLLOWED_FOR
        return self._cause if recent else Cause()

    def _follow(self, cause: Cause) -> None:
        self._cause, self._since = cause, workflow.now()

    def _tell(self, event: str, name: str, error: FailureError | None = None) -> None:
        if workflow.unsafe.is_replaying_history_events():
            return
        info, cause = workflow.info(), self.cause()
        attributes = {"temporal.workflow.id": info.workflow_id, "temporal.run.id": info.run_id}
        here = begin(name, SpanKind.INTERNAL, attributes, cause=cause)
        told = place_of(here)
        if cause.request_id:
            told["request_id"] = cause.request_id
        if error is not None:
            failed(here, error)
            told["error"] = kind_of(error)
        here.end()
        workflow.logger.info(event, extra=told)


class _Outbound(worker.WorkflowOutboundInterceptor):
    """Hands on what the workflow follows."""

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
    said: dict[str, str | None] = PayloadConverter.default.from_payload(headers[HEADER])
    return Cause(said.get("traceparent"), said.get("request_id"))
