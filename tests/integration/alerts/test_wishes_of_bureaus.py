"""How a bureau wants its notices: what has no term waits, terms never do."""

from __future__ import annotations

import pytest

from law.errors import InvalidInput, NotPermitted
from plumbing.audit import AuditEntry
from plumbing.identity import Caller, Role, service_caller
from plumbing.view import open_view
from protos.alerts.v1 import alerts_pb2 as pb
from services.alerts.languages import Language
from services.alerts.notices import preferences
from services.alerts.notices.issue import issue, known
from services.alerts.notices.texts import Text
from services.alerts.tables import Bureau, DigestPreference, Notice, NoticeKind, NoticeState
from tests.integration.alerts.running_alerts import BUREAU, RunningAlerts
from tests.integration.alerts.test_notices_of_institutions import CASEWORKER, FAR, prefer, tell

HEAD = Caller("account/head", "负责人", frozenset({Role.UNIT_HEAD}), BUREAU)
FRIDAY = 5  # today is a Monday


async def told(alerts: RunningAlerts, key: str, kind: NoticeKind = NoticeKind.FILING) -> Notice:
    """Tells the bureau something."""
    async with alerts.changes.change(service_caller("alerts")) as change:
        office = await known(change.session, Bureau, BUREAU)
        in_english = Text(f"english {key}", "body")
        notice = await issue(
            change, kind, key, office, BUREAU, Text(key, "正文"), in_english=lambda: in_english
        )
    assert notice is not None
    return notice


async def weeks(alerts: RunningAlerts) -> list[Notice]:
    return [one for one in await alerts.notices("digest") if one.key.startswith("bureau-week/")]


async def test_what_has_no_term_comes_once_a_week_and_terms_at_once(alerts: RunningAlerts) -> None:
    assert (await told(alerts, "before")).state is NoticeState.PENDING
    await prefer(alerts, CASEWORKER, rhythm="weekly", weekday=FRIDAY, language="both")
    waiting = await told(alerts, "waits")
    assert (waiting.state, waiting.address) == (NoticeState.INBOX, "")
    assert waiting.language is Language.BOTH
    for kind in (NoticeKind.TERM, NoticeKind.APPROVALS, NoticeKind.ENDING):
        assert (await told(alerts, kind.value, kind)).state is NoticeState.PENDING
    await tell(alerts)
    [late] = [one for one in await alerts.notices("institution") if one.key.startswith("overdue/")]
    assert (late.state, "Late institution" in late.title_en) == (NoticeState.PENDING, True)

    await alerts.watch_days(3)
    assert await weeks(alerts) == []
    await alerts.watch_days(1)
    [week] = await weeks(alerts)
    assert (week.key, week.state) == (f"bureau-week/{BUREAU}/2026-09-18", NoticeState.PENDING)
    assert "1. waits" in week.body
    assert "1. english waits" in week.body_en
    assert "before" not in week.body
    assert "term" not in week.body

    await alerts.watch_days(1)
    await told(alerts, "next")
    await alerts.watch_days(6)
    [_, second] = await weeks(alerts)
    assert "1. next" in second.body
    assert "waits" not in second.body
    await alerts.watch_days(7)
    assert len(await weeks(alerts)) == 2, "nothing was told meanwhile"


async def test_a_week_whose_day_the_watch_missed_comes_with_the_next(alerts: RunningAlerts) -> None:
    await alerts.run_watch()
    await prefer(alerts, CASEWORKER, rhythm="weekly", weekday=FRIDAY)
    await told(alerts, "waits")
    alerts.pass_days(8)  # a Tuesday
    await alerts.run_watch()
    [week] = await weeks(alerts)
    assert (week.key, "1. waits" in week.body) == (f"bureau-week/{BUREAU}/2026-09-22", True)
    await alerts.watch_days(2)
    assert len(await weeks(alerts)) == 1, "no day is made up for twice"


async def test_a_bureau_cannot_keep_its_week_from_the_mail(alerts: RunningAlerts) -> None:
    wish = pb.SetDigestPreferenceRequest(rhythm="weekly", weekday=FRIDAY)  # as a program sends it
    async with alerts.changes.change(CASEWORKER) as change:
        assert (await preferences.set_digest_preference(change, wish)).mailed
    await told(alerts, "waits")
    await alerts.watch_days(5)
    [week] = await weeks(alerts)
    assert week.state is NoticeState.PENDING


async def test_a_wish_of_an_earlier_release_keeps_no_week_from_the_mail(
    alerts: RunningAlerts,
) -> None:
    await prefer(alerts, CASEWORKER, rhythm="weekly", weekday=FRIDAY)
    async with alerts.database.transaction() as session:
        wish = await session.get_one(DigestPreference, f"bureau/{BUREAU}")
        wish.mailed = False
    async with open_view(alerts.database, alerts.clock, CASEWORKER) as view:
        shown = await preferences.get_digest_preference(view, pb.GetDigestPreferenceRequest())
    await told(alerts, "waits")
    await alerts.watch_days(5)
    [week] = await weeks(alerts)
    assert (shown.mailed, week.state) == (True, NoticeState.PENDING)


async def test_what_waited_for_a_week_is_mailed_if_a_bureau_wants_none(
    alerts: RunningAlerts,
) -> None:
    await alerts.run_watch()
    await prefer(alerts, CASEWORKER, rhythm="weekly", weekday=FRIDAY)
    await told(alerts, "waits")
    await prefer(alerts, CASEWORKER, rhythm="daily")
    await told(alerts, "at once")
    await alerts.watch_days(1)
    [week] = await weeks(alerts)
    assert (week.state, "1. waits" in week.body) == (NoticeState.PENDING, True)
    assert "at once" not in week.body
    await alerts.watch_days(9)
    assert len(await weeks(alerts)) == 1, "nothing is told twice"


async def test_a_bureau_has_one_wish_of_its_own(alerts: RunningAlerts) -> None:
    await prefer(alerts, CASEWORKER, quiet_from="20:00", quiet_until="08:00", language="en")
    for who, expected in ((CASEWORKER, "20:00"), (HEAD, "20:00"), (FAR, "")):
        async with open_view(alerts.database, alerts.clock, who) as view:
            found = await preferences.get_digest_preference(view, pb.GetDigestPreferenceRequest())
        assert found.quiet_from == expected
    entries = [e for e in await alerts.rows(AuditEntry) if e.action == "set_digest_preference"]
    assert [one.object for one in entries] == [f"bureau/{BUREAU}"]
    with pytest.raises(InvalidInput) as refused:
        await prefer(alerts, HEAD, portal_only=["filing"])
    assert [fault.field for fault in refused.value.faults] == ["portal_only[0]"]
    with pytest.raises(InvalidInput) as refused:
        await prefer(alerts, HEAD, quiet_from="20:00")
    assert [fault.field for fault in refused.value.faults] == ["quiet_until"]
    nowhere = Caller("account/none", "办案人员", frozenset({Role.CASEWORKER}), "")
    with pytest.raises(NotPermitted, match="names no bureau"):
        await prefer(alerts, nowhere)
