"""The metrics of the processes as they stand now: what `quanheng status` reads.

The same figures that Prometheus takes, from the same place, so that screen and alarm agree.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException

from prometheus_client.parser import text_string_to_metric_families

from plumbing.clock import SystemClock
from plumbing.settings import SERVICES, Settings

ANSWER_WITHIN_SECONDS = 3.0


@dataclass(frozen=True)
class Sample:
    """One value."""

    name: str
    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True)
class Scrape:
    """What one process said; `samples` is None where it did not answer."""

    service: str
    address: str
    samples: Sequence[Sample] | None

    @property
    def up(self) -> bool:
        """Whether the process answered."""
        return self.samples is not None

    @property
    def ready(self) -> bool:
        """Whether it serves; one that is up may be waiting for its engines."""
        return self.sum("quanheng_ready") > 0

    @property
    def pid(self) -> int:
        """Its process id; 0 where it did not answer."""
        return int(self.sum("quanheng_process_id"))

    @property
    def uptime(self) -> float:
        """For how many seconds it has run."""
        since = self.sum("process_start_time_seconds")
        return SystemClock().now().timestamp() - since if since else 0.0

    @property
    def version(self) -> str:
        """Its version."""
        return next((one.labels["version"] for one in self.of("quanheng_build_info")), "")

    def of(self, name: str, **labels: str) -> Iterator[Sample]:
        """The samples of a metric under these labels."""
        for one in self.samples or ():
            if one.name == name and labels.items() <= one.labels.items():
                yield one

    def sum(self, name: str, **labels: str) -> float:
        """Their sum; 0 without any."""
        return sum(one.value for one in self.of(name, **labels))

    def most(self, name: str, **labels: str) -> float:
        """The largest of them; 0 without any."""
        return max((one.value for one in self.of(name, **labels)), default=0.0)

    def by(self, name: str, label: str) -> dict[str, float]:
        """A metric's values by one of its labels."""
        found: dict[str, float] = {}
        for one in self.of(name):
            found[one.labels[label]] = found.get(one.labels[label], 0.0) + one.value
        return found


async def scrape_all(settings: Settings) -> list[Scrape]:
    """Asks every service's process at once."""
    return await asyncio.gather(*(_scrape(settings, service) for service in SERVICES))


async def _scrape(settings: Settings, service: str) -> Scrape:
    address = settings.metrics_address(service)
    return Scrape(service, address, await asyncio.to_thread(_samples, address))


def _samples(address: str) -> list[Sample] | None:
    host, _, port = address.rpartition(":")
    # Not by way of a proxy: that is meant for the outside world.
    connection = HTTPConnection(host, int(port), timeout=ANSWER_WITHIN_SECONDS)
    try:
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()
    return [
        Sample(one.name, one.labels, one.value)
        for family in text_string_to_metric_families(text)
        for one in family.samples
    ]
