"""Whether institutions report in time: recorded with the verification, listed, counted and told."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
from sqlmodel import select

from plumbing.change import Changes
from plumbing.clock import FixedClock
from plumbing.identity import Role, service_caller
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import institutions_pb2 as pb
from protos.registry.v1 import orders_pb2 as orders
from protos.registry.v1 import registry_pb2 as register
from services.registry.institutions.reminding import tell, untold
from services.registry.institutions.tables import Institution
from services.registry.orders.moves import step
from services.registry.orders.states import OrderState
from services.registry.orders.tables import Order
from tests.integration.registry.import_files import (
    reasons,
    undo,
    upload,
    verification,
    verifications,
)
from tests.integration.registry.running_registry import (
    CITY,
    DISTRICT,
    FOREIGN,
    Client,
    RunningRegistry,
    outbox,
    refused,
    verify,
)
from tests.integration.registry.test_certificates import pdf, send
from tests.integration.registry.test_orders import application, firm, move

TODAY = date(2026, 9, 14)  # of the registry's sandbox: a Monday
IN_TIME, LATE = "2026-09-07", "2026-09-04"  # their last days are the 14th and the 11th


async def lab(registry: RunningRegistry) -> tuple[str, Client]:
    """An institution that nobody else uses, and somebody who speaks for it."""
    name = f"合成准时检定院{uuid4().hex[:8]}"
    speaker = await registry.speaker(name, "FUEL")
    async with registry.database.transaction() as session:
        rows = await session.exec(select(Institution).where(Institution.name == name))
        rows.one().since = date(2026, 9, 3)
    return name, speaker


async def report(
    registry: RunningRegistry, client: Client, name: str, verified_on: str, **values: Any
) -> register.Verification:
    filed = await registry.instrument()
    request = verify(filed.instrument_id, institution=name, verified_on=verified_on, **values)
    return (await client.registry.RecordVerification(request)).verification


async def listed(client: Client, name: str, state: str = "") -> dict[str, tuple[bool, bool]]:
    """Which reports there are, by their last day: whether result and certificate are late."""
    request = pb.ListReportsRequest(institution=name, state=state)
    return {
        one.entry.verification.report_by: (one.result_late, one.certificate_late)
        for one in (await client.institutions.ListReports(request)).reports
    }


async def counted(client: Client, name: str, **days: str) -> tuple[int, ...]:
    answer = await client.institutions.GetPunctuality(pb.GetPunctualityRequest(**days))
    one = next((o for o in answer.institutions if o.institution == name), pb.Punctuality())
    return (one.reported, one.results_late, one.certificates_late, one.steps_late)


async def test_what_an_institution_verified_has_a_last_day_whoever_sends_it(
    registry: RunningRegistry,
) -> None:
    name, client = await lab(registry)
    own = await report(registry, client, name, IN_TIME)
    assert (own.reported_on, own.report_by) == ("2026-09-14", "2026-09-14")
    staff = registry.client(Role.CASEWORKER)
    entered = await report(registry, staff, name, LATE)
    assert (entered.reported_on, entered.report_by) == ("2026-09-14", "2026-09-11")
    for institution, day in ((name, "2026-09-02"), ("合成未登记检定院", LATE)):
        before = await report(registry, staff, institution, day)
        assert (before.reported_on, before.report_by) == ("", "")
    assert await listed(client, name) == {"2026-09-14": (False, False), "2026-09-11": (True, True)}


async def test_a_file_of_a_bureau_or_a_program_counts_for_the_institution_but_a_first_load_does_not(
    registry: RunningRegistry,
) -> None:
    name, client = await lab(registry)
    filed = [await registry.instrument() for _ in range(3)]
    senders = (registry.client(Role.CASEWORKER), registry.client(Role.INTEGRATOR))
    for one, sender in zip(filed, (*senders, senders[0]), strict=True):
        row = verification(出厂编号=one.serial_no, 器具类型="FUEL", 检定机构=name, 检定日期=LATE)
        baseline = one is filed[-1]
        batch = await upload(sender, "verifications", verifications(row), baseline=baseline)
        assert batch.state == "applied"
        hints = [hint for *_, hint in await reasons(sender, batch, warnings=True)]
        assert ("REPORTED_LATE" in hints) is not baseline
    assert await counted(client, name) == (2, 2, 2, 0)


def only_checked(
    filed: register.Instrument, name: str, day: str
) -> register.RecordVerificationRequest:
    request = verify(filed.instrument_id, institution=name, verified_on=day)
    request.check_only = True
    return request


async def test_who_reports_late_is_told_so_before_confirming(registry: RunningRegistry) -> None:
    name, client = await lab(registry)
    filed = await registry.instrument()
    in_time, late = [
        (await client.registry.RecordVerification(only_checked(filed, name, day))).late
        for day in (IN_TIME, LATE)
    ]
    assert in_time == register.LateReport()
    assert (late.report_by, late.days_late, late.cite) == ("2026-09-11", 3, "S4 二(四)")
    row = verification(出厂编号=filed.serial_no, 器具类型="FUEL", 检定机构=name, 检定日期=LATE)
    checked = await upload(client, "verifications", verifications(row), mode="check")
    [(_, column, hint)] = await reasons(client, checked, warnings=True)
    assert (column, hint) == ("检定日期", "REPORTED_LATE")
    assert await listed(client, name) == {}, "a check keeps nothing"


async def test_late_results_and_certificates_are_listed_and_counted(
    registry: RunningRegistry,
) -> None:
    name, client = await lab(registry)
    staff, in_time = registry.client(Role.CASEWORKER), await report(registry, client, name, IN_TIME)
    await report(registry, client, name, LATE)
    both = {"2026-09-14": (False, False), "2026-09-11": (True, True)}
    assert await listed(staff, name) == both
    assert await listed(staff, name, "awaited") == both
    assert await listed(client, name, "late") == {"2026-09-11": (True, True)}
    assert await counted(staff, name) == (2, 1, 1, 0)
    assert await counted(staff, name, counted_from="2026-09-05") == (1, 0, 0, 0)
    await send(client, in_time, pdf())
    assert await listed(staff, name, "awaited") == {"2026-09-11": (True, True)}


async def test_a_workbook_counts_from_the_day_on_which_it_was_sent(
    registry: RunningRegistry,
) -> None:
    name, client = await lab(registry)
    filed = [await registry.instrument() for _ in range(2)]
    rows = [
        verification(出厂编号=one.serial_no, 器具类型="FUEL", 检定机构=name, 检定日期=day)
        for one, day in zip(filed, (IN_TIME, LATE), strict=True)
    ]
    batch = await upload(client, "verifications", verifications(*rows))
    assert batch.state == "applied"
    assert await listed(client, name) == {"2026-09-14": (False, False), "2026-09-11": (True, True)}
    again = await upload(client, "verifications", verifications(*rows, rows[0]))
    assert again.changed == 0, "what is reported again is not reported anew"


async def test_an_import_that_changes_the_day_counts_anew_and_so_does_its_undoing(
    registry: RunningRegistry,
) -> None:
    name, client = await lab(registry)
    filed, staff = await registry.instrument(), registry.client(Role.CASEWORKER)
    row = verification(出厂编号=filed.serial_no, 器具类型="FUEL", 检定机构=name, 检定日期=IN_TIME)
    await upload(client, "verifications", verifications(row))
    batch = await upload(staff, "verifications", verifications({**row, "检定日期": LATE}))
    assert (batch.state, batch.changed) == ("applied", 1)
    assert await listed(staff, name) == {"2026-09-11": (True, True)}
    await undo(staff, batch)
    assert await listed(staff, name) == {"2026-09-14": (False, False)}


async def test_others_see_nothing_of_an_institution(registry: RunningRegistry) -> None:
    name, client = await lab(registry)
    _, other = await lab(registry)
    await report(registry, client, name, LATE)
    elsewhere = registry.client(Role.CASEWORKER, bureau=FOREIGN)
    for stranger in (other, elsewhere):
        assert await listed(stranger, name) == {}
        assert await counted(stranger, name) == (0, 0, 0, 0)
    city = registry.client(Role.MUNICIPAL_REVIEWER, bureau=CITY)
    assert await counted(city, name) == (1, 1, 1, 0)


@pytest.mark.parametrize(
    ("field", "first", "last"),
    [
        ("counted_from", "2026-09-15", "2026-09-14"),
        ("counted_from", "2026-02-30", ""),
        ("counted_until", "", "9999-12-31"),
        ("counted_until", "", "0001-01-01"),
    ],
)
async def test_days_that_are_none_are_refused(
    registry: RunningRegistry, field: str, first: str, last: str
) -> None:
    client = registry.client(Role.CASEWORKER)
    with refused("INVALID_INPUT", field):
        days = pb.GetPunctualityRequest(counted_from=first, counted_until=last)
        await client.institutions.GetPunctuality(days)


async def due(registry: RunningRegistry, name: str, on: date) -> list[events.InstitutionDue]:
    """Tells the institution on a day, as the daily round does; returns all it was told so far."""
    head = registry.client(Role.UNIT_HEAD, bureau=DISTRICT, name="unit-head")
    request = pb.GetInstitutionRequest(institution_id=name)
    found = (await head.institutions.GetInstitution(request)).institution
    clock = FixedClock(datetime(on.year, on.month, on.day, tzinfo=UTC))
    changes = Changes(registry.database, clock)
    for _ in range(2):  # the second time nothing is left to tell
        async with changes.change(service_caller("registry")) as change:
            await tell(change, found.institution_id, on)
    async with changes.change(service_caller("registry")) as change:
        assert await untold(change, on, found.institution_id[:-1]) != found.institution_id
    told = await outbox(registry.database, f"institution/{found.institution_id}")
    assert isinstance(told[0], events.InstitutionsChanged), "that it was registered"
    return [one for one in told if isinstance(one, events.InstitutionDue)]


def rungs(told: events.InstitutionDue) -> list[tuple[str, str, str]]:
    return [(item.kind, item.rung, item.due_on) for item in told.items]


async def test_an_institution_is_told_of_each_rung_once(registry: RunningRegistry) -> None:
    name, client = await lab(registry)
    operator, ids = await firm(registry)
    applied = await operator.orders.ApplyForVerification(application(ids, name))
    await report(registry, client, name, IN_TIME)
    assert await due(registry, name, TODAY) == [], "of what came in today, tomorrow's round tells"
    (told,) = await due(registry, name, date(2026, 9, 15))
    assert rungs(told) == [
        ("certificate", "overdue", "2026-09-14"),
        ("order", "new", "2026-09-20"),
    ]
    assert (told.overdue, told.total) == (1, 2)
    counted = [("certificate", "overdue", 1), ("order", "new", 1)]
    assert [(one.kind, one.rung, one.count) for one in told.counts] == counted
    assert len(await due(registry, name, date(2026, 9, 16))) == 1, "nothing new came to be due"
    after_an_outage = await due(registry, name, date(2026, 9, 25))  # what was missed, once
    assert rungs(after_an_outage[1]) == [("order", "overdue", "2026-09-20")]
    accepted = move([applied.orders[0].order_id], "accepted")
    assert (await client.orders.MoveOrders(accepted)).orders[0].due_on


async def test_whoever_reports_late_is_told_that_the_certificate_is_missing(
    registry: RunningRegistry,
) -> None:
    name, client = await lab(registry)
    assert await due(registry, name, TODAY) == []
    await report(registry, client, name, LATE)  # later on that day, when its last day is over
    (told,) = await due(registry, name, date(2026, 9, 15))
    assert rungs(told) == [
        ("certificate", "overdue", "2026-09-11"),
        ("result", "overdue", "2026-09-11"),
    ]
    assert told.items[1].came_on == "2026-09-14"
    assert len(await due(registry, name, date(2026, 9, 16))) == 1


async def test_whoever_reports_before_a_round_that_runs_late_is_told_once(
    registry: RunningRegistry,
) -> None:
    name, client = await lab(registry)
    await report(registry, client, name, LATE)
    assert await due(registry, name, TODAY) == []
    (told,) = await due(registry, name, date(2026, 9, 15))
    assert rungs(told) == [
        ("certificate", "overdue", "2026-09-11"),
        ("result", "overdue", "2026-09-11"),
    ]
    assert len(await due(registry, name, date(2026, 9, 16))) == 1


async def test_whoever_reports_after_the_telling_is_told_on_the_last_day(
    registry: RunningRegistry,
) -> None:
    name, client = await lab(registry)
    assert await due(registry, name, TODAY) == []
    await report(registry, client, name, "2026-09-08")  # later on that day
    (told,) = await due(registry, name, date(2026, 9, 15))
    assert rungs(told) == [("certificate", "nearly_due", "2026-09-15")]
    told = (await due(registry, name, date(2026, 9, 16)))[-1]
    assert rungs(told) == [("certificate", "overdue", "2026-09-15")]
    assert len(await due(registry, name, date(2026, 9, 17))) == 2


async def test_a_step_after_the_last_day_is_late(registry: RunningRegistry) -> None:
    name, client = await lab(registry)
    operator, ids = await firm(registry, 4)
    applied = (await operator.orders.ApplyForVerification(application(ids, name))).orders
    prompt, slow, withdrawn, ended = (one.order_id for one in applied)
    await client.orders.MoveOrders(move([prompt], "accepted"))
    after_the_term = FixedClock(datetime(2026, 9, 21, 1, tzinfo=UTC))
    async with Changes(registry.database, after_the_term).change(service_caller("x")) as change:
        for order_id, state in (
            (slow, OrderState.ACCEPTED),
            (withdrawn, OrderState.WITHDRAWN),
            (ended, OrderState.CANCELLED),
        ):
            await step(change, await change.session.get_one(Order, order_id), state)
            change.audit("move_order", f"order/{order_id}", after={"state": state})

    async def late(order_id: str) -> list[bool]:
        answer = await client.orders.GetOrder(orders.GetOrderRequest(order_id=order_id))
        return [one.late for one in answer.steps]

    assert [await late(one) for one in (prompt, slow)] == [[False, False], [False, True]]
    assert await late(ended) == [False, True], "the bureau ends what the institution let pass"
    assert await late(withdrawn) == [False, False], "the applicant may withdraw at any time"
    days = {"counted_from": "2026-09-21", "counted_until": "2026-09-21"}
    assert await counted(registry.client(Role.CASEWORKER), name, **days) == (0, 0, 0, 2)
