"""The figures of one process at one moment, as its metrics tell them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from plumbing.clock import SystemClock


@dataclass(frozen=True)
class Sample:
    """One value of a metric, with its labels."""

    name: str
    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True)
class Scrape:
    """The metrics of one process; `samples` is None if the process did not answer."""

    service: str
    address: str
    samples: Sequence[Sample] | None

    @property
    def up(self) -> bool:
        """True if the process answered."""
        return self.samples is not None

    @property
    def ready(self) -> bool:
        """True if the process serves calls; it may run but still wait for NATS or Temporal."""
        return self.sum("quanheng_ready") > 0

    @property
    def pid(self) -> int:
        """The process id; 0 if the process did not answer."""
        return int(self.sum("quanheng_process_id"))

    @property
    def uptime(self) -> float:
        """Seconds since the process started; 0 if unknown."""
        since = self.sum("process_start_time_seconds")
        return SystemClock().now().timestamp() - since if since else 0.0

    @property
    def version(self) -> str:
        """The program version of the process; empty if unknown."""
        return next((sample.labels["version"] for sample in self.of("quanheng_build_info")), "")

    def of(self, name: str, **labels: str) -> Iterator[Sample]:
        """Yields the samples of a metric that have the given labels."""
        for sample in self.samples or ():
            if sample.name == name and labels.items() <= sample.labels.items():
                yield sample

    def sum(self, name: str, **labels: str) -> float:
        """Returns the sum of a metric's samples with the given labels; 0 without any sample."""
        return sum(sample.value for sample in self.of(name, **labels))

    def most(self, name: str, **labels: str) -> float:
        """Returns the largest of a metric's samples with the given labels; 0 without any sample."""
        return max((sample.value for sample in self.of(name, **labels)), default=0.0)

    def by(self, name: str, label: str) -> dict[str, float]:
        """Returns the sum of a metric's samples for each value of the label."""
        sums: dict[str, float] = {}
        for sample in self.of(name):
            sums[sample.labels[label]] = sums.get(sample.labels[label], 0.0) + sample.value
        return sums
