"""An owner is reminded in one digest of the calibrations that are due by its own cycles."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from law.periods import add_months
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import registry_pb2
from services.alerts.notices.links import path_of
from tests.integration.alerts.running_alerts import TODAY, RunningAlerts, instrument, subject
from tests.integration.alerts.test_ways_of_notices import prefer


def free(number: int, **fields: Any) -> registry_pb2.Instrument:
    return instrument(number, non_compulsory_ground="只用于内部工艺", **fields)


async def due(alerts: RunningAlerts, number: int, day: date | None, version: int = 1) -> None:
    event = events.CalibrationDueChanged(
        instrument_id=f"i{number}",
        due_on=day.isoformat() if day else "",
        due_version=version,
    )
    await alerts.announce(event, aggregate="subject/s1")


async def told(alerts: RunningAlerts) -> list[str]:
    return [notice.body for notice in await alerts.notices("calibration")]


async def test_each_reminder_comes_once_and_names_all_of_the_day(alerts: RunningAlerts) -> None:
    last = add_months(TODAY, 2) + timedelta(days=1)
    await alerts.put(*(free(number) for number in (1, 2, 3)))
    for number in (1, 2):
        await due(alerts, number, last)
    await due(alerts, 3, last + timedelta(days=40))
    await alerts.watch_days(1)
    [first] = await told(alerts)
    assert f"1. 试验用器具 NO-1，应不晚于 {last} 校准\n" in first
    assert "NO-2" in first
    assert "NO-3" not in first
    for _ in range(2):
        await due(alerts, 1, last)  # it comes again
    await alerts.watch_days(5)
    assert len(await told(alerts)) == 1
    alerts.pass_days((last - alerts.today).days)
    await alerts.run_watch()
    *_, on_the_day = await told(alerts)
    assert "NO-1，应不晚于 " + str(last) + " 校准，已到期" in on_the_day
    before = len(await told(alerts))
    alerts.pass_days(1)
    await alerts.run_watch()
    assert len(await told(alerts)) == before


async def test_a_day_that_moves_is_told_anew_and_one_without_a_day_is_not(
    alerts: RunningAlerts,
) -> None:
    await alerts.put(free(1), free(2))
    await due(alerts, 1, TODAY)
    await due(alerts, 2, TODAY)
    await alerts.watch_days(1)
    await due(alerts, 1, TODAY + timedelta(days=20), version=2)
    await due(alerts, 2, None, version=2)
    await alerts.watch_days(1)
    _, moved = await alerts.notices("calibration")
    assert "NO-1" in moved.title
    assert path_of(moved) == "/instruments/i1"
    assert len(await told(alerts)) == 2


async def test_who_owns_it_by_then_is_told_and_nobody_of_what_is_out_of_use(
    alerts: RunningAlerts,
) -> None:
    await alerts.put(subject(2), *(free(number) for number in (1, 2, 3)))
    for number in (1, 2, 3):
        await due(alerts, number, TODAY)
    await alerts.put(
        free(1, version=2, subject_id="s2"),
        free(2, version=2, state="stopped"),
        free(3, version=2, in_review=True),
    )
    await alerts.watch_days(1)
    [notice] = await alerts.notices("calibration")
    assert (notice.subject_id, notice.address) == ("s2", "unit2@test.example")
    assert "NO-1" in notice.body


async def test_it_is_english_on_its_day_of_the_week(alerts: RunningAlerts) -> None:
    await prefer(alerts, rhythm="weekly", weekday=4, language="both")
    await alerts.put(free(1))
    await due(alerts, 1, TODAY)
    await alerts.watch_days(2)
    assert await told(alerts) == []
    await alerts.watch_days(1)  # Thursday
    [notice] = await alerts.notices("calibration")
    assert f"NO-1, by {TODAY}, which is reached" in notice.body_en
