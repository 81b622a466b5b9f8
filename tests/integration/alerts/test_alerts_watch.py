"""The watch raises the alerts of each day, and none where nobody may be alarmed (D-06, C-19)."""

from __future__ import annotations

from datetime import date, timedelta

from law.periods import add_months
from plumbing import migrations
from plumbing.audit import AuditEntry
from plumbing.view import open_view
from protos.alerts.v1 import alerts_pb2 as pb
from protos.registry.v1 import events_pb2 as events
from services.alerts import wire
from services.alerts.escalation.tables import Escalation
from services.alerts.languages import Language
from services.alerts.queries import list_alerts
from services.alerts.tables import Alert, DigestPreference, NoticeState, Rhythm
from services.alerts.workflows import WatchRun
from tests.integration.alerts.escalation_desk import CASEWORKER
from tests.integration.alerts.running_alerts import (
    BUREAU,
    START,
    TODAY,
    RunningAlerts,
    bureau,
    instrument,
    subject,
    verification,
)

DAY = timedelta(days=1)
NEXT_YEAR = date(2027, 9, 14)


async def test_migrations_agree_with_the_models(empty_alerts: RunningAlerts) -> None:
    assert await migrations.differences(empty_alerts.database, "alerts") == []


async def test_an_instrument_turns_green_yellow_and_red_on_the_days_of_the_law(
    alerts: RunningAlerts,
) -> None:
    await alerts.put(instrument(), verification(valid_until=date(2026, 11, 20)))
    altered: dict[str, tuple[date, str]] = {}
    for _ in range(70):
        await alerts.watch_days(1)
        for alert in [wire.alert(row, row.raised_at) for row in await alerts.rows(Alert)]:
            altered.setdefault(alert.colour, (alerts.today, alert.due_on))
    assert altered == {
        "green": (date(2026, 9, 20), "2026-09-20"),
        "yellow": (date(2026, 10, 20), "2026-10-20"),
        "red": (date(2026, 11, 21), "2026-11-21"),
    }


async def test_a_second_run_of_the_day_changes_nothing(alerts: RunningAlerts) -> None:
    await alerts.put(instrument(), verification(valid_until=TODAY))
    await alerts.watch_days(1)
    before = (
        await alerts.raised_alerts(),
        await alerts.notices(),
        len(await alerts.rows(AuditEntry)),
    )
    report = await alerts.run_watch()
    after = await alerts.raised_alerts(), await alerts.notices(), len(await alerts.rows(AuditEntry))
    assert (report.alerts, report.notices) == (0, 0)
    assert after == before
    assert await alerts.run_watch(alerts.today - DAY) == report


async def test_one_run_raises_the_alerts_of_all_days_missed(
    alerts: RunningAlerts,
) -> None:
    untils = [TODAY + timedelta(days=days) for days in range(5, 70, 7)]
    things = [
        (instrument(number), verification(number, until)) for number, until in enumerate(untils, 1)
    ]
    await alerts.put(*(thing for pair in things for thing in pair))
    alerts.pass_days(40)
    await alerts.run_watch()
    rows = [wire.alert(row, row.raised_at) for row in await alerts.rows(Alert)]
    raised = {(row.instrument_id, row.colour): date.fromisoformat(row.due_on) for row in rows}
    for number, until in enumerate(untils, 1):
        red_on = raised.get((f"i{number}", "red"))
        assert red_on == (until + DAY if until < alerts.today else None)
    assert all(due_on <= alerts.today for due_on in raised.values())
    [digest] = await alerts.notices("digest")
    # The digest names only the most severe of several colours; every colour has its alert.
    assert [line.count("NO-1；") for line in digest.body.splitlines() if "NO-1；" in line] == [1]
    assert {colour for i, colour in raised if i == "i1"} == {"green", "yellow", "red"}
    assert "【红色警示】" in next(line for line in digest.body.splitlines() if "NO-1；" in line)


async def test_a_first_load_alarms_nobody_but_a_later_day_does(alerts: RunningAlerts) -> None:
    await alerts.put(
        instrument(1),
        instrument(2),
        instrument(3),
        verification(1, TODAY - DAY),
        verification(2, TODAY + DAY),
        baseline=True,
    )
    assert {(i, silent) for i, _, silent in await alerts.raised_alerts()} == {
        ("i1", True),
        ("i2", True),
    }
    assert await alerts.announced_alerts() == []
    await alerts.watch_days(1)  # the instrument never verified is found, silently
    assert ("i3", "red", True) in await alerts.raised_alerts()
    assert {notice.kind for notice in await alerts.notices()} == {"approvals"}  # to the bureau
    await alerts.watch_days(1)
    assert (await alerts.raised_alerts())[-1] == ("i2", "red", False)
    [digest] = await alerts.notices("digest")
    assert "NO-2" in digest.body
    assert "NO-1" not in digest.body
    [event] = await alerts.announced_alerts()
    assert [alert.instrument_id for alert in event.alerts] == ["i2"]


