"""`objection/<case_id>` on a real Temporal server: reminders, longer terms, ends, clock moves."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Any

import pytest
from temporalio.client import (
    Client,
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowHandle,
)
from temporalio.testing import TimeSkipper
from temporalio.worker import Worker

from law.periods import start_of
from law.terms.ledger import Term, start
from law.terms.workdays import edition
from plumbing.temporal import BUREAU, CASE_STATE, DUE_AT
from services.objection.messages import (
    CaseStart,
    ClockMove,
    End,
    Ending,
    FoundBy,
    Schedule,
)
from services.objection.schedule import schedule_of
from services.objection.workflows import ObjectionWorkflow
from tests.integration.events.support import eventually
from tests.workflows.case_notes import DAY, FOLLOW_THROUGH, MORNING, STARTS_ON, Notes, offset

NUMBER = "异议〔2026〕330106-0001号"
ACCEPTED_ON = STARTS_ON
RUNGS = [
    f"{rung}/2026-09-20"
    for rung in ("two_days_before", "nearly_due", "last_day", "overdue", "overdue_third")
]
GRANTED = Ending(how=End.DECIDED, outcome="delete")


def five_days() -> Term:
    return start("objection_first", ACCEPTED_ON, edition())


def twenty_days() -> Term:
    return five_days().extend(15, "unit-head", "鉴定", ACCEPTED_ON, edition=edition())


def planned(term: Term, version: int = 2) -> Schedule:
    return schedule_of(term, NUMBER, version)


@asynccontextmanager
async def case_of(
    client: Client, notes: Notes, *, worker_client: Client | None = None, **fields: Any
) -> AsyncIterator[WorkflowHandle[Any, Any]]:
    """A case's workflow with a worker of its own."""
    case_id = str(uuid.uuid4())
    fields = {"offset_seconds": offset(), "case_id": case_id, **fields}
    async with Worker(
        worker_client or client,
        task_queue=case_id,
        workflows=[ObjectionWorkflow],
        activities=notes.all(),
        workflow_failure_exception_types=[Exception],
    ):
        handle = await client.start_workflow(
            ObjectionWorkflow.run,
            CaseStart(**fields),
            id=f"objection/{case_id}",
            task_queue=case_id,
        )
        await eventually(notes.begun)
        yield handle


async def end(client: Client, handle: WorkflowHandle[Any, Any]) -> None:
    await client.get_workflow_handle(handle.id).terminate()


async def test_a_reminder_two_working_days_before_the_last_of_five(skipper: TimeSkipper) -> None:
    notes = Notes()
    async with case_of(skipper.client, notes) as handle:
        await handle.signal(ObjectionWorkflow.scheduled, planned(five_days()))
        await skipper.fast_forward(handle, 2 * DAY)
        assert notes.rungs == []
        await skipper.fast_forward(handle, DAY)
        await eventually(notes.have(1))
        await handle.signal(ObjectionWorkflow.decided, GRANTED)
        await handle.result()
    assert notes.rungs == RUNGS[:1]
    assert notes.done == ["mark_contested", *FOLLOW_THROUGH]


async def test_an_overdue_case_is_escalated_and_not_decided(skipper: TimeSkipper) -> None:
    notes = Notes()
    async with case_of(skipper.client, notes, schedule=planned(five_days())) as handle:
        await skipper.fast_forward(handle, 60 * DAY)
        await eventually(notes.have(5))
        described = await skipper.client.get_workflow_handle(handle.id).describe()
        assert described.search_attributes[DUE_AT.name] == [start_of(date(2026, 9, 21))]
        await end(skipper.client, handle)
    assert notes.rungs == RUNGS
    assert notes.done == ["mark_contested"]


