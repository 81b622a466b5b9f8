"""Escalation waits after the reminder for an order made in time, and for nothing else."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlmodel import select

from plumbing.audit import AuditEntry
from plumbing.identity import service_caller
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import orders_pb2 as orders
from services.alerts.checks import Checks
from services.alerts.tables import AwaitedOrder
from tests.integration.alerts.escalation_desk import CASEWORKER, EscalationDesk, passed
from tests.integration.alerts.running_alerts import (
    BUREAU,
    RunningAlerts,
    instrument,
    verification,
)
from tests.integration.alerts.test_cases_of_grades import contest


@pytest.fixture
async def overdue(alerts: RunningAlerts) -> EscalationDesk:
    """The people of escalation; an instrument's verification ends today, and is over tomorrow."""
    alerts.timers.running.add(f"watch/{BUREAU}")
    await alerts.put(instrument(), verification(1, alerts.today))
    return EscalationDesk(alerts)


def order(
    alerts: RunningAlerts, state: str = "applied", version: int = 1, number: int = 1, late: int = 0
) -> events.OrdersChanged:
    """An order for an instrument, made `late` days after its verification ended."""
    until = alerts.today - timedelta(days=late)
    ended = state in {"completed", "refused", "withdrawn"}
    due_on = "" if ended else (alerts.today + timedelta(days=20)).isoformat()
    row = orders.Order(
        order_id=f"o{number}",
        instrument_id=f"i{number}",
        subject_id="s1",
        bureau=BUREAU,
        type_code="FUEL",
        serial_no=f"NO-{number}",
        institution="合成检定院",
        state=state,
        applied_on=alerts.today.isoformat(),
        valid_until=until.isoformat(),
        due_on=due_on,
        version=version,
    )
    return events.OrdersChanged(orders=[row])


async def ended(alerts: RunningAlerts, state: str) -> None:
    """Announces that the order on file has ended."""
    [row] = await alerts.rows(AwaitedOrder)
    message = order(alerts, state, version=row.version + 1)
    message.orders[0].applied_on = row.applied_on.isoformat()
    await alerts.announce(message, aggregate="subject/s1")


async def hold(desk: EscalationDesk) -> None:
    """Applies in time, goes through the reminder, and up to the day of the next step."""
    alerts = desk.alerts
    await alerts.announce(order(alerts), aggregate="subject/s1")
    await alerts.watch_days(1)
    await desk.take_steps("reminder")
    await desk.propose_next_step()


async def test_after_the_reminder_a_case_waits_for_an_order_made_in_time(
    overdue: EscalationDesk,
) -> None:
    await hold(overdue)
    case = await overdue.case()
    assert (case.state, case.step, case.due_on) == ("held", "guidance_letter", None)
    assert await overdue.steps() == [("reminder", "carried_out")]
    [shown] = (await overdue.read_case(CASEWORKER)).orders
    assert (shown.order_id, shown.institution, shown.late) == ("o1", "合成检定院", "")
    assert await overdue.problems() == []


async def test_the_owner_is_told_that_the_institution_is_late(overdue: EscalationDesk) -> None:
    await hold(overdue)
    overdue.alerts.pass_days(30)
    [shown] = (await overdue.read_case(CASEWORKER)).orders
    assert shown.late == "institution"


@pytest.mark.parametrize("state", ["refused", "withdrawn"])
async def test_when_the_order_ends_without_a_result_escalation_goes_on(
    overdue: EscalationDesk, state: str
) -> None:
    await hold(overdue)
    await ended(overdue.alerts, state)
    case = await overdue.case()
    assert (case.state, case.due_on) == ("waiting", overdue.alerts.today)
    assert overdue.alerts.timers.states["s1/1"].due_at is not None
    assert await grounds_of(overdue.alerts) == {
        "hold_escalation": "S4 二(三)",
        "release_escalation": "S4 四(二)",
    }
    await overdue.propose_next_step()
    assert (await overdue.steps())[-1] == ("guidance_letter", "proposed")


