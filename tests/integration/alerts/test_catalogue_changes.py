"""A type is verified otherwise, by a release or from a day on: colours and alerts follow."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, cast

import pytest
from sqlmodel import col, select

from law.colours.basis import Basis
from law.colours.rule import Colour
from law.instruments import not_periodic
from plumbing.audit import AuditEntry
from plumbing.change import Changes
from plumbing.clock import SHANGHAI, FixedClock
from plumbing.database import Database
from plumbing.settings import Settings
from services.alerts import adopting
from services.alerts.activities import Activities
from services.alerts.adopting import CatalogueFollower, adopt_catalogue
from services.alerts.checks import Checks
from services.alerts.instrument_filters import colour_in_sql
from services.alerts.tables import Alert, Escalation, Instrument, Notice, Watch
from services.alerts.workflows import WatchRun
from tests.integration.alerts.running_alerts import BUREAU
from tests.integration.alerts.watched_days import (
    AllRunning,
    Template,
    agrees,
    changing,
    load,
    opened,
)
from tests.unit.law.versions import SINCE, put_in_place, verified_by, verified_since

OTHERWISE = {
    "LOADCELL": "periodic",  # only its type was approved
    "THERM_G": "periodic",  # it was verified once
    "WATER_S25": "periodic",  # it was verified once, and then replaced
    "FUEL": "type_approval_only",
    "CNG": "first_then_scrap",
}
PASSED = ("pass", 300)
NONE, RED = Colour.NONE, Colour.RED
DUE_SOON = (Basis.DATED, Colour.YELLOW)
# Of each instrument: what was stored, and its basis and colour before and after the change.
FLEET: list[tuple[tuple[Any, ...], tuple[Basis, Colour], tuple[Basis, Colour]]] = [
    (("LOADCELL", None, []), (Basis.NOT_VERIFIED, NONE), (Basis.UNVERIFIED, RED)),
    (("LOADCELL", None, [(*PASSED, 10, "")]), DUE_SOON, DUE_SOON),
    (("THERM-G", None, [(*PASSED, None, "")]), (Basis.FIRST_ONLY, NONE), (Basis.UNDATED, NONE)),
    (("WATER-S25", -5, [(*PASSED, 400, "")]), (Basis.DATED, RED), (Basis.DATED, NONE)),
    (("WATER-S25", 400, [(*PASSED, -5, "")]), (Basis.DATED, NONE), (Basis.DATED, RED)),
    (("FUEL", None, []), (Basis.UNVERIFIED, RED), (Basis.NOT_VERIFIED, NONE)),
    (("CNG", None, [(*PASSED, None, "")]), (Basis.UNDATED, NONE), (Basis.FIRST_ONLY, NONE)),
    (("试验用器具", None, []), (Basis.UNVERIFIED, RED), (Basis.UNVERIFIED, RED)),
]
ALTERED = 6  # all but the second and the last
REDS_BEFORE = ["i3", "i5", "i7"]
REDS_AFTER = sorted([*REDS_BEFORE, "i0", "i4"])


def at_ten(day: Any) -> FixedClock:
    return FixedClock(datetime(day.year, day.month, day.day, 10, tzinfo=SHANGHAI))


async def loaded(database: Database, clock: FixedClock, tmp_path: Path) -> Activities:
    """The fleet, watched for a day; the activities by which it is watched on."""
    histories = [("in_use", *stored, False, "") for stored, *_ in FLEET]
    async with changing(database, clock) as change:
        await load(change, histories, clock.today())
    changes, nobody = Changes(database, clock), cast("Any", None)
    activities = Activities(changes, Settings(data_dir=tmp_path), nobody)
    await the_next_day(activities, clock)
    await agrees(database, clock)
    assert await reds(database) == REDS_BEFORE
    return activities


async def the_next_day(activities: Activities, clock: FixedClock) -> None:
    clock.moment += timedelta(days=1)
    await activities.watch(WatchRun(bureau=BUREAU, through=clock.today()))


async def reds(database: Database) -> list[str]:
    async with database.snapshot() as session:
        found = await session.exec(
            select(Alert.instrument_id)
            .where(col(Alert.colour) == RED)
            .order_by(col(Alert.instrument_id))
        )
        return [*found.all()]


async def stand(database: Database, clock: FixedClock) -> list[tuple[Basis, Colour]]:
    columns = (col(Instrument.standing), colour_in_sql(clock.today()))
    async with database.snapshot() as session:
        rows = await session.exec(select(*columns).order_by(col(Instrument.instrument_id)))
        return [(basis, Colour(colour)) for basis, colour in rows]


async def entries(database: Database, action: str) -> list[AuditEntry]:
    async with database.snapshot() as session:
        rows = select(AuditEntry).where(col(AuditEntry.action) == action)
        return [*(await session.exec(rows)).all()]


async def followed(database: Database, clock: FixedClock) -> None:
    """Colours and alerts are those of the changed catalogue; owners hear of the new reds once."""
    assert await stand(database, clock) == [after for *_, after in FLEET]
    await agrees(database, clock)
    assert await reds(database) == REDS_AFTER
    [adopted] = await entries(database, "adopt_catalogue")
    assert adopted.after == {"modes": not_periodic(clock.today())}
    derived = await entries(database, "derive_colours")
    assert sum((entry.after or {})["instruments"] for entry in derived) == ALTERED
    async with database.snapshot() as session:
        alerts = (await session.exec(select(Alert))).all()
        mails = (await session.exec(select(Notice).where(Notice.subject_id == "s1"))).all()
        [case] = (await session.exec(select(Escalation))).all()
    told = {alert.instrument_id: alert.notice_id for alert in alerts if alert.colour is RED}
    assert all(told.values())
    [today] = {told["i0"], told["i4"]}
    assert today != told["i5"]
    assert len([mail for mail in mails if mail.key.startswith("digest/")]) == 2
    assert case.closed_at is None


class Crash(Exception):
    """The process dies."""


def dies_at_the_second(derive: Any) -> Any:
    calls = count(1)

    async def derive_or_die(*given: Any) -> Any:
        if next(calls) == 2:
            raise Crash
        return await derive(*given)

    return derive_or_die


async def test_after_a_release_the_colours_follow_before_the_next_watch_raises_alerts(
    template: Template, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    clock = at_ten(SINCE - timedelta(days=60))
    async with opened(template) as database:
        activities = await loaded(database, clock, tmp_path)
        before = await stand(database, clock)
        assert [basis for basis, _ in before] == [old for _, (old, _), _ in FLEET]
        put_in_place(monkeypatch, "instruments", verified_by(**OTHERWISE))
        problems = (await Checks(database, clock, AllRunning()).check()).problems
        assert {problem.name for problem in problems} == {"colour.differs"}
        await the_next_day(activities, clock)
        await followed(database, clock)

        await the_next_day(activities, clock)
        await agrees(database, clock)
        assert await reds(database) == REDS_AFTER


async def test_a_version_of_the_catalogue_comes_into_force_on_its_day(
    template: Template, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    put_in_place(monkeypatch, "instruments", verified_since(**OTHERWISE))
    clock = at_ten(SINCE - timedelta(days=3))
    async with opened(template) as database:
        activities = await loaded(database, clock, tmp_path)
        await the_next_day(activities, clock)
        assert [basis for basis, _ in await stand(database, clock)] == [
            old for _, (old, _), _ in FLEET
        ]
        assert await entries(database, "adopt_catalogue") == []
        await the_next_day(activities, clock)
        assert clock.today() == SINCE
        await followed(database, clock)


async def test_a_release_is_followed_when_the_service_starts_and_again_after_a_crash(
    template: Template, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    clock = at_ten(SINCE)
    async with opened(template) as database:
        activities = await loaded(database, clock, tmp_path)
        changes = Changes(database, clock)
        put_in_place(monkeypatch, "instruments", verified_by(**OTHERWISE))
        with monkeypatch.context() as dying:
            dying.setattr(adopting, "_derive", dies_at_the_second(adopting._derive))
            with pytest.raises(Crash):
                await adopt_catalogue(changes, BUREAU, at_most=2)
        half = [new for *_, new in FLEET[:2]] + [old for _, old, _ in FLEET[2:]]
        assert [basis for basis, _ in await stand(database, clock)] == [basis for basis, _ in half]
        await CatalogueFollower(changes).look()
        assert await stand(database, clock) == [after for *_, after in FLEET]
        assert await adopt_catalogue(changes, BUREAU) == 0
        await the_next_day(activities, clock)
        await followed(database, clock)


async def test_reconcile_mends_what_rests_on_another_catalogue_and_what_went_astray(
    template: Template, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    clock = at_ten(SINCE)
    async with opened(template) as database:
        activities = await loaded(database, clock, tmp_path)
        put_in_place(monkeypatch, "instruments", verified_by(**OTHERWISE))
        checks = Checks(database, clock, AllRunning())
        await checks.reconcile()
        await agrees(database, clock)
        async with database.transaction() as session:
            for number in (1, 4):  # as a replica of the former release left them
                stray = await session.get_one(Instrument, f"i{number}")
                stray.valid_until = clock.today() + timedelta(days=400)
        problems = (await checks.check()).problems
        assert [problem.object for problem in problems] == ["instrument/i1", "instrument/i4"]
        await checks.reconcile()
        assert await stand(database, clock) == [after for *_, after in FLEET]
        await agrees(database, clock)
        await the_next_day(activities, clock)
        assert await reds(database) == REDS_AFTER
        async with database.snapshot() as session:
            [watch] = (await session.exec(select(Watch))).all()
        assert watch.modes == not_periodic(clock.today())
