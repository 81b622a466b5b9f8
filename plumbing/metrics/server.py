"""The HTTP endpoint for metrics, in a thread of its own, which answers even in a busy process."""

from __future__ import annotations

import os
from importlib.metadata import version

from prometheus_client import start_http_server

from plumbing.metrics import counted
from plumbing.metrics.metric import REGISTRY


def serve_metrics(service: str, address: str) -> None:
    """Serves this process's metrics at http://address/metrics until the process ends.

    Raises OSError if the address is in use.
    """
    counted.BUILD.labels(service, version("quanheng")).set(1)
    counted.PROCESS.set(os.getpid())
    host, _, port = address.rpartition(":")
    start_http_server(int(port), host, REGISTRY)