async def test_a_subject_in_review_is_not_alarmed_and_neither_is_the_end_of_its_review(
    alerts: RunningAlerts,
) -> None:
    await alerts.put(
        subject(2, in_review=True),
        instrument(1, subject_id="s2", in_review=True),
        verification(1, TODAY - DAY),
        instrument(2, subject_id="s2", in_review=True),
        verification(2, TODAY + 3 * DAY),
        instrument(3, subject_id="s2", in_review=True),
        verification(3, TODAY),
        instrument(4, subject_id="s2", in_review=True),
    )
    await alerts.watch_days(2)
    assert await alerts.raised_alerts() == []
    await alerts.put(
        subject(2, version=2),
        instrument(1, version=2, subject_id="s2"),
        instrument(2, version=2, subject_id="s2"),
    )
    assert {silent for _, _, silent in await alerts.raised_alerts()} == {True}
    await alerts.watch_days(2)
    assert (await alerts.raised_alerts())[-1] == ("i2", "red", False)
    assert len(await alerts.notices("digest")) == 1


async def test_a_rejection_is_red_at_once_and_mailed_once(alerts: RunningAlerts) -> None:
    await alerts.put(instrument(), verification(1, NEXT_YEAR))
    reject = verification(9, instrument_id="i1", result="reject", verified_on=TODAY.isoformat())
    await alerts.put(reject)
    assert await alerts.raised_alerts() == [("i1", "red", False)]
    [notice] = await alerts.notices()
    assert (notice.kind.value, notice.subject_id) == ("rejected", "s1")
    assert alerts.timers.delivered == [notice.notice_id]
    await alerts.watch_days(2)
    assert len(await alerts.notices()) == 1


async def test_a_second_failure_is_a_second_alert(alerts: RunningAlerts) -> None:
    await alerts.put(instrument())
    for number, (result, day) in enumerate(
        [("reject", "2026-09-01"), ("repaired", "2026-09-03"), ("reject", "2026-09-05")]
    ):
        await alerts.put(
            verification(10 + number, instrument_id="i1", result=result, verified_on=day)
        )
    assert await alerts.raised_alerts() == [("i1", "red", False)] * 3
    assert len(await alerts.notices("rejected")) == 2
    assert [wire.alert(row, row.raised_at).due_on for row in await alerts.rows(Alert)] == [
        "2026-09-01",
        "2026-09-03",
        "2026-09-05",
    ]


async def test_two_rejections_of_one_day_are_told_apart(alerts: RunningAlerts) -> None:
    today = TODAY.isoformat()
    await alerts.put(instrument())
    for number, (notice_no, institution) in enumerate(
        [("测结字001", "合成检定所"), ("测结字002", "合成检定所"), ("", "另一合成检定所")], 10
    ):
        paper = verification(
            number, certificate_no=notice_no, institution=institution, verified_on=today
        )
        paper.instrument_id, paper.result = "i1", "reject"
        await alerts.put(paper)
    mails = await alerts.notices("rejected")
    assert len({mail.title for mail in mails}) == len({mail.body for mail in mails}) == 3
    async with open_view(alerts.database, alerts.clock, CASEWORKER) as view:
        listed = await list_alerts(view, pb.ListAlertsRequest())
    assert [(one.certificate_no, one.institution) for one in listed.alerts] == [
        ("", "另一合成检定所"),
        ("测结字002", "合成检定所"),
        ("测结字001", "合成检定所"),
    ]


async def test_a_pending_result_changes_nothing(alerts: RunningAlerts) -> None:
    await alerts.put(instrument(), verification(1, NEXT_YEAR))
    await alerts.put(
        verification(2, instrument_id="i1", result="pending", verified_on=TODAY.isoformat())
    )
    assert await alerts.raised_alerts() == []


