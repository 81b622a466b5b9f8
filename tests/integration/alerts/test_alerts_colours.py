"""The colours that SQL derives are those of the law, for every history of an instrument."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import delete, select

from law.colours import basis
from law.colours.basis import Basis
from law.colours.rule import Colour
from plumbing.clock import SHANGHAI, FixedClock
from plumbing.database import Database
from services.alerts import wire
from services.alerts.checks import Checks
from services.alerts.tables import Alert, EscalationAlert, Instrument, Notice, Verification
from services.alerts.watch import DUE_PER_TRANSACTION, watch
from tests.integration.alerts.running_alerts import (
    BUREAU,
    RunningAlerts,
    instrument,
    verification,
)
from tests.integration.alerts.watched_days import (
    Template,
    agrees,
    changing,
    load,
    opened,
    raised_as_the_law_says,
    watches,
)
from tests.unit.law.versions import fewer_months, more_months, put_in_place

# Around the ends of months, where calendar months are clamped.
DAYS = st.dates(date(2026, 1, 20), date(2026, 3, 10))
# Days ahead on which something turns soon, and some on which nothing does.
NEAR = st.integers(-1, 3) | st.integers(27, 34) | st.integers(57, 65) | st.integers(-60, 90)
# Verified periodically, only once, once and then replaced, not at all in use; and not listed.
TYPES = st.sampled_from(["FUEL", "WATER-S25", "THERM-G", "TS", "试验用器具"])


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[Any, ...]]:
    """Instruments: state, type, rotation date, and results with days relative to today.

    Some results are of a part, such as a nozzle, and some instruments have parts out of use.
    """
    result = st.sampled_from(["pass", "pass", "reject", "repaired", "pending"])
    perhaps = st.none() | NEAR
    part = st.sampled_from(["", "", "1", "2"])
    results = st.lists(st.tuples(result, st.integers(0, 30), perhaps, part), max_size=4)
    states = st.sampled_from(["in_use", "in_use", "in_use", "spare", "stopped", "scrapped"])
    removed = st.sampled_from([False, False, False, True])
    part_states = st.sampled_from(["", "", "1 in_use", "1 stopped", "1 stopped 2 spare"])
    history = st.tuples(states, TYPES, perhaps, results, removed, part_states)
    return draw(st.lists(history, min_size=10, max_size=25))


async def lives_through(
    template: Template, histories: list[tuple[Any, ...]], today: date, skip: int, at_most: int
) -> None:
    clock = FixedClock(datetime(today.year, today.month, today.day, 10, tzinfo=SHANGHAI))
    async with opened(template) as database:
        async with changing(database, clock) as change:
            await load(change, histories, today, free=range(6, len(histories), 7))
        await agrees(database, clock)
        for days in (1, skip, 1):
            clock.moment += timedelta(days=days)
            await watches(database, clock, at_most)
            await agrees(database, clock)
            await raised_as_the_law_says(database, clock.today())


@settings(
    max_examples=6,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    histories=histories(),
    today=DAYS,
    skip=st.integers(1, 3) | st.integers(20, 40),
    at_most=st.sampled_from([1, 3, DUE_PER_TRANSACTION]),
)
def test_colours_and_alerts_follow_the_law_on_every_day(
    template: Template, histories: list[tuple[Any, ...]], today: date, skip: int, at_most: int
) -> None:
    asyncio.run(lives_through(template, histories, today, skip, at_most))


class Crash(Exception):
    """The process dies."""


async def dies(database: Database, clock: FixedClock) -> None:
    """Raises the alerts of one transaction, which is never committed."""
    async with changing(database, clock) as change:
        await watch(change, BUREAU, clock.today(), at_most=20)
        raise Crash


async def alerts_and_digests(database: Database) -> tuple[Counter[Any], list[tuple[Any, ...]]]:
    async with database.snapshot() as session:
        alerts = (await session.exec(select(Alert))).all()
        notices = (await session.exec(select(Notice))).all()
        cases = (await session.exec(select(EscalationAlert))).all()
    raised = Counter((a.instrument_id, a.colour, a.baseline, bool(a.notice_id)) for a in alerts)
    told = sorted((notice.key, notice.title, notice.body) for notice in notices)
    return raised, [*told, ("alerts in cases", len(cases))]


async def test_a_run_that_dies_between_its_transactions_goes_on_where_it_stopped(
    template: Template,
) -> None:
    histories = [
        ("in_use", "试验用器具", None, [("pass", 300, days, "")], False, "")
        for days in range(1, 90)
    ]
    found = []
    for dies_at in (None, 1, 3):
        clock = FixedClock(datetime(2026, 3, 2, 10, tzinfo=SHANGHAI))
        async with opened(template) as database:
            async with changing(database, clock) as change:
                await load(change, histories, clock.today())
            clock.moment += timedelta(days=1)
            await watches(database, clock, DUE_PER_TRANSACTION)
            clock.moment += timedelta(days=40)
            if dies_at is None:
                await watches(database, clock, DUE_PER_TRANSACTION)
            else:
                for _ in range(dies_at):
                    async with changing(database, clock) as change:
                        counts = await watch(change, BUREAU, clock.today(), at_most=20)
                    assert counts.days_left
                with pytest.raises(Crash):
                    await dies(database, clock)
                await watches(database, clock, 20)
            await agrees(database, clock)
            found.append(await alerts_and_digests(database))
    assert found[1] == found[0]
    assert found[2] == found[0]
    [first_day, forty_days, (_, in_cases)] = found[0][1]
    assert (first_day[0], forty_days[0]) == ("digest/s1/2026-03-03", "digest/s1/2026-04-12")
    assert in_cases


@pytest.fixture(params=[more_months, fewer_months])
def months(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Colour data of which the months change on `SINCE`."""
    put_in_place(monkeypatch, "colours", request.param)
    _forget_colours()
    yield
    _forget_colours()


