"""Histories whose results are not binary, and one serial number under two owners.

They are those of speed meters, as Inmetro keeps them, where its records are at hand, and a small
register of our own with the same turns.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import col, select

from law.colours.rule import Colour
from plumbing.change import Change
from plumbing.clock import SHANGHAI, FixedClock
from plumbing.database import Database
from protos.registry.v1 import events_pb2 as events
from services.alerts import projection
from services.alerts.escalation.cases import match_cases
from services.alerts.tables import Alert, Escalation, Notice
from services.alerts.watch import DUE_PER_TRANSACTION, evaluate
from tests.integration.alerts.running_alerts import bureau, instrument, subject, verification
from tests.integration.alerts.watched_days import (
    Template,
    agrees,
    changing,
    colour_by_hand,
    colours_on,
    opened,
    watches,
)

REAL = Path(__file__).parents[4] / "shared" / "data"
METERS, TESTS = (f"inmetro_rj_speedmeters_{name}.csv" for name in ("instruments", "history"))
RESULTS = {
    "Aprovado": "pass",
    "Reprovado": "reject",
    "Pendente": "pending",
    "Reparado": "repaired",
}
RED = Colour.RED


@dataclass(frozen=True)
class Result:
    """A result, with the last valid day of a pass."""

    day: date
    result: str
    until: date | None = None


@dataclass(frozen=True)
class Meter:
    """An instrument with its owner and its results, in the order in which they are on file."""

    serial: str
    owner: str
    results: list[Result] = field(default_factory=list)

    def known_by(self, day: date) -> list[Result]:
        return [one for one in self.results if one.day <= day]

    def colour(self, known: date, on: date) -> Colour:
        """The colour on a day by what was known, by hand: what is pending decides nothing."""
        decided = [one for one in self.known_by(known) if one.result != "pending"]
        last = max(decided, key=lambda one: one.day) if decided else None
        of_last_day = [one for one in decided if last and one.day == last.day]
        if not of_last_day or (until := of_last_day[-1].until) is None:
            return RED
        return colour_by_hand(until, on)


def synthetic() -> list[Meter]:
    """Pending, rejected and repaired, in and out of order; TWIN is under two owners."""
    first, second, third = (date(2025, month, 10) for month in (1, 2, 3))
    year = timedelta(days=364)
    return [
        Meter("PENDING-AFTER", "甲", [_passed(first, year), Result(second, "pending")]),
        Meter("PENDING-ONLY", "甲", [Result(first, "pending")]),
        Meter("REPAIRED", "甲", [_passed(first, year), Result(second, "repaired")]),
        Meter("PASSED-AGAIN", "乙", [_passed(third, year), Result(second, "repaired")]),
        Meter("REJECTED", "乙", [Result(second, "reject"), _passed(first, year)]),
        Meter("MENDED-AT-ONCE", "乙", [Result(third, "reject"), _passed(third, year)]),
        Meter("BROKEN-AT-ONCE", "乙", [_passed(third, year), Result(third, "repaired")]),
        Meter("TWIN", "甲", [_passed(first, year)]),
        Meter("TWIN", "乙", [_passed(first - year, timedelta(days=90))]),
        Meter("SOON", "丙", [_passed(first, timedelta(days=90))]),
    ]


def _passed(day: date, valid: timedelta) -> Result:
    return Result(day, "pass", day + valid)


def inmetro() -> list[Meter]:
    """The meters of Rio de Janeiro; a last state that the history lacks came last."""
    meters = {}
    for row in _rows(METERS):
        meters[row["n"]] = Meter(row["serial_no"], row["owner"])
    for row in _rows(TESTS):
        meters[row["instrument_n"]].results.append(_result(row["reported_on"], row))
    for row in _rows(METERS):
        last = _result(row["last_verified_on"], {**row, "result": row["last_result"]})
        if last not in meters[row["n"]].results:
            meters[row["n"]].results.append(last)
    return [*meters.values()]


def _result(day: str, row: dict[str, str]) -> Result:
    result = RESULTS[row["result"]]
    until = date.fromisoformat(row["valid_until"]) if result == "pass" else None
    return Result(date.fromisoformat(day), result, until)


def _rows(name: str) -> list[dict[str, str]]:
    if not (REAL / name).exists():
        pytest.skip("the real records are not beside the checkout")
    with (REAL / name).open(encoding="utf-8-sig", newline="") as file:
        return [*csv.DictReader(file)]


async def load(change: Change, meters: list[Meter], known: date) -> None:
    """Stores the meters with what was known by a day, as if it had come just then."""
    owners = {name: number for number, name in enumerate(dict.fromkeys(m.owner for m in meters))}
    recorded = events.VerificationsRecorded()
    recorded.change.at.FromDatetime(change.at)
    rows = []
    for number, meter in enumerate(meters):
        owner = f"s{owners[meter.owner]}"
        rows.append(instrument(number, subject_id=owner, serial_no=meter.serial))
        for place, one in enumerate(meter.known_by(known)):
            message = verification(
                number * 100 + place,
                one.until,
                instrument_id=f"i{number}",
                result=one.result,
                verified_on=one.day.isoformat(),
            )
            recorded.verifications.append(message)
    await projection.put_bureaus(change, [bureau()])
    firms = [subject(number, name=name) for name, number in owners.items()]
    await projection.put_subjects(change, firms, silent=False)
    altered = await projection.put_instruments(change, rows, silent=False)
    altered += await projection.put_verifications(change, recorded, silent=False)
    await evaluate(change, altered)
    ids = [row.instrument_id for row in altered]
    await match_cases(change, ids, [row.subject_id for row in altered])


@pytest.mark.parametrize("meters_of", [synthetic, inmetro])
@pytest.mark.parametrize("known", [date(2025, 2, 15), date(2025, 5, 20), date(2026, 9, 1)])
async def test_colours_and_alerts_follow_what_was_decided_of_each_owner_s_own(
    template: Template, meters_of: Callable[[], list[Meter]], known: date
) -> None:
    meters = meters_of()
    clock = FixedClock(datetime(known.year, known.month, known.day, 10, tzinfo=SHANGHAI))
    async with opened(template) as database:
        async with changing(database, clock) as change:
            await load(change, meters, known)
        for days in (0, 1, 40, 200):
            on = known + timedelta(days=days)
            expected = {f"i{n}": meter.colour(known, on) for n, meter in enumerate(meters)}
            assert await colours_on(database, on) == expected
        clock.moment += timedelta(days=1)
        await watches(database, clock, DUE_PER_TRANSACTION)
        await agrees(database, clock)
        red = {n for n, meter in enumerate(meters) if meter.colour(known, clock.today()) is RED}
        assert red
        await _each_owner_hears_of_its_own(database, meters, red)


async def _each_owner_hears_of_its_own(
    database: Database, meters: list[Meter], red: set[int]
) -> None:
    async with database.snapshot() as session:
        alerts = (await session.exec(select(Alert).where(col(Alert.colour) == RED))).all()
        mails = (await session.exec(select(Notice))).all()  # digests, and rejections at once
        cases = (await session.exec(select(Escalation))).all()
    assert {int(alert.instrument_id[1:]) for alert in alerts} == red
    owners = dict.fromkeys(meter.owner for meter in meters)
    ids = {name: f"s{number}" for number, name in enumerate(owners)}
    told = {mail.notice_id: mail for mail in mails}
    for alert in alerts:
        meter = meters[int(alert.instrument_id[1:])]
        assert alert.subject_id == ids[meter.owner]
        mail = told[alert.notice_id or ""]
        assert mail.subject_id == ids[meter.owner]
        assert meter.serial in mail.body
    assert {case.subject_id for case in cases} == {ids[meters[n].owner] for n in red}


def test_both_registers_have_what_is_tried() -> None:
    """Of the small one all is there; the real one has no pass and repair of one day in order."""
    meters = synthetic()
    assert {one.result for meter in meters for one in meter.results} == set(RESULTS.values())
    twins = [meter for meter in meters if meter.serial == "TWIN"]
    assert len({meter.owner for meter in twins}) == 2
    real = inmetro()
    assert {one.result for meter in real for one in meter.results} == set(RESULTS.values())
    assert len({meter.owner for meter in real if meter.serial == "TC000507"}) == 2
