"""Escalations that went astray: the check finds them, and reconciling puts them right."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

from law.periods import start_of
from services.alerts.checks import Checks
from services.alerts.tables import Escalation
from tests.integration.alerts.escalating import Office, passed


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


async def test_a_wait_that_a_newer_calendar_moves_is_counted_anew(office: Office) -> None:
    town = office.town
    async with town.database.transaction() as session:
        case = await session.get_one(Escalation, "s1/1")
        case.due_on = date(2026, 9, 30)  # as an older calendar may have had it
    await Checks(town.database, town.clock, town.timers).reconcile()
    assert (await office.case()).due_on == date(2026, 9, 15)
    assert town.timers.stands["s1/1"].due_at == start_of(date(2026, 9, 15))
