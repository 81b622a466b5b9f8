"""Figures: metrics that a service reads at intervals from its database and from NATS.

Figures are read in the background, in separate read transactions; a scrape gets the last values. If
reading fails, the last values remain, the failure is counted, and a metric shows their age.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import structlog
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from plumbing.database import Database
from plumbing.metrics.counted import COLLECT_ERRORS, COLLECT_SECONDS
from plumbing.metrics.metric import Kind, Metric, Together, define

OFTEN_SECONDS = 5.0  # for a query that an index answers
SELDOM_SECONDS = 60.0  # for a query that reads a whole table
LONGEST_SECONDS = 20.0  # a look that takes longer is cancelled

log = structlog.get_logger()


@dataclass(frozen=True)
class Reading:
    """One value of a metric, with the values of its labels."""

    metric: Metric
    labels: tuple[str, ...]
    value: float


@dataclass(frozen=True)
class Figure:
    """A metric whose values are read at intervals from the database or NATS."""

    metric: Metric

    def at(self, value: float, *labels: str) -> Reading:
        """Returns a reading of this metric with the given value and label values.

        `labels` are in the order of the metric's label names. Raises ValueError if their number is
        wrong.
        """
        if len(labels) != len(self.metric.labels):
            raise ValueError(f"{self.metric.name} has the labels {self.metric.labels}")
        return Reading(self.metric, labels, float(value))

    def of(self, counts: Mapping[str, float], known: Iterable[str] = ()) -> list[Reading]:
        """Returns the readings of a metric with one label: `counts` maps label values to numbers.

        A label value in `known` without a count gets the number 0.
        """
        return self.under((), counts, known)

    def under(
        self, first: tuple[str, ...], counts: Mapping[str, float], known: Iterable[str] = ()
    ) -> list[Reading]:
        """Returns the readings of a metric with several labels.

        `first` contains the values of all labels but the last. `counts` maps values of the last
        label to numbers; a value in `known` without a count gets 0.
        """
        values = {**dict.fromkeys(known, 0), **counts}
        return [self.at(value, *first, label) for label, value in values.items()]


def figure(name: str, zh: str, en: str, *labels: str) -> Figure:
    """Defines a gauge that is read at intervals; `zh` and `en` are its help texts."""
    return Figure(define(name, Kind.GAUGE, zh, en, labels, Together.MAX))


def tally(name: str, zh: str, en: str, *labels: str) -> Figure:
    """Defines a counter that is read at intervals: a number of database rows that only grows.

    `zh` and `en` are its help texts.
    """
    return Figure(define(name, Kind.COUNTER, zh, en, labels, Together.MAX))


AGE = figure(
    "collect_age_seconds",
    "距上次成功查取指标的秒数",
    "seconds since figures were last looked up",
    "look",
)


@dataclass(frozen=True)
class Look:
    """A function that reads some metrics together, and its interval in seconds."""

    name: str
    take: Callable[[], Awaitable[Sequence[Reading]]]
    every: float = OFTEN_SECONDS


async def ask(database: Database, *queries: sa.Select[*tuple[Any, ...]]) -> list[list[Any]]:
    """Runs the queries on one database snapshot; returns a list of rows for each query."""
    async with database.snapshot() as session:
        connection = await session.connection()
        return [[*(await connection.execute(query))] for query in queries]


def age(now: datetime, since: datetime | None) -> float:
    """Returns the seconds from `since` to `now`; 0 if `since` is None or in the future."""
    return max((now - since).total_seconds(), 0.0) if since else 0.0


class Board(Collector):
    """Stores the last values of all metrics that are read at intervals.

    `run` refreshes the values; Prometheus reads them in a thread of its own.
    """

    def __init__(self, looks: Sequence[Look]) -> None:
        self._looks = looks
        self._seen: Mapping[str, Sequence[Reading]] = {}
        self._since = {look.name: time.monotonic() for look in looks}

    async def run(self) -> None:
        """Reads the metrics until cancelled; each `Look` has its own task and delays no other."""
        async with asyncio.TaskGroup() as group:
            for look in self._looks:
                group.create_task(self._keep(look))

    def describe(self) -> list[Family]:
        """Returns an empty list, because the metrics are known only after they were read."""
        return []

    def collect(self) -> Iterator[Family]:
        """Yields the last values that were read, grouped by metric, together with their age."""
        now = time.monotonic()
        readings = [reading for seen in self._seen.values() for reading in seen]
        readings += [AGE.at(now - since, name) for name, since in self._since.items()]
        families: dict[str, Family] = {}
        for reading in readings:
            family = families.setdefault(reading.metric.name, _family(reading.metric))
            family.add_metric(reading.labels, reading.value)  # type: ignore[attr-defined]
        yield from families.values()

    async def _keep(self, look: Look) -> None:
        while True:
            began = time.monotonic()
            try:
                async with asyncio.timeout(LONGEST_SECONDS):
                    readings = await look.take()
            except Exception as error:  # a figure that cannot be read must not end the process
                COLLECT_ERRORS.labels(look.name).inc()
                log.warning("metrics.not_collected", look=look.name, error=repr(error))
            else:
                self._seen = {**self._seen, look.name: readings}
                self._since[look.name] = time.monotonic()
            COLLECT_SECONDS.labels(look.name).set(time.monotonic() - began)
            await asyncio.sleep(look.every)


def _family(metric: Metric) -> Family:
    kind = CounterMetricFamily if metric.kind is Kind.COUNTER else GaugeMetricFamily
    return kind(metric.name, metric.help, labels=metric.labels)
