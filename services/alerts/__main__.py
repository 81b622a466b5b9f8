"""Alerts as a process."""

from __future__ import annotations

from plumbing import temporal
from plumbing.assembly import Assembly, Parts
from plumbing.process import main
from services.alerts.activities import Activities
from services.alerts.checking import Checks
from services.alerts.consumers import consumers
from services.alerts.policy import POLICY, SERVICE
from services.alerts.servicer import AlertsServicer
from services.alerts.timers import Timers
from services.alerts.workflows import DeliveryWorkflow, WatchWorkflow


async def build(parts: Parts) -> Assembly:
    """Wires alerts by hand."""
    client = await temporal.connect(parts.settings)
    timers = Timers(client, parts.clock)
    activities = Activities(parts.changes, parts.settings)
    worker = temporal.worker(client, "alerts", [WatchWorkflow, DeliveryWorkflow], activities.all())
    checks = Checks(parts.database, parts.clock, timers)
    return Assembly(
        rpc={SERVICE: AlertsServicer(parts.changes).register},
        policies=[POLICY],
        consumers=consumers(parts, timers),
        background=[worker.run],
        check=checks.check,
        reconcile=checks.reconcile,
    )


if __name__ == "__main__":
    main("alerts", build)
