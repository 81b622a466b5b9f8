"""Metrics of Temporal's SDK about workflows and activities, added to the process's metrics.

By default the SDK would open a separate port for Prometheus; here it writes to a buffer, which
`drain` empties. Metrics that this module does not name are left out, so that labels stay bounded.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping

from prometheus_client import Counter
from temporalio.runtime import (
    BufferedMetricUpdate,
    MetricBuffer,
    MetricBufferDurationFormat,
)

from plumbing.metrics.metric import counter, histogram

DRAIN_SECONDS = 1.0
BUFFER = MetricBuffer(100_000, MetricBufferDurationFormat.SECONDS)


def _counter(name: str, zh: str, en: str, *labels: str) -> tuple[Counter, tuple[str, ...]]:
    return counter(name, zh, en, *labels), labels


_COUNTERS: Mapping[str, tuple[Counter, tuple[str, ...]]] = {
    "temporal_workflow_failed": _counter(
        "workflows_failed_total",
        "以失败告终的工作流",
        "workflows that ended in failure",
        "workflow_type",
    ),
    "temporal_workflow_completed": _counter(
        "workflows_completed_total", "已办结的工作流", "workflows that ended well", "workflow_type"
    ),
    "temporal_workflow_task_execution_failed": _counter(
        "workflow_tasks_failed_total",
        "工作流任务失败（代码与历史不符等），流程停住不前",
        "workflow tasks that failed, as where code and history differ: the workflow stands still",
        "workflow_type",
        "failure_reason",
    ),
    "temporal_activity_execution_failed": _counter(
        "activities_failed_total",
        "活动失败次数（多数会重试）",
        "attempts of activities that failed; most are tried again",
        "activity_type",
    ),
    "temporal_request_failure": _counter(
        "temporal_request_failures_total",
        "对流程引擎的请求失败次数",
        "requests to Temporal that failed",
        "operation",
        "status_code",
    ),
}
# An idle worker only makes long polls, which the SDK counts separately.
_SAME = {"temporal_long_request_failure": "temporal_request_failure"}
_ACTIVITY_SECONDS = histogram(
    "activity_seconds",
    "活动用时（秒）",
    "seconds an attempt of an activity took",
    "activity_type",
    buckets=(0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0, 120.0, 600.0),
)


async def drain() -> None:
    """Moves updates from the buffer of Temporal's SDK to the metrics, every second until cancelled.

    The buffer is empty until Temporal is connected.
    """
    while True:
        with contextlib.suppress(RuntimeError):  # the SDK does not have the buffer yet
            for update in BUFFER.retrieve_updates():
                keep(update)
        await asyncio.sleep(DRAIN_SECONDS)


def keep(update: BufferedMetricUpdate) -> None:
    """Adds an update from Temporal's SDK to its metric; ignores metrics unknown to this module."""
    name, attributes = _SAME.get(update.metric.name, update.metric.name), update.attributes
    if name == "temporal_activity_execution_latency":
        _ACTIVITY_SECONDS.labels(str(attributes["activity_type"])).observe(update.value)
    elif name in _COUNTERS:
        counter_of, labels = _COUNTERS[name]
        counter_of.labels(*(str(attributes.get(label, "")) for label in labels)).inc(update.value)
