"""How metrics are defined, and how those of Temporal's SDK are added."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from plumbing.metrics import workflows
from plumbing.metrics.figures import Figure, age
from plumbing.metrics.metric import REGISTRY, Kind, Metric, Together, define

BY_STATE = Figure(Metric("quanheng_x", Kind.GAUGE, "某", "x", ("kind", "state"), Together.MAX))


@dataclass
class Named:
    name: str


@dataclass
class Update:
    """An update as the SDK gives it."""

    metric: Named
    value: float
    attributes: Mapping[str, Any] = field(default_factory=dict)


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("ready", Kind.GAUGE),
        ("things", Kind.COUNTER),
        ("things_total", Kind.GAUGE),
        ("backup_overdue_hours", Kind.GAUGE),
        ("days_since", Kind.GAUGE),
    ],
)
def test_a_name_is_used_once_tells_a_counter_and_has_the_base_unit(name: str, kind: Kind) -> None:
    with pytest.raises(ValueError, match="Not a name"):
        define(name, kind, "某", "x", (), Together.SUM)


def test_what_was_not_counted_is_zero_and_not_absent() -> None:
    readings = BY_STATE.under(("objection",), {"decided": 2}, ["lodged", "decided"])
    assert [(reading.labels, reading.value) for reading in readings] == [
        (("objection", "lodged"), 0.0),
        (("objection", "decided"), 2.0),
    ]


def test_a_value_has_every_label() -> None:
    with pytest.raises(ValueError, match="has the labels"):
        BY_STATE.at(1, "objection")


def test_an_age_is_never_negative() -> None:
    now = datetime(2026, 9, 14, tzinfo=UTC)
    assert age(now, now - timedelta(seconds=5)) == 5
    assert age(now, now + timedelta(seconds=5)) == 0  # the sandbox's clock differs by a little
    assert age(now, None) == 0


def test_failures_of_workflows_are_taken_in_and_what_is_not_named_is_not() -> None:
    attributes = {
        "workflow_type": "Watch",
        "failure_reason": "NonDeterminismError",
        "task_queue": "q",
    }
    before = counted(
        "quanheng_workflow_tasks_failed_total",
        workflow_type="Watch",
        failure_reason="NonDeterminismError",
    )
    for name in ("temporal_workflow_task_execution_failed", "temporal_sticky_cache_hit"):
        workflows.keep(Update(Named(name), 1, attributes))  # type: ignore[arg-type]
    after = counted(
        "quanheng_workflow_tasks_failed_total",
        workflow_type="Watch",
        failure_reason="NonDeterminismError",
    )
    assert after - before == 1


def test_a_failed_poll_counts_as_a_failed_request() -> None:
    attributes = {"operation": "PollActivityTaskQueue", "status_code": "UNAVAILABLE"}
    before = counted("quanheng_temporal_request_failures_total", **attributes)
    workflows.keep(Update(Named("temporal_long_request_failure"), 2, attributes))  # type: ignore[arg-type]
    assert counted("quanheng_temporal_request_failures_total", **attributes) - before == 2