def _forget_colours() -> None:
    basis.colour_on.cache_clear()
    basis.ladder.cache_clear()


@pytest.mark.usefixtures("months")
@pytest.mark.parametrize("nights", [[1] * 6, [1, 4, 1]])
async def test_after_a_change_of_the_months_no_alert_is_missing(
    template: Template, nights: list[int]
) -> None:
    clock = FixedClock(datetime(2026, 12, 28, 10, tzinfo=SHANGHAI))
    ahead = range(-30, 160, 5)
    histories = [
        ("in_use", "试验用器具", None, [("pass", 300, days, "")], False, "") for days in ahead
    ]
    async with opened(template) as database:
        async with changing(database, clock) as change:
            await load(change, histories, clock.today())
        for days in nights:
            clock.moment += timedelta(days=days)
            async with changing(database, clock) as change:
                await watch(change, BUREAU, clock.today())
            await agrees(database, clock)
        async with database.snapshot() as session:
            rows = (await session.exec(select(Alert))).all()
        alerts = [wire.alert(row, row.raised_at) for row in rows]
    assert all(date.fromisoformat(alert.due_on) <= clock.today() for alert in alerts)
    assert {alert.colour for alert in alerts} == {"green", "yellow", "red"}


async def test_the_check_finds_a_wrong_colour_and_a_missing_alert(alerts: RunningAlerts) -> None:
    await alerts.put(
        instrument(1), verification(1, alerts.today), instrument(2), verification(2, alerts.today)
    )
    await alerts.watch_days(1)
    async with alerts.database.transaction() as session:
        stray = await session.get_one(Instrument, "i1")
        stray.valid_until = alerts.today + timedelta(days=400)
        await session.exec(delete(Alert).where(Alert.instrument_id == "i2"))  # type: ignore[arg-type]
    findings = await Checks(alerts.database, alerts.clock, alerts.timers).check()
    assert {(problem.name, problem.object) for problem in findings.problems} == {
        ("colour.differs", "instrument/i1"),
        ("alert.missing", "instrument/i2"),
        ("watch.workflow_missing", f"bureau/{BUREAU}"),
        ("escalation.not_closed", "escalation/s1/1"),
    }
    assert len(findings.problems) == 3 + 3  # three colours of the second instrument


async def test_check_counts_the_rows_and_reconcile_starts_missing_workflows(
    alerts: RunningAlerts,
) -> None:
    alerts.timers.running.add(f"watch/{BUREAU}")
    await alerts.put(instrument(), verification(1, result="reject", valid_until=None))
    findings = await Checks(alerts.database, alerts.clock, alerts.timers).check()
    assert findings.problems == []
    held = {digest.topic: digest.count for digest in findings.digests}
    one_of_each = ("bureaus", "subjects", "subjects.told", "instruments", "verifications")
    none = {"letters": 0, "calendar": 0, "calibrations.due": 0, "institutions": 0}
    assert held == {**dict.fromkeys(one_of_each, 1), **none}
    assert findings.figures["notices.pending"] == 1
    [notice] = await alerts.notices()
    alerts.timers.running.discard(f"delivery/{notice.notice_id}")
    lost = await Checks(alerts.database, alerts.clock, alerts.timers).check()
    [problem] = lost.problems
    assert problem.name == "notice.workflow_missing"
    assert problem.object == f"notice/{notice.notice_id}"
    without_a_server = Checks(alerts.database, alerts.clock, alerts.timers, sends_mail=False)
    assert (await without_a_server.check()).problems == []  # the notice waits
    assert (await without_a_server.reconcile()).started == []
    report = await Checks(alerts.database, alerts.clock, alerts.timers).reconcile()
    assert (report.started, report.running) == ([f"delivery/{notice.notice_id}"], 2)
    alerts.pass_days(3)
    late = await Checks(alerts.database, alerts.clock, alerts.timers).check()
    assert late.figures["watches.behind"] == 1


async def test_the_last_recorded_result_of_a_day_governs(
    alerts: RunningAlerts,
) -> None:
    await alerts.put(instrument())
    await alerts.put(
        verification(2, instrument_id="i1", result="reject", verified_on="2026-09-01"),
        verification(1, date(2027, 9, 1), instrument_id="i1", verified_on="2026-09-01"),
    )
    [row] = await alerts.rows(Instrument)
    assert (row.standing, row.governing_id) == (Basis.DATED, "v1")
    assert wire.colour(row, alerts.today).colour == Colour.NONE
    assert len(await alerts.rows(Verification)) == 2
