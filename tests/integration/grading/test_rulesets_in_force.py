"""What an activated text does to grades: on its day, and not before."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from law.texts_in_force import load as texts
from protos.grading.v1 import rulesets_pb2 as pb
from services.grading.checks import check
from services.grading.tables import Subject
from tests.integration.grading.office import (
    NEW_YEAR,
    TODAY,
    Office,
    announced_of,
    ruled,
)
from tests.integration.grading.support import penalty, subject


async def test_a_text_in_force_from_today_grades_its_subjects_at_once(office: Office) -> None:
    platform, before = office.platform, await office.platform.current()
    events_before = len(await announced_of(platform))
    await office.bring_in("national-2017-566", TODAY)
    assert office.woken == [True]
    await office.a_day_begins()
    assert await ruled(platform) == ("national-2017-566", "untrusted")
    assert await ruled(platform, 2) == ("national-2017-566", "basically_trusted")
    assert (await ruled(platform, 4))[0] == "tianjin-pilot"
    assert (await platform.current("subj-3")).grade is None
    [event] = (await announced_of(platform))[events_before:]
    assert (event.before.ruleset_id, event.after.grade) == (before.ruleset_id, "untrusted")
    assert not event.fell  # grades of different texts are not compared
    assert await office.a_day_begins() == 0
    assert (await check(platform.database, platform.clock)).problems == []


async def test_a_text_in_force_later_changes_no_grade_before_that_day(office: Office) -> None:
    platform, (old, letter) = office.platform, await ruled(office.platform)
    await office.bring_in("national-2017-566", NEW_YEAR)
    assert await office.a_day_begins() == 0
    platform.clock.moment = datetime(2026, 12, 31, 15, 59, tzinfo=UTC)
    assert await office.a_day_begins() == 0
    assert await ruled(platform) == (old, letter)
    platform.clock.moment += timedelta(minutes=1)
    await office.a_day_begins()
    grade = await platform.current()
    assert (grade.ruleset_id, grade.in_force_from) == ("national-2017-566", NEW_YEAR)
    earlier = [row for row in await platform.grades() if row.in_force_to == NEW_YEAR]
    assert [(row.ruleset_id, row.grade) for row in earlier] == [(old, letter)]
    assert (await check(platform.database, platform.clock)).problems == []


async def test_a_missed_day_is_graded_later_even_after_a_change(office: Office) -> None:
    platform = office.platform
    await office.bring_in("national-2017-566", NEW_YEAR)
    platform.clock.moment = datetime(2027, 1, 4, 2, 0, tzinfo=UTC)
    await platform.tell_records(penalty(2, determined_on="2027-01-04", entered_on="2027-01-04"))
    await office.a_day_begins()
    assert (await platform.current("subj-2")).in_force_from == NEW_YEAR
    known = [row for row in await platform.grades() if row.known_to is None]
    assert [row.in_force_from for row in known][-2:] == [NEW_YEAR, date(2027, 1, 4)]
    assert (await check(platform.database, platform.clock)).problems == []


async def test_a_later_subject_is_due_on_the_day_of_the_text_too(office: Office) -> None:
    december = date(2026, 12, 1)
    await office.bring_in("national-2017-566", december)
    await office.platform.tell_subjects(subject(5))
    assert (await ruled(office.platform, 5))[0] == "hangzhou-2021-120"
    due = {row.subject_id: row.next_change_on for row in await office.platform.rows(Subject)}
    assert due.pop("subj-4") != december  # of Tianjin
    assert set(due.values()) == {december}


async def test_a_later_activation_replaces_an_earlier_one(office: Office) -> None:
    platform = office.platform
    await office.bring_in("national-2017-566", TODAY)
    await office.bring_in("hangzhou-2021-120", NEW_YEAR, sectors=("market",))
    await office.a_day_begins()
    assert (await ruled(platform))[0] == "national-2017-566"
    platform.clock.moment = datetime(2027, 1, 1, 2, 0, tzinfo=UTC)
    await office.a_day_begins()
    assert (await ruled(platform))[0] == "hangzhou-2021-120"
    assert (await ruled(platform, 2))[0] == "national-2017-566"  # of another sector
    await office.bring_in("hangzhou-trial", NEW_YEAR, adopt_draft=True)
    await office.a_day_begins()
    rulesets = [(await ruled(platform, number))[0] for number in (1, 2)]
    assert rulesets == ["hangzhou-trial"] * 2  # of two from one day the latest made decides
    listed = await office.head.ListActivations(pb.ListActivationsRequest())
    order = ["hangzhou-trial", "hangzhou-2021-120", "national-2017-566"]
    assert [one.ruleset_id for one in listed.activations] == order
    assert (await check(platform.database, platform.clock)).problems == []


async def test_a_replaced_text_does_not_govern_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    await office.bring_in("national-2017-566", TODAY)
    ended = replace(texts.load("national-2017-566"), valid_to=TODAY)
    load = texts.load
    monkeypatch.setattr(
        texts, "load", lambda one: ended if one == "national-2017-566" else load(one)
    )
    office.platform.pass_days(1)
    await office.a_day_begins()
    grade = await office.platform.current()
    assert (grade.grade, "失效" in grade.not_graded_zh) == (None, True)
