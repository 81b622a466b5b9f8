"""Definitions of metrics: name, kind, Chinese and English help, labels, combination of replicas."""

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
# Prometheus has one unit for each quantity, the base unit; its linter refuses these.
_UNITS_OF_PEOPLE = {"milliseconds", "minutes", "hours", "days", "weeks", "kilobytes", "megabytes"}
_UNITS_OF_PEOPLE |= {"gigabytes", "percent"}


class Kind(StrEnum):
    """The kinds of metrics.

    A counter only grows, a gauge goes up and down, a histogram counts values by size.
    """

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Together(StrEnum):
    """How to combine a metric's values from several replicas of one service."""

    SUM = "sum"
    MAX = "max"


@dataclass(frozen=True)
class Metric:
    """The definition of one metric.

    `name` is the name of its series in Prometheus; the name of a counter ends in `_total`.
    """

    name: str
    kind: Kind
    zh: str
    en: str
    labels: tuple[str, ...]
    together: Together

    @property
    def help(self) -> str:
        """The help text in Chinese and English, with the rule for combining replicas."""
        return f"{self.zh} | {self.en} | replicas: {self.together}"

    @property
    def series(self) -> tuple[str, ...]:
        """The names of the Prometheus time series of this metric; a histogram has three."""
        if self.kind is Kind.HISTOGRAM:
            return tuple(f"{self.name}_{part}" for part in ("bucket", "sum", "count"))
        return (self.name,)


DEFINED: dict[str, Metric] = {}


def define(
    name: str, kind: Kind, zh: str, en: str, labels: Sequence[str], together: Together
) -> Metric:
    """Defines a metric; `zh` and `en` are its help texts.

    Raises ValueError if the name is in use, does not fit the kind (names of counters, and no other
    names, end in `_total`) or has another unit than the base unit of Prometheus (seconds, bytes).
    """
    full = PREFIX + name
    fits = name.endswith("_total") == (kind is Kind.COUNTER)
    if full in DEFINED or not fits or _UNITS_OF_PEOPLE & set(name.split("_")):
        raise ValueError(f"Not a name for a new {kind}: {full}")
    DEFINED[full] = Metric(full, kind, zh, en, tuple(labels), together)
    return DEFINED[full]


def counter(name: str, zh: str, en: str, *labels: str) -> Counter:
    """Defines a Prometheus counter of this process; `zh` and `en` are its help texts."""
    metric = define(name, Kind.COUNTER, zh, en, labels, Together.SUM)
    return Counter(metric.name, metric.help, metric.labels, registry=REGISTRY)


def gauge(name: str, zh: str, en: str, *labels: str) -> Gauge:
    """Defines a Prometheus gauge of this process; `zh` and `en` are its help texts."""
    metric = define(name, Kind.GAUGE, zh, en, labels, Together.SUM)
    return Gauge(metric.name, metric.help, metric.labels, registry=REGISTRY)


def histogram(name: str, zh: str, en: str, *labels: str, buckets: Sequence[float]) -> Histogram:
    """Defines a Prometheus histogram of this process; `buckets` are upper limits in seconds.

    `zh` and `en` are its help texts.
    """
    metric = define(name, Kind.HISTOGRAM, zh, en, labels, Together.SUM)
    return Histogram(metric.name, metric.help, metric.labels, registry=REGISTRY, buckets=buckets)
