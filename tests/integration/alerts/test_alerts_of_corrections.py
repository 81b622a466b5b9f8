"""The last valid day of a verification is corrected: the alerts are those of the corrected day."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlmodel import select

from law.colours.rule import Colour
from plumbing.clock import SHANGHAI, FixedClock
from plumbing.database import Database
from protos.registry.v1 import events_pb2 as events
from services.alerts import projection
from services.alerts.basis_changes import follow_up
from services.alerts.tables import Alert, Escalation, Notice
from services.alerts.watch import DUE_PER_TRANSACTION
from tests.integration.alerts.running_alerts import bureau, instrument, subject, verification
from tests.integration.alerts.watched_days import Template, agrees, changing, opened, watches

START = date(2026, 9, 14)


async def put(database: Database, clock: FixedClock, until: date, version: int) -> None:
    """Stores the instrument with a pass that is valid until a day, in this version."""
    recorded = events.VerificationsRecorded()
    recorded.change.at.FromDatetime(clock.now())
    recorded.verifications.append(verification(1, until, version))
    async with changing(database, clock) as change:
        await projection.put_bureaus(change, [bureau()])
        await projection.put_subjects(change, [subject()], silent=False)
        altered = await projection.put_instruments(change, [instrument()], silent=False)
        altered += await projection.put_verifications(change, recorded, silent=False)
        await follow_up(change, altered)


async def stands(database: Database) -> tuple[dict[Colour, date | None], list[str], int]:
    """The alerts by colour with their last valid day, the open cases, and how many mails went."""
    async with database.snapshot() as session:
        alerts = (await session.exec(select(Alert))).all()
        cases = (await session.exec(select(Escalation))).all()
        mails = (await session.exec(select(Notice))).all()
    digests = {alert.notice_id for alert in alerts} & {mail.notice_id for mail in mails}
    assert len(alerts) == len({alert.colour for alert in alerts}), "one of each colour"
    open_ones = [case.escalation_id for case in cases if case.closed_at is None]
    return {a.colour: a.valid_until for a in alerts}, open_ones, len(digests)


@pytest.mark.parametrize("days_later", [3, 70])
async def test_a_red_that_was_none_is_raised_on_its_day(
    template: Template, days_later: int
) -> None:
    clock = FixedClock(datetime(START.year, START.month, START.day, 10, tzinfo=SHANGHAI))
    wrong, right = START - timedelta(days=2), START + timedelta(days=days_later)
    async with opened(template) as database:
        await put(database, clock, wrong, 1)
        await watches(database, clock, DUE_PER_TRANSACTION)
        assert (await stands(database))[1] == ["s1/1"]
        await put(database, clock, right, 2)
        await agrees(database, clock)
        assert (await stands(database))[1] == []
        while clock.today() <= right:
            clock.moment += timedelta(days=1)
            await watches(database, clock, DUE_PER_TRANSACTION)
            await agrees(database, clock)
        alerts, cases, _ = await stands(database)
        assert alerts == dict.fromkeys((Colour.GREEN, Colour.YELLOW, Colour.RED), right)
        assert cases == ["s1/2"]


async def test_a_red_whose_day_is_another_stays_red_in_its_case(template: Template) -> None:
    clock = FixedClock(datetime(START.year, START.month, START.day, 10, tzinfo=SHANGHAI))
    async with opened(template) as database:
        await put(database, clock, START - timedelta(days=2), 1)
        await watches(database, clock, DUE_PER_TRANSACTION)
        await put(database, clock, START - timedelta(days=3), 2)
        await agrees(database, clock)
        alerts, cases, _ = await stands(database)
        assert alerts[Colour.RED] == START - timedelta(days=3)
        assert cases == ["s1/1"]
