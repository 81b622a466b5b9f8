"""Starts and signals the workflows of alerts, each by an id derived from its object (D-04)."""

from __future__ import annotations

from hashlib import sha256

from temporalio.common import SearchAttributePair

from plumbing.clock import Clock
from plumbing.temporal import AGGREGATE_ID
from plumbing.workflow_client import WorkflowClient
from services.alerts.escalation.workflows import EscalationStand, EscalationWorkflow
from services.alerts.webhooks.tables import TEXT_PREFIX
from services.alerts.workflows import (
    DeliveryInput,
    DeliveryWorkflow,
    WatchInput,
    WatchWorkflow,
)

EARLIEST_SECONDS = 60
SPREAD_SECONDS = 600


def watch_id(bureau: str) -> str:
    """Returns the workflow id of a bureau's daily watch."""
    return f"watch/{bureau}"


def delivery_id(notice_id: str) -> str:
    """Returns the workflow id of a notice's delivery."""
    return f"delivery/{notice_id}"


def message_workflow_id(message_id: str) -> str:
    """Returns the workflow id of the delivery of a message to a webhook."""
    return f"message/{message_id}"


def message_input(message_id: str) -> DeliveryInput:
    """Returns the schedule of a message to a webhook: for 24 hours, in pauses of up to 4 hours.

    Text messages to operators have an activity of their own, which former releases do not have.
    """
    texted = message_id.startswith(TEXT_PREFIX)
    return DeliveryInput(
        notice_id=message_id,
        longest_seconds=4 * 3600.0,
        patience_seconds=24 * 3600.0,
        factor=3.0,
        deliver="send_text_message" if texted else "send_message",
        give_up="give_up_message",
    )


def escalation_id(case_id: str) -> str:
    """Returns the workflow id of an escalation case."""
    return f"escalation/{case_id}"


def wakes_after(bureau: str) -> int:
    """Returns the seconds after midnight at which a bureau's daily watch runs.

    The number is always the same for a bureau; the bureaus are spread over ten minutes.
    """
    return EARLIEST_SECONDS + int.from_bytes(sha256(bureau.encode()).digest()[:4]) % SPREAD_SECONDS


class Timers:
    """Starts and signals the workflows of alerts. Every call may be repeated safely.

    Every method raises Away while Temporal cannot be reached.
    """

    def __init__(self, workflows: WorkflowClient, clock: Clock) -> None:
        self._workflows, self._clock = workflows, clock

    async def watch(self, bureau: str) -> None:
        """Sends the sandbox clock's present offset to a bureau's watch; starts a missing watch."""
        offset_seconds = self._clock.offset().total_seconds()
        start = WatchInput(
            bureau=bureau, wakes_after=wakes_after(bureau), offset_seconds=offset_seconds
        )
        await self._workflows.signal(
            WatchWorkflow.run, start, watch_id(bureau), "clock_moved", offset_seconds
        )

    async def deliver(self, notice_id: str) -> None:
        """Starts the delivery of a notice if it is missing, and requests one more attempt."""
        start = DeliveryInput(notice_id=notice_id)
        await self._workflows.signal(DeliveryWorkflow.run, start, delivery_id(notice_id), "asked")

    async def send(self, message_id: str) -> None:
        """Starts the delivery of a message to a webhook if it is missing."""
        start, id_ = message_input(message_id), message_workflow_id(message_id)
        await self._workflows.signal(DeliveryWorkflow.run, start, id_, "asked")

    async def escalate(self, stand: EscalationStand) -> None:
        """Sends the state of an escalation case to its workflow; starts a missing workflow."""
        case_id = stand.escalation_id
        await self._workflows.signal(
            EscalationWorkflow.run,
            stand,
            escalation_id(case_id),
            "stands",
            stand,
            found_by=[SearchAttributePair(AGGREGATE_ID, case_id)],
        )

    async def listed(self, workflow_type: str) -> set[str]:
        """Returns the ids of the workflows of a type that Temporal lists as running.

        The list is a moment behind.
        """
        return await self._workflows.running(workflow_type)

    async def escalating(self) -> set[str]:
        """Returns the ids of the escalation cases whose workflow Temporal lists as running."""
        running = await self.listed("Escalation")
        return {workflow_id.removeprefix("escalation/") for workflow_id in running}

    async def keep(self, workflow_id: str) -> bool:
        """Returns whether a workflow with that id runs as it should; ends one that does not."""
        return await self._workflows.keep(workflow_id)

    async def runs(self, workflow_id: str) -> bool:
        """Returns whether a workflow with that id is running."""
        return await self._workflows.runs(workflow_id)
