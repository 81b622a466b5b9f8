"""A metric's definition: name, kind, what it says in both languages, labels, and replicas."""

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
    """What may be asked of a metric: a counter only grows, a gauge moves, a histogram divides."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Together(StrEnum):
    """How the figures of several replicas of one service make one."""

    SUM = "sum"
    MAX = "max"


@dataclass(frozen=True)
class Metric:
    """One metric. `name` is the series' name; a counter's ends in `_total`."""

    name: str
    kind: Kind
    zh: str
    en: str
    labels: tuple[str, ...]
    together: Together

    @property
    def help(self) -> str:
        """What it says, and how replicas add up."""
        return f"{self.zh} | {self.en} | replicas: {self.together}"

    @property
    def series(self) -> tuple[str, ...]:
        """The names under which a query finds it."""
        if self.kind is Kind.HISTOGRAM:
            return tuple(f"{self.name}_{part}" for part in ("bucket", "sum", "count"))
        return (self.name,)


DEFINED: dict[str, Metric] = {}


def define(
    name: str, kind: Kind, zh: str, en: str, labels: Sequence[str], together: Together
) -> Metric:
    """Enters a metric among those defined. Raises ValueError for a name that is taken or ill."""
    full = PREFIX + name
    if full in DEFINED or name.endswith("_total") != (kind is Kind.COUNTER):
        raise ValueError(f"Not a name for a new {kind}: {full}")
    DEFINED[full] = Metric(full, kind, zh, en, tuple(labels), together)
    return DEFINED[full]


def counter(name: str, zh: str, en: str, *labels: str) -> Counter:
    """A counter of this process."""
    said = define(name, Kind.COUNTER, zh, en, labels, Together.SUM)
    return Counter(said.name, said.help, said.labels, registry=REGISTRY)


def gauge(name: str, zh: str, en: str, *labels: str) -> Gauge:
    """A gauge of this process."""
    said = define(name, Kind.GAUGE, zh, en, labels, Together.SUM)
    return Gauge(said.name, said.help, said.labels, registry=REGISTRY)


def histogram(name: str, zh: str, en: str, *labels: str, buckets: Sequence[float]) -> Histogram:
    """A histogram of this process, in seconds."""
    said = define(name, Kind.HISTOGRAM, zh, en, labels, Together.SUM)
    return Histogram(said.name, said.help, said.labels, registry=REGISTRY, buckets=buckets)