async def test_a_late_arrival_is_raised_at_once_and_named_by_the_next_digest(
    alerts: RunningAlerts,
) -> None:
    await alerts.put(instrument(), verification(1, TODAY + 10 * DAY))
    assert await alerts.raised_alerts() == [("i1", "green", False), ("i1", "yellow", False)]
    assert await alerts.notices() == []
    await alerts.watch_days(1)
    [digest] = await alerts.notices("digest")
    assert "【黄色预警】" in digest.body
    assert "【绿色提示】" not in digest.body


async def test_an_alert_of_which_nobody_was_told_yet_goes_with_its_instrument(
    alerts: RunningAlerts,
) -> None:
    """The owner, and then the bureau, changes between the alert and the digest that names it."""
    async with alerts.database.transaction() as session:
        session.add(DigestPreference(subject_id="s1", rhythm=Rhythm.WEEKLY, mailed=True))
    green = add_months(TODAY + DAY, 2)
    await alerts.put(*(instrument(n) for n in (1, 2)), *(verification(n, green) for n in (1, 2)))
    await alerts.watch_days(1)  # Tuesday: the digest of the first owner waits for Monday
    await alerts.put(instrument(3), verification(3, TODAY + 10 * DAY))  # for the next morning
    assert len(await alerts.raised_alerts()) == 4
    await alerts.put(bureau("330105"), subject(2), subject(3, bureau="330105"))
    await alerts.put(instrument(2, version=2, subject_id="s2"))
    await alerts.put(instrument(3, version=2, subject_id="s3", bureau="330105"))
    await alerts.watch_days(1)
    await alerts.activities.watch(WatchRun(bureau="330105", through=alerts.today))
    await alerts.watch_days(5)
    digests = await alerts.notices("digest")
    found = {one.subject_id: (one.address, one.bureau, one.body) for one in digests}
    assert len(digests) == len(found) == 3
    for number, office in ((1, BUREAU), (2, BUREAU), (3, "330105")):
        address, at, body = found[f"s{number}"]
        assert (address, at) == (f"unit{number}@test.example", office)
        assert [n for n in (1, 2, 3) if f"NO-{n}；" in body] == [number]
    assert {row.subject_id for row in await alerts.rows(Alert)} == {"s1", "s2", "s3"}


async def test_a_return_to_use_is_a_new_spell(alerts: RunningAlerts) -> None:
    await alerts.put(instrument(), verification(1, TODAY - DAY))
    first = await alerts.raised_alerts()
    await alerts.put(instrument(1, version=2, state="stopped"))
    await alerts.watch_days(1)
    assert await alerts.raised_alerts() == first
    assert await alerts.notices() == []  # a stopped instrument alarms nobody
    await alerts.put(instrument(1, version=3, spell=2))
    assert await alerts.raised_alerts() == first * 2


async def test_an_alert_of_an_undone_import_no_longer_applies(alerts: RunningAlerts) -> None:
    await alerts.put(instrument(), verification(1, NEXT_YEAR))
    await alerts.put(verification(2, TODAY - DAY, instrument_id="i1", verified_on="2026-01-01"))
    assert {colour for _, colour, _ in await alerts.raised_alerts()} == {"green", "yellow", "red"}
    await alerts.put(
        verification(
            2, TODAY - DAY, version=2, instrument_id="i1", verified_on="2026-01-01", removed=True
        ),
        cause=events.CAUSE_UNDONE,
    )
    await alerts.watch_days(1)
    assert await alerts.notices("digest") == []
    assert len(await alerts.raised_alerts()) == 3  # history stays


async def test_the_highest_version_wins_in_any_order(alerts: RunningAlerts) -> None:
    later = instrument(1, version=2, state="stopped")
    await alerts.put(verification(1, TODAY - DAY))
    await alerts.announce(*alerts.events_of(later), aggregate="a")
    await alerts.announce(*alerts.events_of(instrument(1)), aggregate="b")
    await alerts.watch_days(1)
    assert await alerts.raised_alerts() == []


async def test_the_watch_of_a_bureau_is_signalled_when_the_clock_was_moved(
    alerts: RunningAlerts,
) -> None:
    assert alerts.timers.watched == [BUREAU]
    await alerts.announce(events.ClockMoved(offset_seconds=86400.0))
    assert alerts.timers.watched == [BUREAU, BUREAU]


async def test_every_run_is_audited_once_and_announced_500_alerts_a_message(
    alerts: RunningAlerts,
) -> None:
    await alerts.put(
        *(instrument(number) for number in range(1201)),
        *(verification(number, TODAY) for number in range(1201)),
    )
    at_once = len(await alerts.announced_alerts())
    await alerts.watch_days(1)
    sizes = [len(event.alerts) for event in (await alerts.announced_alerts())[at_once:]]
    assert sizes == [500, 500, 201]
    [entry] = [e for e in await alerts.rows(AuditEntry) if e.action == "watch" and e.at != START]
    assert entry.after is not None
    assert (entry.after["alerts"], entry.after["notices"]) == (1201, 1)


