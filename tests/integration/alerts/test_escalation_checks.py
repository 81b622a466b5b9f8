"""Escalations that went astray: the check finds them, and reconciling puts them right."""

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
from tests.integration.alerts.escalating import CASEWORKER, Office, passed
from tests.integration.events.support import eventually, running

OLD_DUE_ON = date(2026, 9, 15)


async def test_a_case_that_should_be_is_found_missing_and_made(office: Office) -> None:
    town = office.town
    async with town.database.transaction() as session:
        case = await session.get_one(Escalation, "s1/1")
        case.closed_at, case.state = town.clock.now(), cast("Any", "closed")
    assert "escalation.missing" in await office.problems()
    town.timers.running.clear()
    await Checks(town.database, town.clock, town.timers).reconcile()
    # whichever came first: the reconciling itself, or the event of the case that it made
    assert "escalation/s1/2" in town.timers.running
    assert await office.problems() == []


async def test_a_case_that_should_be_closed_is_found_and_closed(office: Office) -> None:
    town = office.town
    await town.tell_of(passed(11, 1, town.today))
    async with town.database.transaction() as session:
        case = await session.get_one(Escalation, "s1/1")
        case.closed_at, case.state = None, cast("Any", "waiting")
    assert await office.problems() == ["escalation.not_closed", "escalation.workflow_missing"]
    await Checks(town.database, town.clock, town.timers).reconcile()
    assert (await office.case()).state == "closed"


async def test_a_lost_workflow_goes_on_with_its_remaining_wait(office: Office) -> None:
    town = office.town
    await office.morning_of_step()
    await office.approve("reminder")
    town.timers.running.discard("escalation/s1/1")
    before = town.timers.stands.pop("s1/1")
    assert await office.problems() == ["escalation.workflow_missing"]
    done = await Checks(town.database, town.clock, town.timers).reconcile()
    assert done.started[-1:] == ["escalation/s1/1"]
    assert town.timers.stands["s1/1"].due_at == before.due_at


@pytest.fixture
def newer_calendar(office: Office, monkeypatch: pytest.MonkeyPatch) -> date:
    """An edition published after the case was opened; returns the due day that follows from it."""
    published = edition()
    newer = replace(published, number=published.number + 1, off=published.off | {OLD_DUE_ON})
    monkeypatch.setattr(workdays, "editions", lambda: (published, newer))
    return date(2026, 9, 16)


async def test_check_finds_a_case_that_follows_an_older_calendar(
    office: Office, newer_calendar: date
) -> None:
    assert (await office.case()).due_on == OLD_DUE_ON
    assert await office.problems() == ["escalation.due_on_old"]
    await Checks(office.town.database, office.town.clock, office.town.timers).reconcile()
    assert (await office.case()).due_on == newer_calendar
    assert await office.problems() == []
    assert office.town.timers.stands["s1/1"].due_at == start_of(newer_calendar)


async def test_a_start_of_the_service_brings_the_newer_calendar_to_case_and_workflow(
    office: Office, newer_calendar: date
) -> None:
    town = office.town
    checks = EscalationChecks(town.database, town.clock, town.timers)

    async def adopted() -> bool:
        return town.timers.stands["s1/1"].due_at == start_of(newer_calendar)

    async with running(checks.adopt_calendar()):
        await eventually(adopted)
    assert await office.problems() == []


async def test_a_day_that_a_person_set_stays_under_a_newer_calendar(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    await office.morning_of_step()
    request = pb.DeferStepRequest(
        request_id=str(uuid4()), escalation_id="s1/1", step="reminder", review_on="2026-09-30"
    )
    await office.ask(CASEWORKER, defer, request)
    published = edition()
    off = published.off | {date(2026, 9, 30)}
    newer = replace(published, number=published.number + 1, off=off)
    monkeypatch.setattr(workdays, "editions", lambda: (published, newer))
    assert await office.problems() == []
    await Checks(office.town.database, office.town.clock, office.town.timers).reconcile()
    assert (await office.case()).due_on == date(2026, 9, 30)
