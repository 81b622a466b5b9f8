"""The watch: who turns colour on which morning, and whom nobody is to alarm (D-06, C-19)."""

from __future__ import annotations

from datetime import date, timedelta

from plumbing import migrations
from plumbing.audit import AuditEntry
from protos.registry.v1 import events_pb2 as events
from services.alerts import wire
from services.alerts.tables import Alert
from tests.integration.alerts.town import (
    BUREAU,
    START,
    TODAY,
    Town,
    bureau,
    instrument,
    subject,
    verification,
)

DAY = timedelta(days=1)
NEXT_YEAR = date(2027, 9, 14)


async def test_migrations_agree_with_the_models(empty_town: Town) -> None:
    assert await migrations.differences(empty_town.database, "alerts") == []


async def test_an_instrument_turns_green_yellow_and_red_on_the_days_of_the_law(town: Town) -> None:
    await town.tell_of(instrument(), verification(valid_until=date(2026, 11, 20)))
    turned: dict[str, tuple[date, str]] = {}
    for _ in range(70):
        await town.mornings(1)
        for alert in [wire.alert(row, row.raised_at) for row in await town.rows(Alert)]:
            turned.setdefault(alert.colour, (town.today, alert.due_on))
    assert turned == {
        "green": (date(2026, 9, 20), "2026-09-20"),
        "yellow": (date(2026, 10, 20), "2026-10-20"),
        "red": (date(2026, 11, 21), "2026-11-21"),
    }


async def test_a_second_run_of_the_day_changes_nothing(town: Town) -> None:
    await town.tell_of(instrument(), verification(valid_until=TODAY))
    await town.mornings(1)
    before = await town.alerts(), await town.notices(), len(await town.rows(AuditEntry))
    done = await town.watch()
    after = await town.alerts(), await town.notices(), len(await town.rows(AuditEntry))
    assert (done.alerts, done.notices) == (0, 0)
    assert after == before
    assert await town.watch(town.today - DAY) == done


async def test_days_missed_are_caught_up_as_if_every_morning_had_come(town: Town) -> None:
    untils = [TODAY + timedelta(days=days) for days in range(5, 70, 7)]
    things = [
        (instrument(number), verification(number, until)) for number, until in enumerate(untils, 1)
    ]
    await town.tell_of(*(thing for pair in things for thing in pair))
    town.pass_days(40)
    await town.watch()
    rows = [wire.alert(row, row.raised_at) for row in await town.rows(Alert)]
    raised = {(row.instrument_id, row.colour): date.fromisoformat(row.due_on) for row in rows}
    for number, until in enumerate(untils, 1):
        red_on = raised.get((f"i{number}", "red"))
        assert red_on == (until + DAY if until < town.today else None)
    assert all(due_on <= town.today for due_on in raised.values())
    [digest] = await town.notices("digest")
    # Who passed several colours meanwhile is told the most severe alone; the ladder stays whole.
    assert [line.count("NO-1；") for line in digest.body.splitlines() if "NO-1；" in line] == [1]
    assert {colour for i, colour in raised if i == "i1"} == {"green", "yellow", "red"}
    assert "【红色警示】" in next(line for line in digest.body.splitlines() if "NO-1；" in line)


async def test_a_first_load_alarms_nobody_and_what_comes_later_does(town: Town) -> None:
    await town.tell_of(
        instrument(1),
        instrument(2),
        instrument(3),
        verification(1, TODAY - DAY),
        verification(2, TODAY + DAY),
        baseline=True,
    )
    assert {(i, silent) for i, _, silent in await town.alerts()} == {("i1", True), ("i2", True)}
    assert await town.announced() == []
    await town.mornings(1)  # the instrument never verified is found, silently
    assert ("i3", "red", True) in await town.alerts()
    assert await town.notices() == []
    await town.mornings(1)
    assert (await town.alerts())[-1] == ("i2", "red", False)
    [digest] = await town.notices("digest")
    assert "NO-2" in digest.body
    assert "NO-1" not in digest.body
    [event] = await town.announced()
    assert [alert.instrument_id for alert in event.alerts] == ["i2"]


async def test_a_placeholder_is_never_alarmed_nor_is_what_its_review_uncovers(town: Town) -> None:
    await town.tell_of(
        subject(2, in_review=True),
        instrument(1, subject_id="s2", in_review=True),
        verification(1, TODAY - DAY),
        instrument(2, subject_id="s2", in_review=True),
        verification(2, TODAY + 3 * DAY),
        instrument(3, subject_id="s2", in_review=True),
        verification(3, TODAY),
        instrument(4, subject_id="s2", in_review=True),
    )
    await town.mornings(2)
    assert await town.alerts() == []
    await town.tell_of(
        subject(2, version=2),
        instrument(1, version=2, subject_id="s2"),
        instrument(2, version=2, subject_id="s2"),
    )
    assert {silent for _, _, silent in await town.alerts()} == {True}
    await town.mornings(2)
    assert (await town.alerts())[-1] == ("i2", "red", False)
    assert len(await town.notices("digest")) == 1