async def test_a_longer_term_skips_the_holiday_and_reminds_again(skipper: TimeSkipper) -> None:
    notes = Notes()
    async with case_of(skipper.client, notes, schedule=planned(five_days())) as handle:
        await handle.signal(ObjectionWorkflow.scheduled, planned(twenty_days(), 4))
        # An older word that comes late changes nothing.
        await handle.signal(ObjectionWorkflow.scheduled, planned(five_days(), 2))
        await skipper.fast_forward(handle, 29 * DAY)  # over 国庆节 and the make-up day 10 October
        assert notes.rungs == []
        await skipper.fast_forward(handle, DAY)
        await eventually(notes.have(1))
        await end(skipper.client, handle)
    assert notes.rungs == ["two_days_before/2026-10-16"]


async def test_it_is_found_by_the_present_bureau_and_state_of_its_case(
    temporal_client: Client,
) -> None:
    notes = Notes()

    async def found(handle: WorkflowHandle[Any, Any]) -> tuple[Any, Any]:
        attributes = (await handle.describe()).search_attributes
        return attributes.get(BUREAU.name), attributes.get(CASE_STATE.name)

    def now(version: int, bureau: str, state: str) -> Schedule:
        found_by = FoundBy(bureau=bureau, state=state)
        return planned(five_days(), version).model_copy(update={"found_by": found_by})

    async with case_of(
        temporal_client, notes, schedule=now(2, "330106", "accepted"), events_per_run=25
    ) as handle:
        current = temporal_client.get_workflow_handle(handle.id)
        assert await found(current) == (["330106"], ["accepted"])
        await handle.signal(ObjectionWorkflow.scheduled, now(4, "330100", "extension_requested"))
        await handle.signal(ObjectionWorkflow.scheduled, now(3, "330106", "accepted"))
        await handle.query(ObjectionWorkflow.schedule)
        assert await found(current) == (["330100"], ["extension_requested"])
        await told_again(handle, 10)  # and it goes on as a new run

        async def went_on() -> bool:
            return (await current.describe()).run_id != handle.first_execution_run_id

        await eventually(went_on)
        assert await found(current) == (["330100"], ["extension_requested"])
        decided = FoundBy(bureau="330100", state="decided")
        ending = GRANTED.model_copy(update={"found_by": decided})
        await current.signal(ObjectionWorkflow.decided, ending)
        await current.result()
        assert await found(current) == (["330100"], ["decided"])


async def test_a_new_schedule_does_not_undo_how_a_case_is_found_once_it_has_ended(
    temporal_client: Client,
) -> None:
    """As when a case is decided while its workflow goes on in another run."""
    notes = Notes()
    before = planned(five_days()).model_copy(
        update={"found_by": FoundBy(bureau="330106", state="accepted")}
    )
    decided = FoundBy(bureau="330106", state="decided")
    ending = GRANTED.model_copy(update={"found_by": decided})
    async with case_of(temporal_client, notes, schedule=before, ending=ending) as handle:
        await handle.result()
        attributes = (await handle.describe()).search_attributes
    assert attributes[CASE_STATE.name] == ["decided"]


async def test_a_decision_prevents_later_reminders(skipper: TimeSkipper) -> None:
    notes = Notes()
    async with case_of(skipper.client, notes, schedule=planned(five_days())) as handle:
        await skipper.fast_forward(handle, 2 * DAY)
        await handle.signal(ObjectionWorkflow.decided, Ending(how=End.DECIDED, outcome="uphold"))
        await handle.result()
    assert notes.rungs == []
    assert "carry_out" not in notes.done  # nothing in the register changes


async def test_stopped_disclosure_is_carried_out_in_the_register(temporal_client: Client) -> None:
    notes = Notes()
    stop = Ending(how=End.DECIDED, outcome="stop_disclosure")
    async with case_of(temporal_client, notes, ending=stop) as handle:
        await handle.result()
    assert notes.done == ["mark_contested", *FOLLOW_THROUGH]


async def test_a_case_decided_item_by_item_is_carried_out_in_the_register(
    temporal_client: Client,
) -> None:
    notes = Notes()
    partly = Ending(how=End.DECIDED, outcome="by_item")
    async with case_of(temporal_client, notes, ending=partly) as handle:
        await handle.result()
    assert notes.done == ["mark_contested", *FOLLOW_THROUGH]