async def test_an_instrument_may_come_before_its_owner_and_its_bureau(
    empty_alerts: RunningAlerts,
) -> None:
    await empty_alerts.put(verification(1, TODAY - DAY), instrument())
    await empty_alerts.put(bureau(), subject(1))
    await empty_alerts.watch_days(1)
    assert len(await empty_alerts.notices("digest")) == 1


async def test_a_weekly_digest_waits_for_monday_but_not_with_a_red_alert(
    alerts: RunningAlerts,
) -> None:
    async with alerts.database.transaction() as session:
        session.add(DigestPreference(subject_id="s1", rhythm=Rhythm.WEEKLY, mailed=False))
    until = add_months(TODAY + timedelta(days=1), 2)  # green on Tuesday
    await alerts.put(instrument(), verification(1, until))
    await alerts.watch_days(6)  # from Tuesday to Sunday
    assert await alerts.notices("digest") == []
    await alerts.watch_days(1)
    [digest] = await alerts.notices("digest")
    assert (digest.state, digest.address) == (NoticeState.INBOX, "")
    assert "NO-1" in digest.body
    await alerts.put(instrument(2), verification(2, alerts.today))  # red on Tuesday
    await alerts.watch_days(1)
    [_, red] = await alerts.notices("digest")
    assert "NO-2" in red.body


async def test_a_digest_comes_in_the_language_that_its_subject_chose(
    alerts: RunningAlerts,
) -> None:
    async with alerts.database.transaction() as session:
        session.add(
            DigestPreference(
                subject_id="s1", rhythm=Rhythm.DAILY, mailed=True, language=Language.BOTH
            )
        )
    await alerts.put(instrument(), verification(1, TODAY))
    await alerts.watch_days(1)
    [digest] = await alerts.notices("digest")
    assert digest.language is Language.BOTH
    assert "NO-1" in digest.body
    assert "serial number NO-1" in digest.body_en
    assert "red alert" in digest.title_en


async def test_what_is_put_into_use_unverified_is_red_at_once_and_not_again_at_night(
    alerts: RunningAlerts,
) -> None:
    spare = instrument(state="spare")
    await alerts.put(spare)
    used = instrument(version=2, spell=1)
    [put] = alerts.events_of(used)
    unverified = events.InstrumentsChanged(unverified_in_use=[used.instrument_id])
    put.MergeFrom(unverified)
    await alerts.announce(put)
    at_once = [(used.instrument_id, "red", False)]
    assert await alerts.raised_alerts() == at_once
    [case] = await alerts.rows(Escalation)
    assert case.subject_id == used.subject_id
    await alerts.watch_days(2)
    assert await alerts.raised_alerts() == at_once
    [digest] = await alerts.notices("digest")
    assert "从未检定即在使用" in digest.body


async def test_a_new_instrument_whose_verification_may_be_on_the_way_waits_for_the_watch(
    alerts: RunningAlerts,
) -> None:
    await alerts.put(instrument())
    assert await alerts.raised_alerts() == []
    await alerts.watch_days(1)
    assert [colour for _, colour, _ in await alerts.raised_alerts()] == ["red"]


async def test_both_owners_hear_that_an_instrument_has_another_one_and_not_of_each_other(
    alerts: RunningAlerts,
) -> None:
    await alerts.put(subject(2), instrument(), verification(valid_until=NEXT_YEAR))
    handed_on = instrument(version=2, subject_id="s2")
    for _ in range(2):  # the same event once more tells nobody again
        await alerts.put(handed_on, cause=events.CAUSE_ENTERED)
    await alerts.put(instrument(), cause=events.CAUSE_ENTERED)  # an old event that comes late
    told = {one.subject_id: one for one in await alerts.notices("subject")}
    assert set(told) == {"s1", "s2"}
    assert "不再属于贵单位" in told["s1"].title
    assert "登记到贵单位名下" in told["s2"].title
    assert all("NO-1" in one.body for one in told.values())
    assert "测试单位2" not in told["s1"].body
    assert "测试单位1" not in told["s2"].body
    await alerts.put(instrument(version=3, subject_id="s1"), cause=events.CAUSE_JOINED)
    assert len(await alerts.notices("subject")) == 2