async def test_a_rejection_is_red_at_once_and_told_once(town: Town) -> None:
    await town.tell_of(instrument(), verification(1, NEXT_YEAR))
    reject = verification(9, instrument_id="i1", result="reject", verified_on=TODAY.isoformat())
    await town.tell_of(reject)
    assert await town.alerts() == [("i1", "red", False)]
    [notice] = await town.notices()
    assert (notice.kind.value, notice.subject_id) == ("rejected", "s1")
    assert town.timers.delivered == [notice.notice_id]
    await town.mornings(2)
    assert len(await town.notices()) == 1


async def test_a_second_failure_is_a_second_alert(town: Town) -> None:
    await town.tell_of(instrument())
    for number, (result, day) in enumerate(
        [("reject", "2026-09-01"), ("repaired", "2026-09-03"), ("reject", "2026-09-05")]
    ):
        await town.tell_of(
            verification(10 + number, instrument_id="i1", result=result, verified_on=day)
        )
    assert await town.alerts() == [("i1", "red", False)] * 3
    assert len(await town.notices("rejected")) == 2
    assert [wire.alert(row, row.raised_at).due_on for row in await town.rows(Alert)] == [
        "2026-09-01",
        "2026-09-03",
        "2026-09-05",
    ]


async def test_a_pending_result_changes_nothing(town: Town) -> None:
    await town.tell_of(instrument(), verification(1, NEXT_YEAR))
    await town.tell_of(
        verification(2, instrument_id="i1", result="pending", verified_on=TODAY.isoformat())
    )
    assert await town.alerts() == []


async def test_a_late_arrival_is_raised_at_once_and_told_in_the_morning(town: Town) -> None:
    await town.tell_of(instrument(), verification(1, TODAY + 10 * DAY))
    assert await town.alerts() == [("i1", "green", False), ("i1", "yellow", False)]
    assert await town.notices() == []
    await town.mornings(1)
    [digest] = await town.notices()
    assert "【黄色预警】" in digest.body
    assert "【绿色提示】" not in digest.body


async def test_a_return_to_use_is_a_new_spell(town: Town) -> None:
    await town.tell_of(instrument(), verification(1, TODAY - DAY))
    first = await town.alerts()
    await town.tell_of(instrument(1, version=2, state="stopped"))
    await town.mornings(1)
    assert await town.alerts() == first
    assert await town.notices() == []  # a stopped instrument alarms nobody
    await town.tell_of(instrument(1, version=3, spell=2))
    assert await town.alerts() == first * 2


async def test_what_an_undone_import_removed_no_longer_applies(town: Town) -> None:
    await town.tell_of(instrument(), verification(1, NEXT_YEAR))
    await town.tell_of(verification(2, TODAY - DAY, instrument_id="i1", verified_on="2026-01-01"))
    assert {colour for _, colour, _ in await town.alerts()} == {"green", "yellow", "red"}
    await town.tell_of(
        verification(
            2, TODAY - DAY, version=2, instrument_id="i1", verified_on="2026-01-01", removed=True
        ),
        cause=events.CAUSE_UNDONE,
    )
    await town.mornings(1)
    assert await town.notices() == []
    assert len(await town.alerts()) == 3  # history stays


async def test_the_highest_version_wins_in_any_order(town: Town) -> None:
    later = instrument(1, version=2, state="stopped")
    await town.tell_of(verification(1, TODAY - DAY))
    await town.tell(*town.facts(later), aggregate="a")
    await town.tell(*town.facts(instrument(1)), aggregate="b")
    await town.mornings(1)
    assert await town.alerts() == []


async def test_a_bureau_is_watched_and_hears_of_a_moved_clock(town: Town) -> None:
    assert town.timers.watched == [(BUREAU, None)]
    await town.tell(events.ClockMoved(offset_seconds=86400.0))
    assert town.timers.watched[-1] == (BUREAU, 86400.0)


async def test_every_run_is_audited_once_and_announced_in_handy_messages(town: Town) -> None:
    await town.tell_of(
        *(instrument(number) for number in range(1201)),
        *(verification(number, TODAY) for number in range(1201)),
    )
    at_once = len(await town.announced())
    await town.mornings(1)
    sizes = [len(event.alerts) for event in (await town.announced())[at_once:]]
    assert sizes == [500, 500, 201]
    [entry] = [e for e in await town.rows(AuditEntry) if e.action == "watch" and e.at != START]
    assert entry.after is not None
    assert (entry.after["alerts"], entry.after["notices"]) == (1201, 1)


async def test_an_instrument_may_come_before_its_owner_and_its_bureau(empty_town: Town) -> None:
    await empty_town.tell_of(verification(1, TODAY - DAY), instrument())
    await empty_town.tell_of(bureau(), subject(1))
    await empty_town.mornings(1)
    assert len(await empty_town.notices("digest")) == 1
