"""The definition of a metric: name, kind, help in Chinese and English, labels, replicas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
)
from prometheus_client.process_collector import ProcessCollector

disable_created_metrics()  # type: ignore[no-untyped-call]
REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
PREFIX = "quanheng_"


class Kind(StrEnum):
    """The kinds: a counter only grows, a gauge goes up and down, a histogram counts by size."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Together(StrEnum):
    """How the values of several replicas of one service are combined."""

    SUM = "sum"
    MAX = "max"


@dataclass(frozen=True)
class Metric:
    """One metric. `name` is the name of the series; that of a counter ends in `_total`."""

    name: str
    kind: Kind
    zh: str
    en: str
    labels: tuple[str, ...]
    together: Together

    @property
    def help(self) -> str:
        """The help in both languages, and how to combine replicas."""
        return f"{self.zh} | {self.en} | replicas: {self.together}"

    @property
    def series(self) -> tuple[str, ...]:
        """The names of its series in a query."""
        if self.kind is Kind.HISTOGRAM:
            return tuple(f"{self.name}_{part}" for part in ("bucket", "sum", "count"))
        return (self.name,)


DEFINED: dict[str, Metric] = {}


def define(
    name: str, kind: Kind, zh: str, en: str, labels: Sequence[str], together: Together
) -> Metric:
    """Defines a metric. Raises ValueError for a name in use, or one that does not fit its kind."""
    full = PREFIX + name
    if full in DEFINED or name.endswith("_total") != (kind is Kind.COUNTER):
        raise ValueError(f"Not a name for a new {kind}: {full}")
    DEFINED[full] = Metric(full, kind, zh, en, tuple(labels), together)
    return DEFINED[full]


def counter(name: str, zh: str, en: str, *labels: str) -> Counter:
    """Defines a counter of this process."""
    metric = define(name, Kind.COUNTER, zh, en, labels, Together.SUM)
    return Counter(metric.name, metric.help, metric.labels, registry=REGISTRY)


def gauge(name: str, zh: str, en: str, *labels: str) -> Gauge:
    """Defines a gauge of this process."""
    metric = define(name, Kind.GAUGE, zh, en, labels, Together.SUM)
    return Gauge(metric.name, metric.help, metric.labels, registry=REGISTRY)


def histogram(name: str, zh: str, en: str, *labels: str, buckets: Sequence[float]) -> Histogram:
    """Defines a histogram of this process; `buckets` are upper limits in seconds."""
    metric = define(name, Kind.HISTOGRAM, zh, en, labels, Together.SUM)
    return Histogram(metric.name, metric.help, metric.labels, registry=REGISTRY, buckets=buckets)