async def test_the_audit_names_the_article_that_holds_a_case_not_each_that_bears_on_it(
    overdue: EscalationDesk,
) -> None:
    await contest(overdue.alerts, "lodged", 1, "instrument/i1")
    await hold(overdue)
    assert (await grounds_of(overdue.alerts))["hold_escalation"] == "S4 二(三)"


async def grounds_of(alerts: RunningAlerts) -> dict[str, str]:
    """The article of each holding and release in the audit."""
    rows = await alerts.rows(AuditEntry)
    holds = {"hold_escalation", "release_escalation"}
    return {one.action: one.ground for one in rows if one.action in holds}


async def test_a_rejection_ends_the_waiting_and_a_pass_the_case(overdue: EscalationDesk) -> None:
    await hold(overdue)
    alerts = overdue.alerts
    day = alerts.today.isoformat()
    rejection = verification(9, None, instrument_id="i1", result="reject", verified_on=day)
    await alerts.put(rejection)
    assert (await overdue.case()).state == "waiting"
    await alerts.put(passed(10, 1, alerts.today + timedelta(days=1)))
    assert (await overdue.case()).state == "closed"


async def test_an_order_made_too_late_excuses_nobody(overdue: EscalationDesk) -> None:
    alerts = overdue.alerts
    await alerts.watch_days(1)
    await alerts.announce(order(alerts, late=1), aggregate="subject/s1")
    await overdue.take_steps("reminder")
    await overdue.propose_next_step()
    assert (await overdue.steps())[-1] == ("guidance_letter", "proposed")
    [shown] = (await overdue.read_case(CASEWORKER)).orders
    assert shown.late == "owner"


async def test_one_instrument_without_an_order_is_enough_to_go_on(overdue: EscalationDesk) -> None:
    alerts = overdue.alerts
    await alerts.put(instrument(2), verification(2, alerts.today))
    await hold(overdue)
    assert (await overdue.steps())[-1] == ("guidance_letter", "proposed")


async def test_a_held_case_goes_on_when_the_watch_finds_another_overdue_instrument(
    overdue: EscalationDesk,
) -> None:
    await hold(overdue)
    alerts = overdue.alerts
    await alerts.put(instrument(2), verification(2, alerts.today + timedelta(days=1)))
    assert (await overdue.case()).state == "held"
    await alerts.watch_days(3)
    assert (await overdue.case()).state == "waiting"


async def test_an_order_follows_its_instrument_and_nobody_is_told_again(
    overdue: EscalationDesk,
) -> None:
    alerts = overdue.alerts
    scheduled = order(alerts, "scheduled")
    await alerts.announce(scheduled, aggregate="subject/s1")
    told = len(await alerts.notices("order"))
    scheduled.orders[0].instrument_id, scheduled.orders[0].version = "i2", 2
    scheduled.moved = True
    await alerts.announce(scheduled, aggregate="subject/s1")
    [row] = await alerts.rows(AwaitedOrder)
    assert (row.instrument_id, len(await alerts.notices("order"))) == ("i2", told)


async def test_an_older_version_of_an_order_that_comes_later_changes_nothing(
    overdue: EscalationDesk,
) -> None:
    alerts = overdue.alerts
    first = order(alerts)
    await hold(overdue)
    await ended(alerts, "refused")
    first.orders[0].due_on = date.max.isoformat()
    await alerts.announce(first, aggregate="subject/s1")
    [row] = await alerts.rows(AwaitedOrder)
    assert (row.due_on, (await overdue.case()).state) == (None, "waiting")


async def test_a_case_held_without_an_order_is_found_and_mended(overdue: EscalationDesk) -> None:
    await hold(overdue)
    alerts = overdue.alerts
    async with alerts.changes.change(service_caller("alerts")) as change:
        row = (await change.session.exec(select(AwaitedOrder))).one()
        await change.session.delete(row)
    assert await overdue.problems() == ["escalation.held_without_order"]
    await Checks(alerts.database, alerts.clock, alerts.timers).reconcile()
    assert (await overdue.case()).state == "waiting"
    await alerts.wait_until_idle()
    assert await overdue.problems() == []
