"""What the portal tells of itself to Prometheus, at an address that visitors do not reach."""

from __future__ import annotations

import asyncio
from typing import NoReturn

from plumbing.metrics import counted
from plumbing.metrics.metric import REGISTRY
from plumbing.metrics.server import serve_metrics
from plumbing.readiness import LOOK_EVERY_SECONDS, READINESS
from plumbing.settings import PORTAL, Settings
from services.portal.visit import Portal


def serve_own_metrics(settings: Settings) -> None:
    """Serves the metrics of this process until it ends; raises OSError if the address is in use."""
    REGISTRY.unregister(counted.NATS_CONNECTED)  # the portal has no connection to NATS
    counted.READY.set_function(lambda: float(READINESS.ready))
    serve_metrics(PORTAL, settings.metrics_listen_address(PORTAL))


async def lacking(portal: Portal) -> list[str]:
    """Returns what the portal cannot answer without and does not reach now."""
    lacks = [] if await portal.sessions.reachable() else ["postgresql"]
    return lacks + ([] if await portal.visitor.is_ready() else ["registry"])


async def follow_readiness(portal: Portal) -> NoReturn:
    """Looks every three seconds, until cancelled, whether the portal can answer."""
    while True:
        lacks = await lacking(portal)
        READINESS.waits_for(", ".join(lacks))
        if lacks:
            READINESS.stops()
        else:
            READINESS.serves()
        await asyncio.sleep(LOOK_EVERY_SECONDS)