async def test_a_matter_is_sent_back_before_its_records_are_free(temporal_client: Client) -> None:
    notes = Notes()
    back = Ending(how=End.DECIDED, outcome="send_back")
    async with case_of(temporal_client, notes, ending=back) as handle:
        await handle.result()
    followed = [name for name in FOLLOW_THROUGH if name != "carry_out"]
    assert notes.done == ["mark_contested", *followed[:2], "send_back", *followed[2:]]


async def test_a_moved_clock_announces_each_reminder_once(temporal_client: Client) -> None:
    notes = Notes()
    async with case_of(temporal_client, notes, schedule=planned(five_days())) as handle:
        ahead = offset()
        for days in (4, 3, 30, 30):  # never back, never twice
            move = ClockMove(offset_seconds=ahead + days * DAY.total_seconds())
            await handle.signal(ObjectionWorkflow.clock_moved, move)
        await eventually(notes.have(5))
        await handle.signal(ObjectionWorkflow.scheduled, planned(five_days(), 3))
        await handle.signal(ObjectionWorkflow.ended, Ending(how=End.WITHDRAWN))
        await handle.result()
    assert notes.rungs == RUNGS
    assert notes.done == ["mark_contested", "end_contested", "settle"]


async def test_the_whole_state_says_again_what_single_signals_said(
    temporal_client: Client,
) -> None:
    notes = Notes()
    async with case_of(temporal_client, notes) as handle:
        late = offset() + 4 * DAY.total_seconds()
        now = CaseStart(case_id=handle.id.partition("/")[2], offset_seconds=offset())
        await handle.signal(ObjectionWorkflow.stands, now)
        scheduled = now.model_copy(
            update={"schedule": planned(five_days()), "offset_seconds": late}
        )
        for _ in range(2):
            await handle.signal(ObjectionWorkflow.stands, scheduled)
        await eventually(notes.have(2))
        ended = scheduled.model_copy(update={"ending": Ending(how=End.WITHDRAWN)})
        await handle.signal(ObjectionWorkflow.stands, ended)
        await handle.result()
    assert notes.rungs == RUNGS[:2]
    assert notes.done == ["mark_contested", "end_contested", "settle"]


async def test_a_restarted_workflow_repeats_no_reminder(temporal_client: Client) -> None:
    notes = Notes()
    late = (MORNING + 30 * DAY - datetime.now(UTC)).total_seconds()  # noqa: TID251
    reached = RUNGS[:-1]
    async with case_of(
        temporal_client,
        notes,
        schedule=planned(five_days()),
        reached=reached,
        offset_seconds=late,
    ) as handle:
        await eventually(notes.have(1))
        await handle.signal(ObjectionWorkflow.ended, Ending(how=End.DECLINED))
        await handle.result()
    assert notes.rungs == RUNGS[-1:]
    assert notes.done == ["mark_contested", "end_contested", "issue_letter", "settle"]


async def test_the_restarted_workflow_of_a_decided_case_runs_every_activity_again(
    temporal_client: Client,
) -> None:
    notes = Notes()
    async with case_of(
        temporal_client, notes, schedule=planned(five_days()), ending=GRANTED
    ) as handle:
        await handle.result()
    assert (notes.rungs, notes.done) == ([], ["mark_contested", *FOLLOW_THROUGH])


async def test_each_activity_is_tried_until_it_succeeds(temporal_client: Client) -> None:
    notes = Notes()
    notes.failures = {"carry_out": 2, "issue_letter": 1}
    async with case_of(temporal_client, notes, ending=GRANTED) as handle:
        await handle.result()
    assert notes.done == ["mark_contested", *FOLLOW_THROUGH]


async def test_a_refused_activity_is_reported_and_tried_again_on_request(
    temporal_client: Client,
) -> None:
    notes = Notes()
    notes.refusals = {"carry_out": 1}
    async with case_of(temporal_client, notes) as handle:
        await handle.signal(ObjectionWorkflow.decided, GRANTED)
        await eventually(notes.is_stuck)
        assert notes.done == ["mark_contested", "note_grade_before", "note_public"]
        await handle.signal(ObjectionWorkflow.decided, GRANTED)
        await handle.result()
    assert notes.stuck == ["carry_out"]
    assert notes.done == ["mark_contested", *FOLLOW_THROUGH]


