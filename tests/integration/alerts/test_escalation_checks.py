"""Escalation cases that are wrong: check finds them, and reconcile mends them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any, cast
from uuid import uuid4

import pytest

from law.periods import start_of
from law.terms import workdays
from law.terms.workdays import edition
from protos.alerts.v1 import escalations_pb2 as pb
from services.alerts.checks import Checks
from services.alerts.escalation.checks import EscalationChecks
from services.alerts.escalation.commands import defer
from services.alerts.tables import Escalation
from tests.integration.alerts.escalation_desk import CASEWORKER, EscalationDesk, passed
from tests.integration.events.support import eventually, running

OLD_DUE_ON = date(2026, 9, 15)


async def test_check_finds_a_missing_case_and_reconcile_opens_it(desk: EscalationDesk) -> None:
    alerts = desk.alerts
    async with alerts.database.transaction() as session:
        case = await session.get_one(Escalation, "s1/1")
        case.closed_at, case.state = alerts.clock.now(), cast("Any", "closed")
    assert "escalation.missing" in await desk.problems()
    alerts.timers.running.clear()
    await Checks(alerts.database, alerts.clock, alerts.timers).reconcile()
    # whichever came first: the reconciling itself, or the event of the case that it made
    assert "escalation/s1/2" in alerts.timers.running
    assert await desk.problems() == []


async def test_check_finds_a_cured_case_and_reconcile_closes_it(
    desk: EscalationDesk,
) -> None:
    alerts = desk.alerts
    await alerts.put(passed(11, 1, alerts.today))
    async with alerts.database.transaction() as session:
        case = await session.get_one(Escalation, "s1/1")
        case.closed_at, case.state = None, cast("Any", "waiting")
    assert await desk.problems() == ["escalation.not_closed", "escalation.workflow_missing"]
    await Checks(alerts.database, alerts.clock, alerts.timers).reconcile()
    assert (await desk.case()).state == "closed"


async def test_reconcile_restarts_a_lost_workflow_with_its_wait(
    desk: EscalationDesk,
) -> None:
    alerts = desk.alerts
    await desk.propose_next_step()
    await desk.approve("reminder")
    alerts.timers.running.discard("escalation/s1/1")
    before = alerts.timers.states.pop("s1/1")
    assert await desk.problems() == ["escalation.workflow_missing"]
    report = await Checks(alerts.database, alerts.clock, alerts.timers).reconcile()
    assert report.started[-1:] == ["escalation/s1/1"]
    assert alerts.timers.states["s1/1"].due_at == before.due_at


@pytest.fixture
def newer_calendar(desk: EscalationDesk, monkeypatch: pytest.MonkeyPatch) -> date:
    """An edition published after the case was opened; returns the due day that follows from it."""
    published = edition()
    newer = replace(published, number=published.number + 1, off=published.off | {OLD_DUE_ON})
    monkeypatch.setattr(workdays, "editions", lambda: (published, newer))
    return date(2026, 9, 16)


async def test_check_finds_a_case_that_follows_an_older_calendar(
    desk: EscalationDesk, newer_calendar: date
) -> None:
    assert (await desk.case()).due_on == OLD_DUE_ON
    assert await desk.problems() == ["escalation.due_on_old"]
    await Checks(desk.alerts.database, desk.alerts.clock, desk.alerts.timers).reconcile()
    assert (await desk.case()).due_on == newer_calendar
    assert await desk.problems() == []
    assert desk.alerts.timers.states["s1/1"].due_at == start_of(newer_calendar)


async def test_a_start_of_the_service_brings_the_newer_calendar_to_case_and_workflow(
    desk: EscalationDesk, newer_calendar: date
) -> None:
    alerts = desk.alerts
    checks = EscalationChecks(alerts.database, alerts.clock, alerts.timers)

    async def adopted() -> bool:
        return alerts.timers.states["s1/1"].due_at == start_of(newer_calendar)

    async with running(checks.adopt_calendar()):
        await eventually(adopted)
    assert await desk.problems() == []


async def test_a_day_that_a_person_set_stays_under_a_newer_calendar(
    desk: EscalationDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.propose_next_step()
    request = pb.DeferStepRequest(
        request_id=str(uuid4()), escalation_id="s1/1", step="reminder", review_on="2026-09-30"
    )
    await desk.call(CASEWORKER, defer, request)
    published = edition()
    off = published.off | {date(2026, 9, 30)}
    newer = replace(published, number=published.number + 1, off=off)
    monkeypatch.setattr(workdays, "editions", lambda: (published, newer))
    assert await desk.problems() == []
    await Checks(desk.alerts.database, desk.alerts.clock, desk.alerts.timers).reconcile()
    assert (await desk.case()).due_on == date(2026, 9, 30)
