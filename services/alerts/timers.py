"""Starting and signalling this service's workflows, each by its deterministic id (D-04)."""

from __future__ import annotations

from hashlib import sha256

from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.common import SearchAttributePair, TypedSearchAttributes, WorkflowIDConflictPolicy
from temporalio.service import RPCError, RPCStatusCode

from plumbing.clock import Clock
from plumbing.events.inbox import TryLater
from plumbing.temporal import AGGREGATE_ID, task_queue
from services.alerts.escalation.workflows import EscalationStand, EscalationWorkflow
from services.alerts.workflows import (
    DeliveryInput,
    DeliveryWorkflow,
    WatchInput,
    WatchWorkflow,
)

QUEUE = task_queue("alerts")
EARLIEST_SECONDS = 60
SPREAD_SECONDS = 600
_ESCALATING = "WorkflowType = 'Escalation' AND ExecutionStatus = 'Running'"


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
    """Seconds after midnight: bureaus are spread over minutes, each always at its own."""
    return EARLIEST_SECONDS + int.from_bytes(sha256(bureau.encode()).digest()[:4]) % SPREAD_SECONDS


class Timers:
    """The workflows of alerts. Every call is idempotent; raises TryLater when Temporal is away."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client, self._clock = client, clock

    async def watch(self, bureau: str, offset_seconds: float | None = None) -> None:
        """Makes a bureau's watch run and know by how much the platform's clock is ahead."""
        if offset_seconds is None:
            offset_seconds = self._clock.offset().total_seconds()
        told = WatchInput(
            bureau=bureau, wakes_after=wakes_after(bureau), offset_seconds=offset_seconds
        )
        try:
            await self._client.start_workflow(
                WatchWorkflow.run,
                told,
                id=watch_id(bureau),
                task_queue=QUEUE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                start_signal="clock_moved",
                start_signal_args=[offset_seconds],
            )
        except RPCError as error:
            raise TryLater(f"Temporal: {error.message}") from error

    async def deliver(self, notice_id: str) -> None:
        """Makes a delivery run; one about to end looks once more."""
        try:
            await self._client.start_workflow(
                DeliveryWorkflow.run,
                DeliveryInput(notice_id=notice_id),
                id=delivery_id(notice_id),
                task_queue=QUEUE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                start_signal="asked",
            )
        except RPCError as error:
            raise TryLater(f"Temporal: {error.message}") from error

    async def escalate(self, stand: EscalationStand) -> None:
        """Makes the workflow of a case run and know how the case stands."""
        try:
            await self._client.start_workflow(
                EscalationWorkflow.run,
                stand,
                id=escalation_id(stand.escalation_id),
                task_queue=QUEUE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                search_attributes=TypedSearchAttributes(
                    [SearchAttributePair(AGGREGATE_ID, stand.escalation_id)]
                ),
                start_signal="stands",
                start_signal_args=[stand],
            )
        except RPCError as error:
            raise TryLater(f"Temporal: {error.message}") from error

    async def escalating(self) -> set[str]:
        """The cases whose workflow is listed as running; the list lags a little."""
        listed = self._client.list_workflows(_ESCALATING)
        return {run.id.removeprefix("escalation/") async for run in listed}

    async def runs(self, workflow_id: str) -> bool:
        """Whether a workflow of that id is running."""
        try:
            found = await self._client.get_workflow_handle(workflow_id).describe()
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return False
            raise
        return found.status is WorkflowExecutionStatus.RUNNING
