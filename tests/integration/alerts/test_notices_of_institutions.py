"""An institution finds what was sent to it, acknowledges it, and says how it wants it.

Another institution sees none of it, nor do operators; staff find what was sent to their bureau.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from law.errors import InvalidInput, NotFound, NotPermitted
from plumbing.audit import AuditEntry
from plumbing.identity import Caller, Role, service_caller
from plumbing.view import open_view
from protos.alerts.v1 import alerts_pb2 as pb
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import institutions_pb2 as institutions
from services.alerts.languages import Language
from services.alerts.notices import mail, preferences
from services.alerts.notices.mail import MailError
from services.alerts.notices.reading import mark_notices
from services.alerts.notices.retries import retry_delivery
from services.alerts.notices.unreached import list_unreached
from services.alerts.queries import list_notices
from services.alerts.tables import (
    MobileNumber,
    Notice,
    NoticeState,
    Watch,
    Webhook,
    WebhookMessage,
)
from services.alerts.webhooks.tables import ChannelKind
from tests.integration.alerts.running_alerts import (
    BUREAU,
    START,
    RunningAlerts,
    instrument,
    verification,
)
from tests.integration.alerts.test_institution_mails import due, item
from tests.integration.alerts.test_order_notices import changed
from tests.integration.alerts.test_ways_of_notices import OPERATOR

NAME = "合成检定院"
LAB = Caller(
    "account/lab", "检定员", frozenset({Role.VERIFICATION_INSTITUTION}), BUREAU, institution=NAME
)
OTHER = Caller(
    "account/other",
    "另一检定员",
    frozenset({Role.VERIFICATION_INSTITUTION}),
    BUREAU,
    institution="另一检定院",
)
NAMELESS = Caller("account/nameless", "检定员", frozenset({Role.VERIFICATION_INSTITUTION}), BUREAU)
CASEWORKER = Caller("account/case", "办案人员", frozenset({Role.CASEWORKER}), BUREAU)
FAR = Caller("account/far", "外地办案人员", frozenset({Role.CASEWORKER}), "120104")


async def listed(alerts: RunningAlerts, by: Caller, **fields: Any) -> list[pb.Notice]:
    async with open_view(alerts.database, alerts.clock, by) as view:
        request = pb.ListNoticesRequest(own=True, **fields)
        return [*(await list_notices(view, request)).notices]


async def mark(alerts: RunningAlerts, by: Caller, notice_id: str) -> pb.Notice:
    request = pb.MarkNoticesRequest(
        request_id=str(uuid4()), notice_ids=[notice_id], acknowledge=True
    )
    answer = await alerts.changes.once(by, request, mark_notices, pb.MarkNoticesResponse)
    return answer.notices[0]


async def prefer(alerts: RunningAlerts, by: Caller = LAB, **wish: Any) -> None:
    request = pb.SetDigestPreferenceRequest(
        request_id=str(uuid4()), **{"rhythm": "daily", "mailed": True, "language": "zh", **wish}
    )
    response = pb.SetDigestPreferenceResponse
    await alerts.changes.once(by, request, preferences.set_digest_preference, response)


async def tell(alerts: RunningAlerts, rung: str = "overdue", on: str = "") -> Notice:
    """Announces what is due on a day; returns the notice to the institution that came of it."""
    event = due(item("order", rung, "2026-09-14"))
    event.on = on or event.on
    await alerts.announce(event, aggregate="institution/i1")
    rows = await alerts.notices("institution")
    return next(row for row in reversed(rows) if row.key == f"institution/i1/{event.on}")


async def test_an_institution_finds_and_acknowledges_its_own(alerts: RunningAlerts) -> None:
    told = await tell(alerts)
    [found] = await listed(alerts, LAB)
    assert (found.notice_id, found.recipient) == (told.notice_id, NAME)
    async with open_view(alerts.database, alerts.clock, LAB) as view:
        every = await list_notices(view, pb.ListNoticesRequest())
    assert [one.notice_id for one in every.notices] == [told.notice_id], "not the bureau's"
    assert await listed(alerts, OTHER) == []
    assert await listed(alerts, NAMELESS) == []
    assert await listed(alerts, OPERATOR) == []
    for stranger in (OTHER, NAMELESS, OPERATOR, CASEWORKER):
        with pytest.raises(NotFound):
            await mark(alerts, stranger, told.notice_id)
    marked = await mark(alerts, LAB, told.notice_id)
    assert marked.HasField("acknowledged_at")
    assert await listed(alerts, LAB, unread=True) == []
    actions = [one.action for one in await alerts.rows(AuditEntry)]
    assert actions.count("acknowledge_notice") == 1


async def test_staff_find_what_was_sent_to_their_bureau(alerts: RunningAlerts) -> None:
    told = await tell(alerts)
    [found] = await listed(alerts, CASEWORKER)
    assert found.notice_id != told.notice_id
    assert "检定机构逾期" in found.title
    assert await listed(alerts, FAR) == []
    with pytest.raises(NotFound):
        await mark(alerts, FAR, found.notice_id)
    assert (await mark(alerts, CASEWORKER, found.notice_id)).HasField("acknowledged_at")


async def test_mails_come_in_both_languages_until_one_is_chosen(alerts: RunningAlerts) -> None:
    first = await tell(alerts)
    assert first.language is Language.BOTH
    assert "Overdue" in first.body_en
    await prefer(alerts, language="en", quiet_from="22:00", quiet_until="07:00")
    second = await tell(alerts, on="2026-09-16")
    assert second.language is Language.ENGLISH
    async with open_view(alerts.database, alerts.clock, LAB) as view:
        found = await preferences.get_digest_preference(view, pb.GetDigestPreferenceRequest())
    async with open_view(alerts.database, alerts.clock, OTHER) as view:
        others = await preferences.get_digest_preference(view, pb.GetDigestPreferenceRequest())
    assert (found.language, found.quiet_from) == ("en", "22:00")
    assert (others.language, others.quiet_from) == ("both", "")


async def test_wishes_of_institutions_have_their_faults_named(alerts: RunningAlerts) -> None:
    with pytest.raises(NotFound, match="not on file"):
        await prefer(alerts)
    with pytest.raises(NotPermitted, match="names no institution"):
        await prefer(alerts, NAMELESS)
    await tell(alerts)
    with pytest.raises(InvalidInput) as refused:
        await prefer(alerts, portal_only=["order"])
    assert [fault.field for fault in refused.value.faults] == ["portal_only[0]"]
    with pytest.raises(InvalidInput) as refused:
        await prefer(alerts, OPERATOR, portal_only=["institution"])
    assert [fault.field for fault in refused.value.faults] == ["portal_only[0]"]
    with pytest.raises(InvalidInput) as refused:
        await prefer(alerts, by_sms=["institution"])
    assert [fault.field for fault in refused.value.faults] == ["by_sms"]


async def test_a_weekly_digest_waits_for_its_day_and_nothing_overdue_does(
    alerts: RunningAlerts,
) -> None:
    await tell(alerts)
    await prefer(alerts, rhythm="weekly", weekday=5)  # today is a Monday
    lab: dict[str, Any] = {"institution": NAME, "reported_on": "2026-09-14"}
    lab["report_by"] = "2026-09-22"
    await alerts.put(instrument(), verification(1, alerts.today, certificate_no="JL-1", **lab))
    await alerts.announce(changed("applied", 1, due_on="2026-09-20"), aggregate="subject/s1")
    await alerts.announce(due(item("order", "new", "2026-09-20")), aggregate="institution/i1")
    await alerts.watch_days(3)
    before = [row.key for row in await alerts.notices("institution")]
    assert "institution/i1/2026-09-15" in before, "it came before the wish"
    assert not [key for key in before if "week" in key]
    # What becomes due on that day is in the digest of the week.
    on_its_day = due(item("certificate", "nearly_due", "2026-09-22"))
    on_its_day.on = "2026-09-18"
    await alerts.announce(on_its_day, aggregate="institution/i1")
    await alerts.watch_days(1)
    assert "institution/i1/2026-09-18" not in [n.key for n in await alerts.notices("institution")]
    [week] = [one for one in await alerts.notices("institution") if "week" in one.key]
    assert week.key == "institution/week/i1/2026-09-18"
    for part in ("NO-7", "2026-09-20", "JL-1", "2026-09-22"):
        assert part in week.body
    urgent = await tell(alerts, on="2026-09-19")
    assert urgent.key == "institution/i1/2026-09-19"


async def test_a_week_whose_day_was_missed_is_told_with_the_next_watch(
    alerts: RunningAlerts,
) -> None:
    await tell(alerts)
    await prefer(alerts, rhythm="weekly", weekday=4)  # today is a Monday
    await alerts.put(instrument())
    await alerts.announce(changed("applied", 1, due_on="2026-10-30"), aggregate="subject/s1")
    alerts.pass_days(9)  # a Wednesday: new is what came since the Thursday before the missed one
    await alerts.run_watch()
    [week] = [one for one in await alerts.notices("institution") if "week" in one.key]
    assert week.key == "institution/week/i1/2026-09-23"
    assert "2026-10-30" in week.body
    await alerts.watch_days(1)
    keys = [one.key for one in await alerts.notices("institution") if "week" in one.key]
    assert keys == ["institution/week/i1/2026-09-23"], "the order was told"


async def test_a_week_that_a_former_release_told_is_not_told_again(alerts: RunningAlerts) -> None:
    await tell(alerts)
    await prefer(alerts, rhythm="weekly", weekday=4)  # today is a Monday
    await alerts.put(instrument())
    await alerts.announce(changed("applied", 1, due_on="2026-10-30"), aggregate="subject/s1")
    await alerts.watch_days(3)
    async with alerts.changes.change(service_caller("alerts")) as change:
        # As a release leaves it that does not know `told_through`.
        watch = await change.session.get_one(Watch, BUREAU)
        watch.told_through = alerts.today - timedelta(days=1)
        change.audit("test", "test/watch")
    await alerts.watch_days(1)
    keys = [one.key for one in await alerts.notices("institution") if "week" in one.key]
    assert keys == ["institution/week/i1/2026-09-17"]


async def test_a_way_of_its_own(alerts: RunningAlerts) -> None:
    await tell(alerts)
    await prefer(alerts, portal_only=["institution"])
    kept = await tell(alerts, on="2026-09-16")
    assert (kept.state, kept.address) == (NoticeState.INBOX, "")
    async with alerts.database.transaction() as session:
        session.add(MobileNumber(subject_id="institution/i1", number="19900000001"))
        session.add(row("gateway", service=ChannelKind.SMS))
        session.add(row("h1", subject_id="institution/i1", institution=NAME))
    await prefer(alerts, by_sms=["institution"])
    texted = await tell(alerts, on="2026-09-17")
    await prefer(alerts, by_webhook=["institution"])
    pushed = await tell(alerts, on="2026-09-18")
    assert {texted.state, pushed.state} == {NoticeState.INBOX}
    messages = {one.notice_id: one for one in await alerts.rows(WebhookMessage) if one.notice_id}
    assert messages[texted.notice_id].data["subject_id"] == "institution/i1"
    assert messages[pushed.notice_id].type == "notice.institution"
    assert kept.notice_id not in messages


def row(name: str, **fields: Any) -> Webhook:
    at = {"secret_set_at": START, "added_at": START}
    return Webhook(
        **{
            "webhook_id": name,
            "subject_id": "",
            "bureau": BUREAU,
            "kinds": [],
            "url": f"https://1.1.1.1/{name}",
            "sealed_secret": "",
            "added_by": "account/lab",
            **at,
            **fields,
        }
    )


async def refuse(alerts: RunningAlerts, notice: Notice) -> None:
    error = MailError(OSError("550 5.1.1 no such user"), final=True)
    async with alerts.changes.change(service_caller("alerts")) as change:
        await mail.note_attempt(change, notice.notice_id, error)
        await mail.mark_failed(change, notice.notice_id)
    await alerts.wait_until_idle()


async def unreached(alerts: RunningAlerts, of: str, by: Caller = CASEWORKER) -> list[Any]:
    async with open_view(alerts.database, alerts.clock, by) as view:
        answer = await list_unreached(view, pb.ListUnreachedRequest(of=of))
    return [
        (one.institution_id or one.bureau, one.address, one.why, one.notices)
        for one in answer.subjects
    ]


async def test_a_dead_address_of_an_institution_reaches_the_caseworker(
    alerts: RunningAlerts,
) -> None:
    told = await tell(alerts)
    await refuse(alerts, told)
    assert await unreached(alerts, "institution") == [("i1", "lab@example.com", "refused", 1)]
    assert await unreached(alerts, "institution", FAR) == []
    await alerts.watch_days(2)
    [digest] = await alerts.notices("subject")
    assert f"{NAME}，lab@example.com" in digest.body
    corrected = institutions.Institution(
        institution_id="i1", name=NAME, bureau=BUREAU, email="new@example.com", version=2
    )
    await alerts.announce(events.InstitutionsChanged(institutions=[corrected]))
    async with alerts.changes.change(service_caller("alerts")) as change:
        request = pb.RetryDeliveryRequest(notice_id=told.notice_id)
        again = await retry_delivery(change, request)
    assert again.notice.address == "new@example.com"
    assert await unreached(alerts, "institution") == []


async def test_a_dead_address_of_a_bureau_is_listed_until_somebody_reads_it(
    alerts: RunningAlerts,
) -> None:
    await tell(alerts)
    [own] = [one for one in await alerts.notices("institution") if one.key.startswith("overdue/")]
    await refuse(alerts, own)
    assert await unreached(alerts, "bureau") == [(BUREAU, "desk@test.example", "refused", 1)]
    assert await unreached(alerts, "bureau", FAR) == []
    assert await unreached(alerts, "") == []
    await mark(alerts, CASEWORKER, own.notice_id)
    assert await unreached(alerts, "bureau") == []
