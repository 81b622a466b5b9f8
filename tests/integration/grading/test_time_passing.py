"""Grades change by the passing of time and by a changed text."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from law.texts_in_force import load as ruleset
from plumbing.change import Changes
from plumbing.identity import service_caller
from protos.registry.v1.events_pb2 import ClockMoved
from services.grading.activities import Command
from services.grading.checks import check
from services.grading.commands import regrade_due, regrade_stale
from services.grading.tables import Grade, Subject
from tests.integration.events.support import eventually
from tests.integration.grading.support import Platform, penalty, subject

OUT_OF_WINDOW = date(2031, 5, 7)  # five years after the penalty was determined, and a day


async def regrade(platform: Platform, command: Command, as_of: date) -> int:
    """Grades a chunk as the daily workflow does; returns how many subjects it had."""
    changes = Changes(platform.database, platform.clock)
    async with changes.change(service_caller("grading")) as change:
        return len(await command(change, as_of, ""))


@pytest.fixture
async def penalised(platform: Platform) -> Platform:
    await platform.tell_subjects(subject())
    await platform.tell_records(penalty())
    return platform


async def test_the_next_day_on_which_time_changes_a_grade_is_stored(penalised: Platform) -> None:
    [row] = await penalised.rows(Subject)
    assert row.next_change_on == OUT_OF_WINDOW
    assert await regrade(penalised, regrade_due, OUT_OF_WINDOW - timedelta(days=1)) == 0
    assert await regrade(penalised, regrade_due, OUT_OF_WINDOW) == 1
    assert await regrade(penalised, regrade_due, OUT_OF_WINDOW) == 0
    grade = await penalised.current()
    assert (grade.score, grade.in_force_from) == (90, OUT_OF_WINDOW)
    [row] = await penalised.rows(Subject)
    assert row.next_change_on is None
    event = (await penalised.announced())[-1]
    assert (list(event.record_ids), event.fell) == ([], False)


async def test_a_missed_day_is_graded_later_as_of_that_day(penalised: Platform) -> None:
    await penalised.tell_records(penalty(2, determined_on="2026-05-20"))
    today = OUT_OF_WINDOW + timedelta(days=100)
    penalised.clock.moment += today - penalised.clock.today()
    await regrade(penalised, regrade_due, today)
    known = [row for row in await penalised.grades() if row.known_to is None]
    starts = [row.in_force_from for row in known]
    assert starts[1:] == [OUT_OF_WINDOW, OUT_OF_WINDOW + timedelta(days=14)]
    assert (await penalised.current()).score == 90
    assert (await check(penalised.database, penalised.clock)).problems == []


async def test_a_change_does_not_hide_a_missed_day(
    penalised: Platform,
) -> None:
    penalised.pass_days(365 * 5)
    today = penalised.clock.today()
    assert today > OUT_OF_WINDOW
    late = penalty(2, determined_on=today.isoformat(), entered_on=today.isoformat())
    await penalised.tell_records(late)
    known = [row for row in await penalised.grades() if row.known_to is None]
    assert [row.in_force_from for row in known][1:] == [OUT_OF_WINDOW, today]
    assert known[1].score == 90
    by_time, by_news = (await penalised.announced())[-2:]
    assert (list(by_time.record_ids), list(by_news.record_ids)) == ([], ["rec-2"])


async def test_grades_under_a_changed_text_are_computed_again(penalised: Platform) -> None:
    today = penalised.clock.today()
    assert await regrade(penalised, regrade_stale, today) == 0
    async with penalised.database.transaction() as session:
        await session.exec(sa.update(Grade).values(ruleset_hash="earlier", digest="earlier"))
    assert await regrade(penalised, regrade_stale, today) == 1
    assert await regrade(penalised, regrade_stale, today) == 0


async def test_grades_under_a_text_that_no_longer_governs_are_computed_again(
    penalised: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = penalised.clock.today()
    table = ruleset.jurisdictions()
    elsewhere = next(entry for entry in table.entries if entry.id == "elsewhere")
    monkeypatch.setattr(ruleset, "jurisdictions", lambda: replace(table, entries=(elsewhere,)))
    assert await regrade(penalised, regrade_stale, today) == 1
    grade = await penalised.current()
    assert grade.ruleset_id == "national-2017-566"
    assert not (await penalised.announced())[-1].fell
    assert await regrade(penalised, regrade_stale, today) == 0


async def test_a_clock_move_is_passed_on_when_temporal_is_back(platform: Platform) -> None:
    platform.temporal_is_away = True
    await platform.announce(ClockMoved(offset_seconds=3600.0), "clock")
    await eventually(platform.was_asked)
    assert platform.moved == 0
    platform.temporal_is_away = False
    await platform.settled()
    assert platform.moved == 1
