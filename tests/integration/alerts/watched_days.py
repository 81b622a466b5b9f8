"""A database of alerts on which days pass: what is loaded, watched and held against the law."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from datetime import date, timedelta
from typing import Any

from sqlmodel import select

from law.colours import basis
from law.colours.rule import Colour
from plumbing.change import Change
from plumbing.clock import FixedClock
from plumbing.database import Database
from plumbing.identity import service_caller
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import registry_pb2 as pb
from services.alerts import projection, wire
from services.alerts.checks import Checks
from services.alerts.escalation.cases import match_cases
from services.alerts.instrument_filters import colour_in_sql
from services.alerts.tables import Alert, Instrument, Notice
from services.alerts.watch import evaluate, watch
from tests.integration.alerts.running_alerts import (
    BUREAU,
    RecordingTimers,
    bureau,
    instrument,
    subject,
    verification,
)

Template = Callable[[], str]  # a copy of the template, by its URL


@asynccontextmanager
async def opened(template: Template) -> AsyncIterator[Database]:
    database = Database(template())
    yield database
    await database.close()


@asynccontextmanager
async def changing(database: Database, clock: FixedClock) -> AsyncIterator[Change]:
    async with database.transaction() as session:
        yield Change(session, service_caller("alerts"), clock.now())


async def load(
    change: Change, histories: list[tuple[Any, ...]], today: date, *, free: Collection[int] = ()
) -> None:
    """Stores instruments; those with the numbers `free` are under no compulsory verification."""

    def day(offset: int | None) -> str:
        return "" if offset is None else (today + timedelta(days=offset)).isoformat()

    await projection.put_bureaus(change, [bureau()])
    await projection.put_subjects(change, [subject()], silent=False)
    recorded = events.VerificationsRecorded()
    recorded.change.at.FromDatetime(change.at)
    instruments = []
    for number, (state, kind, rotation, results, removed, parts) in enumerate(histories):
        words = parts.split()
        instruments.append(
            instrument(
                number,
                state=state,
                type_code=kind,
                rotate_on=day(rotation),
                removed=removed,
                non_compulsory_ground="只用于内部工艺" if number in free else "",
                parts=[
                    pb.InstrumentPart(name=n, state=s)
                    for n, s in zip(words[::2], words[1::2], strict=True)
                ],
            )
        )
        for place, (result, ago, until, part) in enumerate(results):
            message = verification(
                number * 10 + place,
                instrument_id=f"i{number}",
                result=result,
                verified_on=day(-ago),
                valid_until=None,
                part=part,
                precedes=result == "repaired" and bool(place % 2),  # as the log of upkeep notes it
            )
            if result == "pass":
                message.valid_until = day(until)
            recorded.verifications.append(message)
    altered = await projection.put_instruments(change, instruments, silent=False)
    altered += await projection.put_verifications(change, recorded, silent=False)
    await evaluate(change, altered)
    await match_cases(change, [row.instrument_id for row in altered], ["s1"])


class AllRunning(RecordingTimers):
    """Every workflow runs, so that the check reports differences of rows only."""

    async def runs(self, workflow_id: str) -> bool:
        return True


async def agrees(database: Database, clock: FixedClock) -> None:
    findings = await Checks(database, clock, AllRunning()).check()
    assert findings.problems == []


async def raised_as_the_law_says(database: Database, today: date) -> None:
    """Each alert is there once that the law derives from the verifications, and no other one.

    A digest has named each of which somebody is told.
    """
    async with database.snapshot() as session:
        instruments = [row for row in await session.exec(select(Instrument)) if row.watched]
        facts = await projection.facts_of(session, [row.instrument_id for row in instruments])
        alerts = (await session.exec(select(Alert))).all()
        notices = {notice.notice_id for notice in await session.exec(select(Notice))}
    expected = []
    for row in instruments:
        verifications = facts.get(row.instrument_id, ())
        derived = basis.colour_basis(
            *(row.type_code, row.state, row.rotate_on, verifications),
            row.parts,
            on=today,
            compulsory=not row.non_compulsory,
        )
        since = derived.since or row.since
        for day, colour in basis.ladder(derived.basis, derived.valid_until, since):
            if day <= today:
                expected.append((row.instrument_id, derived.governing_id, colour, day))
    assert sorted(expected) == sorted(
        (a.instrument_id, a.governing_id, a.colour, date.fromisoformat(message.due_on))
        for a in alerts
        for message in [wire.alert(a, a.raised_at)]
    )
    assert {alert.notice_id for alert in alerts if not alert.baseline} <= notices


async def watches(database: Database, clock: FixedClock, at_most: int) -> None:
    """Runs the watch of the bureau up to today, with a transaction for so many alerts at most."""
    days_left = True
    while days_left:
        async with changing(database, clock) as change:
            counts = await watch(change, BUREAU, clock.today(), at_most=at_most)
        days_left = counts.days_left


def colour_by_hand(until: date, day: date) -> Colour:
    """The colour by S4 四(一), counted here by hand: two months, one month, and after the day."""
    if day > until:
        return Colour.RED
    if day >= _months_before(until, 1):
        return Colour.YELLOW
    return Colour.GREEN if day >= _months_before(until, 2) else Colour.NONE


def _months_before(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


async def colours_on(database: Database, day: date) -> dict[str, Colour]:
    """The colour of each instrument on a day, by its id."""
    query = select(Instrument.instrument_id, colour_in_sql(day))
    async with database.snapshot() as session:
        return {name: Colour(colour) for name, colour in await session.exec(query)}
