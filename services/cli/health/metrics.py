"""Reads the current metrics of each process, for `quanheng status`.

They are read from the same address as Prometheus reads, so that the screen and the alarms agree.
"""

from __future__ import annotations

import asyncio
from http.client import HTTPConnection, HTTPException

from prometheus_client.parser import text_string_to_metric_families

from plumbing.settings import SERVICES, Settings
from plumbing.state.figures import Sample, Scrape

ANSWER_WITHIN_SECONDS = 3.0


async def scrape_all(settings: Settings) -> list[Scrape]:
    """Reads the metrics of every service process, all at the same time."""
    return await asyncio.gather(*(_scrape(settings, service) for service in SERVICES))


async def _scrape(settings: Settings, service: str) -> Scrape:
    address = settings.metrics_address(service)
    return Scrape(service, address, await asyncio.to_thread(_samples, address))


def _samples(address: str) -> list[Sample] | None:
    host, _, port = address.rpartition(":")
    # Without a proxy: a proxy is meant for the outside world.
    connection = HTTPConnection(host, int(port), timeout=ANSWER_WITHIN_SECONDS)
    try:
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()
    return [
        Sample(sample.name, sample.labels, sample.value)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    ]
