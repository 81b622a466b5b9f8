"""`repair/<case_id>` on a real Temporal server: fifteen days from submission, and what follows."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

from temporalio.client import Client, WorkflowHandle
from temporalio.testing import TimeSkipper
from temporalio.worker import Worker

from law.periods import start_of
from law.terms.ledger import start
from law.terms.workdays import edition
from plumbing.temporal import DUE_AT
from services.objection.messages import CaseStart, ClockMove, End, Ending, Schedule
from services.objection.schedule import schedule_of
from services.objection.workflows import RepairWorkflow
from tests.integration.events.support import eventually
from tests.workflows.case_notes import DAY, STARTS_ON, Notes, offset

CONFIRMED = Ending(how=End.DECIDED, outcome="confirm_repair")
REFUSED = Ending(how=End.DECIDED, outcome="decline_repair")
AFTER_CONFIRMATION = [
    "note_grade_before",
    "note_public",
    "repair_records",
    "note_grade_after",
    "publish_changes",
    "inform_receivers",
    "issue_letter",
    "settle",
]
# Across 中秋 and 国庆, with the make-up days 20 September and 10 October.
LAST = "2026-10-10"


def fifteen_days() -> Schedule:
    return schedule_of(start("repair", STARTS_ON, edition()), "修复〔2026〕330106-0001号", 1)


@asynccontextmanager
async def repair_of(
    client: Client, notes: Notes, **fields: Any
) -> AsyncIterator[WorkflowHandle[Any, Any]]:
    """A repair's workflow with a worker of its own."""
    case_id = str(uuid.uuid4())
    fields = {"offset_seconds": offset(), "case_id": case_id, "schedule": fifteen_days(), **fields}
    async with Worker(
        client,
        task_queue=case_id,
        workflows=[RepairWorkflow],
        activities=notes.all(),
        workflow_failure_exception_types=[Exception],
    ):
        yield await client.start_workflow(
            RepairWorkflow.run, CaseStart(**fields), id=f"repair/{case_id}", task_queue=case_id
        )


async def test_the_term_of_a_repair_runs_from_submission(skipper: TimeSkipper) -> None:
    notes = Notes()
    async with repair_of(skipper.client, notes) as handle:
        await skipper.fast_forward(handle, 60 * DAY)
        await eventually(notes.have(5))
        described = await skipper.client.get_workflow_handle(handle.id).describe()
        overdue_at = start_of(date.fromisoformat(LAST) + DAY)
        assert described.search_attributes[DUE_AT.name] == [overdue_at]
        await skipper.client.get_workflow_handle(handle.id).signal(
            RepairWorkflow.ended, Ending(how=End.DECLINED)
        )
        await handle.result()
    names = ("two_days_before", "nearly_due", "last_day", "overdue", "overdue_third")
    assert notes.rungs == [f"{name}/{LAST}" for name in names]
    assert notes.done == ["issue_letter", "settle"]


async def test_a_confirmed_repair_is_carried_out(temporal_client: Client) -> None:
    notes = Notes()
    notes.failures = {"repair_records": 2, "note_grade_after": 1}
    async with repair_of(temporal_client, notes) as handle:
        await handle.signal(RepairWorkflow.decided, CONFIRMED)
        await handle.result()
    assert (notes.rungs, notes.done) == ([], AFTER_CONFIRMATION)


async def test_a_refused_repair_changes_nothing_in_the_register(temporal_client: Client) -> None:
    notes = Notes()
    async with repair_of(temporal_client, notes, ending=REFUSED) as handle:
        await handle.result()
    assert notes.done == ["issue_letter", "settle"]


async def test_a_withdrawn_repair_ends_without_a_letter(temporal_client: Client) -> None:
    notes = Notes()
    late = offset() + 30 * DAY.total_seconds()
    async with repair_of(temporal_client, notes) as handle:
        await handle.signal(RepairWorkflow.clock_moved, ClockMove(offset_seconds=late))
        await eventually(notes.have(5))
        await handle.signal(RepairWorkflow.ended, Ending(how=End.WITHDRAWN))
        await handle.result()
    assert notes.done == ["settle"]


async def test_a_refused_activity_is_reported_and_tried_again_on_request(
    temporal_client: Client,
) -> None:
    notes = Notes()
    notes.refusals = {"repair_records": 1}
    async with repair_of(temporal_client, notes) as handle:
        await handle.signal(RepairWorkflow.decided, CONFIRMED)
        await eventually(notes.is_stuck)
        assert notes.done == ["note_grade_before", "note_public"]
        await handle.signal(RepairWorkflow.decided, CONFIRMED)
        await handle.result()
    assert (notes.stuck, notes.done) == (["repair_records"], AFTER_CONFIRMATION)
