"""Thousands of instruments on many days: every alert on its exact day, none missed, none twice."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from law.colours import basis
from law.colours.basis import Basis
from law.colours.rule import Colour
from plumbing.clock import SHANGHAI, FixedClock
from plumbing.database import Database
from services.alerts.tables import Alert
from services.alerts.watch import DUE_PER_TRANSACTION
from tests.integration.alerts.watched_days import (
    Template,
    agrees,
    changing,
    colour_by_hand,
    colours_on,
    load,
    opened,
    watches,
)
from tests.unit.law.versions import SINCE, fewer_months, more_months, put_in_place

INSTRUMENTS = 5_000
VOLTMETERS = Path(__file__).parents[4] / "shared" / "data" / "arshin_2024_voltmeters.csv"
# A passed one each, spread over so many days after the first day that is watched.
SPREAD, WATCHED = 250, 100


@pytest.fixture(
    params=["leap day", pytest.param("more months", marks=pytest.mark.long), "fewer months"]
)
def first_day(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[date]:
    """The day before the first that is watched: ahead of a leap day, or of a change of figures."""
    changes = {"more months": more_months, "fewer months": fewer_months}
    if change := changes.get(request.param):
        put_in_place(monkeypatch, "colours", change)
    _forget_colours()
    yield date(2027, 12, 1) if change is None else SINCE - timedelta(days=30)
    _forget_colours()


def _forget_colours() -> None:
    basis.colour_on.cache_clear()
    basis.ladder.cache_clear()


async def test_every_alert_of_thousands_comes_on_its_exact_day_and_once(
    template: Template, first_day: date
) -> None:
    clock = FixedClock(datetime(first_day.year, first_day.month, first_day.day, 2, tzinfo=SHANGHAI))
    passed = [
        ("in_use", "试验用器具", None, [("pass", 300, number % SPREAD, "")], False, "")
        for number in range(INSTRUMENTS)
    ]
    async with opened(template) as database:
        async with changing(database, clock) as change:
            await load(change, passed, clock.today())
        loaded = clock.today()
        for _ in range(WATCHED):
            clock.moment += timedelta(days=1)
            await watches(database, clock, DUE_PER_TRANSACTION)
        await agrees(database, clock)
        raised = await _raised_after(database, loaded)
    due = Counter(
        (f"i{number}", colour, day)
        for number in range(INSTRUMENTS)
        for day, colour in basis.ladder(Basis.DATED, loaded + timedelta(days=number % SPREAD), None)
        if loaded < day <= clock.today()
    )
    assert due.total() > INSTRUMENTS // 2
    assert raised == due


async def _raised_after(database: Database, loaded: date) -> Counter[tuple[str, Colour, date]]:
    async with database.snapshot() as session:
        alerts = (await session.exec(select(Alert))).all()
    return Counter(
        (alert.instrument_id, alert.colour, alert.raised_at.astimezone(SHANGHAI).date())
        for alert in alerts
        if alert.raised_at.astimezone(SHANGHAI).date() > loaded
    )


async def test_a_real_register_has_the_colours_of_three_days_row_by_row(
    template: Template,
) -> None:
    if not VOLTMETERS.exists():
        pytest.skip("the real records are not beside the checkout")
    with VOLTMETERS.open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if _whole(row)]
    assert len(rows) > 1_800
    loaded = date(2024, 5, 31)
    clock = FixedClock(datetime(2024, 5, 31, 10, tzinfo=SHANGHAI))
    async with opened(template) as database:
        async with changing(database, clock) as change:
            await load(change, [_history(row, loaded) for row in rows], loaded)
        for day in (date(2024, 9, 12), date(2025, 2, 6), date(2025, 3, 18)):
            found = await colours_on(database, day)
            assert [found[f"i{number}"] for number in range(len(rows))] == [
                _colour(row, day) for row in rows
            ]
            assert set(found.values()) == set(Colour)


def _whole(row: dict[str, str]) -> bool:
    """Whether a row says what its result asks for; the import refuses the others."""
    return bool(row["verified_on"]) and bool(row["valid_until"]) == (row["result"] == "pass")


def _history(row: dict[str, str], loaded: date) -> tuple[Any, ...]:
    ago = (loaded - date.fromisoformat(row["verified_on"])).days
    until = row["valid_until"]
    ahead = (date.fromisoformat(until) - loaded).days if until else None
    result = "pass" if row["result"] == "pass" else "reject"
    return ("in_use", "试验用器具", None, [(result, ago, ahead, "")], False, "")


def _colour(row: dict[str, str], day: date) -> Colour:
    if row["result"] != "pass":
        return Colour.RED
    return colour_by_hand(date.fromisoformat(row["valid_until"]), day)
