"""The HTTP endpoint for metrics, in a thread of its own, which answers even in a busy process.

Beside /metrics it answers /ready and /live, by which an orchestrator decides (`readiness`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

from prometheus_client import start_http_server

from plumbing.metrics import counted
from plumbing.metrics.metric import REGISTRY
from plumbing.readiness import READINESS

Application = Callable[[Any, Any], Iterable[bytes]]


def serve_metrics(service: str, address: str) -> None:
    """Serves this process's metrics at http://address/metrics until the process ends.

    Raises OSError if the address is in use.
    """
    counted.BUILD.labels(service, version("quanheng")).set(1)
    counted.PROCESS.set(os.getpid())
    host, _, port = address.rpartition(":")
    server, _ = start_http_server(int(port), host, REGISTRY)
    server.set_app(_beside(server.get_app()))


def _beside(metrics: Any) -> Application:
    def answer(environ: Any, start: Any) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path not in ("/ready", "/live"):
            return metrics(environ, start)  # type: ignore[no-any-return]
        well = READINESS.ready if path == "/ready" else READINESS.live
        status = HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE
        start(f"{status.value} {status.phrase}", [("Content-Type", "text/plain; charset=utf-8")])
        return [f"{READINESS.words()}\n".encode()]

    return answer
