"""Temporal: connections, workers, task queues, and errors of activities (D-04).

Workflows wait and remind; activities act. An activity that ends with one of this platform's typed
errors is not repeated. After any other error, including Away, it is repeated, because the platform
failed and not the request.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from importlib.metadata import version
from typing import Any, ParamSpec, TypeVar

import structlog
from temporalio import workflow
from temporalio.client import Client
from temporalio.common import RetryPolicy, SearchAttributeKey
from temporalio.exceptions import ApplicationError
from temporalio.runtime import (
    LoggingConfig,
    MetricBuffer,
    Runtime,
    TelemetryConfig,
    TelemetryFilter,
)
from temporalio.service import ConnectConfig, RPCError
from temporalio.worker import Worker

from law.errors import LawError
from plumbing import renewed_temporal
from plumbing.client import Refusal
from plumbing.grpc_errors import Away, is_final
from plumbing.renewed_temporal import FollowingWorker
from plumbing.settings import Settings
from plumbing.waiting import Waiting
from plumbing.workflow_codec import sealed_converter
from plumbing.workflow_guard import Guard
from plumbing.workflow_seals import Seals
from plumbing.workflow_tracing import Tracing

AGGREGATE_ID = SearchAttributeKey.for_keyword("AggregateId")
DUE_AT = SearchAttributeKey.for_datetime("DueAt")
BUREAU = SearchAttributeKey.for_keyword("Bureau")
CASE_KIND = SearchAttributeKey.for_keyword("CaseKind")
CASE_STATE = SearchAttributeKey.for_keyword("CaseState")
GRACE = timedelta(seconds=2)

# An activity that calls another part is repeated until that part is back; it is idempotent.
UNTIL_DONE = RetryPolicy(
    initial_interval=timedelta(milliseconds=200),
    backoff_coefficient=2.0,
    maximum_interval=timedelta(seconds=30),
)
log = structlog.get_logger()
P = ParamSpec("P")
T = TypeVar("T")


def task_queue(service: str) -> str:
    """Returns the name of the Temporal task queue of a service."""
    return f"quanheng-{service}"


@functools.cache
def _runtime(metrics: MetricBuffer | None) -> Runtime:
    quiet = LoggingConfig(filter=TelemetryFilter(core_level="ERROR", other_level="ERROR"))
    return Runtime(telemetry=TelemetryConfig(logging=quiet, metrics=metrics))


async def connect(
    settings: Settings, service: str, *, metrics: MetricBuffer | None = None
) -> Client:
    """Connects a service to Temporal; waits while Temporal is unavailable.

    Everything that the client and its workers send is sealed with the service's key, and nothing
    else is taken (ADR 0017). Raises RPCError if Temporal refuses the connection permanently. A
    caller that passes `metrics`, a buffer for the metrics of the SDK, must empty it: see
    `metrics.workflows.drain`.
    """
    seals = Seals.of(settings.keys_dir, service)
    workflow.logger.workflow_info_on_message = False  # the fields of a line have it
    waiting = Waiting("temporal", settings.temporal_address)
    config = ConnectConfig(settings.temporal_address, runtime=_runtime(metrics))
    while True:
        try:
            connection = await renewed_temporal.connect(config, settings.temporal_endpoint)
        except (RuntimeError, RPCError) as error:
            if isinstance(error, RPCError) and is_final(error.status):
                raise
            await waiting.after(error)
        else:
            waiting.over()
            return Client(
                connection,
                namespace=settings.temporal_namespace,
                data_converter=sealed_converter(seals),
                interceptors=[Guard(seals), Tracing()],
            )


def worker(
    client: Client,
    service: str,
    workflows: Sequence[type],
    activities: Sequence[Callable[..., Any]],
    *,
    at_once: int | None = None,
) -> Worker:
    """Returns the Temporal worker of a service; when stopped, it has two seconds to finish work.

    `at_once` is how many activities it carries out at one time, if not the usual 100.
    """
    return FollowingWorker(
        client,
        task_queue=task_queue(service),
        workflows=workflows,
        activities=activities,
        graceful_shutdown_timeout=GRACE,
        max_concurrent_activities=at_once,
        build_id=f"quanheng {version('quanheng')}",  # the default is a digest of all loaded code
    )


def final_errors(function: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
    """Decorator: final errors end an activity, and after other errors Temporal repeats it.

    Place it under `@activity.defn`.
    """

    @functools.wraps(function)
    async def act(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return await function(*args, **kwargs)
        except LawError as error:
            final = not isinstance(error, Away)
            raise ApplicationError(error.en, type=error.reason, non_retryable=final) from error
        except Refusal as error:
            final = is_final(error.code)
            raise ApplicationError(str(error), type=error.reason, non_retryable=final) from error

    return act