async def test_a_refused_mark_is_tried_again_while_the_case_is_open(
    temporal_client: Client,
) -> None:
    notes = Notes()
    notes.refusals = {"mark_contested": 1}
    async with case_of(temporal_client, notes) as handle:
        await eventually(notes.is_stuck)
        await handle.signal(ObjectionWorkflow.asked_again)
        await eventually(notes.marked)
        await handle.signal(ObjectionWorkflow.ended, Ending(how=End.WITHDRAWN))
        await handle.result()
    assert notes.stuck == ["mark_contested"]
    assert notes.done == ["mark_contested", "end_contested", "settle"]


async def test_the_reminders_of_a_term_do_not_wait_for_a_refused_mark(
    skipper: TimeSkipper,
) -> None:
    notes = Notes()
    notes.refusals = {"mark_contested": 1}
    async with case_of(skipper.client, notes, schedule=planned(five_days())) as handle:
        await eventually(notes.is_stuck)
        await skipper.fast_forward(handle, 8 * DAY)
        await eventually(notes.have(4))
        assert (notes.rungs, notes.done) == (RUNGS[:4], [])
        await handle.signal(ObjectionWorkflow.decided, GRANTED)  # which also asks again
        await handle.result()
    assert notes.stuck == ["mark_contested"]
    assert notes.done == ["mark_contested", *FOLLOW_THROUGH]


async def test_a_cancelled_case_ends_and_reports_nothing(temporal_client: Client) -> None:
    notes = Notes()
    notes.failures = {"carry_out": 10_000}
    async with case_of(temporal_client, notes, ending=GRANTED) as handle:
        await eventually(notes.failed)
        await handle.cancel()
        with pytest.raises(WorkflowFailureError):
            await handle.result()
        assert (await handle.describe()).status is WorkflowExecutionStatus.CANCELED
    assert notes.stuck == []


async def told_again(handle: WorkflowHandle[Any, Any], times: int) -> None:
    """Says the state of a case again and again, as reconciling does."""
    state = CaseStart(case_id=handle.id.partition("/")[2], offset_seconds=offset())
    for _ in range(times):
        await handle.signal(ObjectionWorkflow.stands, state)
        await handle.query(ObjectionWorkflow.schedule)  # so that each signal is a step of its own


async def test_a_history_stays_short_however_long_the_case_lives(temporal_client: Client) -> None:
    notes = Notes()
    async with case_of(temporal_client, notes) as handle:
        current = temporal_client.get_workflow_handle(handle.id)
        await told_again(current, 260)
        await current.signal(ObjectionWorkflow.decided, GRANTED)
        await current.result()
    runs = [
        run.run_id async for run in temporal_client.list_workflows(f"WorkflowId = '{handle.id}'")
    ]
    lengths = [
        len(
            (
                await temporal_client.get_workflow_handle(handle.id, run_id=run).fetch_history()
            ).events
        )
        for run in runs
    ]
    assert len(runs) >= 3
    assert max(lengths) < 500, lengths
    assert notes.done.count("settle") == 1


async def test_it_continues_as_new_with_its_whole_state(temporal_client: Client) -> None:
    notes = Notes()
    async with case_of(
        temporal_client, notes, schedule=planned(five_days()), events_per_run=25
    ) as handle:
        move = ClockMove(offset_seconds=offset() + 4 * DAY.total_seconds())
        await handle.signal(ObjectionWorkflow.clock_moved, move)
        await eventually(notes.have(2))
        await told_again(handle, 10)
        current = temporal_client.get_workflow_handle(handle.id)

        async def went_on() -> bool:
            return (await current.describe()).run_id != handle.first_execution_run_id

        await eventually(went_on)
        await current.signal(ObjectionWorkflow.decided, GRANTED)
        await current.result()
    assert notes.rungs == RUNGS[:2]
    assert notes.done[-1] == "settle"
