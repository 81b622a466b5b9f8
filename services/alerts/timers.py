"""Starts and signals this service's workflows, each by an id derived from its object (D-04)."""

from __future__ import annotations

from hashlib import sha256

from plumbing.clock import Clock
from plumbing.workflow_client import WorkflowClient
from services.alerts.escalation.workflows import EscalationStand, EscalationWorkflow
from services.alerts.workflows import (
    DeliveryInput,
    DeliveryWorkflow,
    WatchInput,
    WatchWorkflow,
)

EARLIEST_SECONDS = 60
SPREAD_SECONDS = 600


def watch_id(bureau: str) -> str:
    """The id of a bureau's watch."""
    return f"watch/{bureau}"


def delivery_id(notice_id: str) -> str:
    """The id of a notice's delivery."""
    return f"delivery/{notice_id}"


def escalation_id(case_id: str) -> str:
    """The id of an escalation case's workflow."""
    return f"escalation/{case_id}"


def wakes_after(bureau: str) -> int:
    """Seconds after midnight of a bureau's watch: always the same, spread over ten minutes."""
    return EARLIEST_SECONDS + int.from_bytes(sha256(bureau.encode()).digest()[:4]) % SPREAD_SECONDS


class Timers:
    """The workflows of alerts. Calls may be repeated; they raise Away while Temporal is away."""

    def __init__(self, workflows: WorkflowClient, clock: Clock) -> None:
        self._workflows, self._clock = workflows, clock

    async def watch(self, bureau: str, offset_seconds: float | None = None) -> None:
        """Starts the watch of a bureau where missing, and signals the offset of the clock."""
        if offset_seconds is None:
            offset_seconds = self._clock.offset().total_seconds()
        start = WatchInput(
            bureau=bureau, wakes_after=wakes_after(bureau), offset_seconds=offset_seconds
        )
        await self._workflows.signal(
            WatchWorkflow.run, start, watch_id(bureau), "clock_moved", offset_seconds
        )

    async def deliver(self, notice_id: str) -> None:
        """Starts the delivery of a notice where missing, and asks for one more attempt."""
        start = DeliveryInput(notice_id=notice_id)
        await self._workflows.signal(DeliveryWorkflow.run, start, delivery_id(notice_id), "asked")

    async def escalate(self, stand: EscalationStand) -> None:
        """Starts the workflow of a case where missing, and signals the state of the case."""
        case_id = stand.escalation_id
        await self._workflows.signal(
            EscalationWorkflow.run,
            stand,
            escalation_id(case_id),
            "stands",
            stand,
            aggregate_id=case_id,
        )

    async def escalating(self) -> set[str]:
        """The cases whose workflow Temporal lists as running; the list is a moment behind."""
        running = await self._workflows.running("Escalation")
        return {workflow_id.removeprefix("escalation/") for workflow_id in running}

    async def runs(self, workflow_id: str) -> bool:
        """Whether a workflow of that id is running."""
        return await self._workflows.runs(workflow_id)
