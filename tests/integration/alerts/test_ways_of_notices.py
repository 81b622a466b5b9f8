"""How a subject wants its notices: by webhook and else by mail, not at night, on its day."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from temporalio.exceptions import ApplicationError

from law.errors import InvalidInput
from plumbing.identity import Caller, Role, service_caller
from plumbing.settings import Settings
from plumbing.view import open_view
from protos.alerts.v1 import alerts_pb2 as pb
from protos.alerts.v1 import webhooks_pb2 as webhooks
from services.alerts.activities import Activities
from services.alerts.notices import mail, preferences
from services.alerts.notices.attempts import LAST
from services.alerts.notices.issue import issue
from services.alerts.notices.links import path_of
from services.alerts.notices.mail import MailError
from services.alerts.notices.texts import Text
from services.alerts.notices.unreached import list_unreached
from services.alerts.queries import list_notices
from services.alerts.tables import (
    Failure,
    Notice,
    NoticeKind,
    NoticeState,
    Subject,
    Webhook,
    WebhookMessage,
)
from services.alerts.watch import DUE_PER_TRANSACTION
from services.alerts.webhooks import commands, outcomes
from services.alerts.webhooks.tables import Disabled
from tests.integration.alerts.running_alerts import (
    BUREAU,
    RunningAlerts,
    instrument,
    subject,
    verification,
)
from tests.integration.alerts.watched_days import watches

OPERATOR = Caller("account/op", "经营者", frozenset({Role.OPERATOR}), "", "s1")


async def prefer(alerts: RunningAlerts, **wish: Any) -> pb.SetDigestPreferenceResponse:
    request = pb.SetDigestPreferenceRequest(
        request_id=str(uuid4()), **{"rhythm": "daily", "mailed": True, **wish}
    )
    return await alerts.changes.once(
        OPERATOR, request, preferences.set_digest_preference, pb.SetDigestPreferenceResponse
    )


async def told(alerts: RunningAlerts, key: str, kind: NoticeKind) -> Notice:
    async with alerts.changes.change(service_caller("alerts")) as change:
        to = await change.session.get_one(Subject, "s1")
        notice = await issue(change, kind, key, to, BUREAU, Text("标题", "正文"))
    await alerts.wait_until_idle()
    assert notice is not None
    return await read(alerts, notice.notice_id)


async def read(alerts: RunningAlerts, notice_id: str) -> Notice:
    async with alerts.database.snapshot() as session:
        return await session.get_one(Notice, notice_id)


async def hook(alerts: RunningAlerts, name: str, **fields: Any) -> None:
    async with alerts.database.transaction() as session:
        session.add(
            Webhook(
                webhook_id=name,
                subject_id="s1",
                bureau=BUREAU,
                url=f"https://1.1.1.1/{name}",
                kinds=[],
                sealed_secret="",
                secret_set_at=alerts.clock.now(),
                added_by="account/op",
                added_at=alerts.clock.now(),
                **fields,
            )
        )


async def messages_of(alerts: RunningAlerts, notice: Notice) -> list[WebhookMessage]:
    return [row for row in await alerts.rows(WebhookMessage) if row.notice_id == notice.notice_id]


async def fail(alerts: RunningAlerts, message_id: str) -> None:
    async with alerts.changes.change(service_caller("alerts")) as change:
        await outcomes.give_up(change, message_id)
    await alerts.wait_until_idle()


async def test_what_a_webhook_fails_to_take_is_mailed_and_the_last_way_is_the_inbox(
    alerts: RunningAlerts,
) -> None:
    await prefer(alerts, by_webhook=["order"], portal_only=["filing"])
    mailed = await told(alerts, "k1", NoticeKind.ORDER)  # there is no webhook yet
    assert (mailed.state, mailed.address) == (NoticeState.PENDING, "unit1@test.example")
    for name in ("h1", "h2"):
        await hook(alerts, name)
    await hook(alerts, "off", disabled_why=Disabled.PERSON)
    taken = await told(alerts, "k2", NoticeKind.ORDER)
    assert taken.state is NoticeState.INBOX
    law = await told(alerts, "k3", NoticeKind.ADVERSE_RECORD)
    assert law.state is NoticeState.PENDING
    kept = await told(alerts, "k4", NoticeKind.FILING)
    assert kept.state is NoticeState.INBOX
    messages = [
        row for row in await alerts.rows(WebhookMessage) if row.notice_id == taken.notice_id
    ]
    assert {row.webhook_id for row in messages} == {"h1", "h2"}
    await fail(alerts, messages[0].message_id)
    assert (await read(alerts, taken.notice_id)).state is NoticeState.INBOX  # the other one tries
    await fail(alerts, messages[1].message_id)
    again = await read(alerts, taken.notice_id)
    assert (again.state, again.address) == (NoticeState.PENDING, "unit1@test.example")
    assert taken.notice_id in alerts.timers.delivered
    of_filing = [
        row for row in await alerts.rows(WebhookMessage) if row.notice_id == kept.notice_id
    ]
    for row in of_filing:
        await fail(alerts, row.message_id)
    assert (await read(alerts, kept.notice_id)).state is NoticeState.INBOX  # no mail is wanted


async def test_what_a_removed_webhook_was_to_take_is_mailed(alerts: RunningAlerts) -> None:
    await prefer(alerts, by_webhook=["order"])
    for name in ("h1", "h2"):
        await hook(alerts, name)
    taken = await told(alerts, "k1", NoticeKind.ORDER)

    async def remove(name: str) -> Notice:
        request = webhooks.RemoveWebhookRequest(request_id=str(uuid4()), webhook_id=name)
        response = webhooks.RemoveWebhookResponse
        await alerts.changes.once(OPERATOR, request, commands.remove, response)
        await alerts.wait_until_idle()
        return await read(alerts, taken.notice_id)

    assert (await remove("h1")).state is NoticeState.INBOX  # the other one tries
    assert taken.notice_id not in alerts.timers.delivered
    last = await remove("h2")
    assert (last.state, last.address) == (NoticeState.PENDING, "unit1@test.example")
    assert taken.notice_id in alerts.timers.delivered
    assert await messages_of(alerts, taken) == []


async def test_a_weekly_digest_comes_on_the_day_of_the_subject(alerts: RunningAlerts) -> None:
    await prefer(alerts, rhythm="weekly", weekday=4)  # today is a Monday
    await alerts.put(instrument(), verification(1, alerts.today + timedelta(days=60)))
    await alerts.watch_days(2)
    assert await alerts.notices("digest") == []
    await alerts.watch_days(1)
    [digest] = await alerts.notices("digest")
    assert digest.created_at.date().isoweekday() == 4


@pytest.mark.parametrize("at_most", [DUE_PER_TRANSACTION, 0])
async def test_a_weekly_digest_whose_day_was_missed_comes_with_the_next_watch(
    alerts: RunningAlerts, at_most: int
) -> None:
    await prefer(alerts, rhythm="weekly", weekday=4)  # today is a Monday
    await alerts.put(subject(2), instrument(2, subject_id="s2"))
    until = alerts.today + timedelta(days=63)  # green on Wednesday, yellow a month later
    await alerts.put(instrument(), verification(1, until), verification(2, until))
    alerts.pass_days(4)
    await watches(alerts.database, alerts.clock, at_most)
    of_friday = {one.subject_id: one for one in await alerts.notices("digest")}
    assert of_friday.keys() == {"s1", "s2"}
    assert of_friday["s1"].created_at.date().isoweekday() == 5
    alerts.pass_days(17)  # back on a Monday, after the watch missed two Thursdays
    await alerts.put(instrument(3), verification(3, alerts.today + timedelta(days=50)))
    await watches(alerts.database, alerts.clock, at_most)
    assert len([n for n in await alerts.notices("digest") if n.subject_id == "s1"]) == 2
    await alerts.put(instrument(4), verification(4, alerts.today + timedelta(days=50)))
    await alerts.watch_days(2)  # no day is made up for twice
    assert len([n for n in await alerts.notices("digest") if n.subject_id == "s1"]) == 2
    await alerts.watch_days(1)
    assert len([n for n in await alerts.notices("digest") if n.subject_id == "s1"]) == 3


async def test_a_mail_of_the_night_waits_and_counts_no_attempt(
    alerts: RunningAlerts, tmp_path: Path
) -> None:
    await prefer(alerts, quiet_from="09:00", quiet_until="11:00")  # it is ten
    settings = Settings(data_dir=tmp_path, smtp_url="smtp://127.0.0.1:9")
    activities = Activities(alerts.changes, settings, alerts.clients())
    notice = await told(alerts, "k1", NoticeKind.LETTER)
    with pytest.raises(ApplicationError, match="Quiet hours") as waiting:
        await activities.deliver(notice.notice_id)
    assert not waiting.value.non_retryable
    assert waiting.value.next_retry_delay == timedelta(minutes=15)
    assert (await read(alerts, notice.notice_id)).attempts == 0


async def test_a_wish_is_kept_whole_and_its_faults_are_named(alerts: RunningAlerts) -> None:
    wish = {"quiet_from": "22:00", "quiet_until": "07:00", "weekday": 5, "language": "both"}
    await prefer(alerts, **wish, by_webhook=["digest"], portal_only=["order", "filing"])
    async with open_view(alerts.database, alerts.clock, OPERATOR) as view:
        found = await preferences.get_digest_preference(view, pb.GetDigestPreferenceRequest())
    assert {name: getattr(found, name) for name in wish} == wish
    assert (list(found.by_webhook), list(found.portal_only)) == (["digest"], ["order", "filing"])
    same = {"quiet_from": "07:00", "quiet_until": "07:00"}
    wrong = {"quiet_from": {"quiet_until": "07:00"}, "quiet_until": {"quiet_from": "22:00"}}
    for field, hours in (*wrong.items(), ("quiet_until", same)):
        with pytest.raises(InvalidInput) as refused:
            await prefer(alerts, **hours)
        assert [fault.field for fault in refused.value.faults] == [field]


async def test_whom_no_notice_reaches_is_listed_until_one_is_opened(alerts: RunningAlerts) -> None:
    desk = Caller("account/case", "办案人员", frozenset({Role.CASEWORKER}), BUREAU)
    far = Caller("account/far", "外地办案人员", frozenset({Role.CASEWORKER}), "120104")

    async def listed(by: Caller) -> list[tuple[str, str, int]]:
        async with open_view(alerts.database, alerts.clock, by) as view:
            answer = await list_unreached(view, pb.ListUnreachedRequest(bureau=by.bureau))
        return [(one.subject_id, one.why, one.notices) for one in answer.subjects]

    notices = [await told(alerts, key, NoticeKind.LETTER) for key in ("k1", "k2")]
    assert await listed(desk) == []
    for notice in notices:
        await change_notice(alerts, notice, state=NoticeState.FAILED, failure=Failure.REFUSED)
    assert await listed(desk) == [("s1", "refused", 2)]
    assert await listed(far) == []
    silent = subject(1, 2)
    silent.email = ""
    await alerts.put(silent)
    assert await listed(desk) == [("s1", "no_address", 2)]
    # Digests that nobody wants by mail stand as without an address since an earlier release.
    digest = await told(alerts, "k3", NoticeKind.DIGEST)
    await change_notice(alerts, digest, state=NoticeState.NO_ADDRESS)
    assert await listed(desk) == [("s1", "no_address", 3)]
    await prefer(alerts, mailed=False)
    assert await listed(desk) == [("s1", "no_address", 2)]
    for notice in notices:
        await change_notice(alerts, notice, read_at=alerts.clock.now())
    assert await listed(desk) == []


async def test_an_address_that_takes_no_mail_is_told_to_the_bureau_once(
    alerts: RunningAlerts,
) -> None:
    async def refused(notice: Notice, error: Exception) -> None:
        async with alerts.changes.change(service_caller("alerts")) as change:
            await mail.note_attempt(change, notice.notice_id, MailError(error, final=True))
            await mail.mark_failed(change, notice.notice_id)

    async def digests() -> list[str]:
        await alerts.watch_days(1)
        return [one.body for one in await alerts.notices("subject")]

    gone = OSError("550 5.1.1 no such user")
    await refused(await told(alerts, "k1", NoticeKind.LETTER), gone)
    await refused(await told(alerts, "k2", NoticeKind.LETTER), gone)
    [body] = await digests()
    assert body.count("unit1@test.example") == 1
    assert await digests() == [body]
    other = subject(1, 2)
    other.email = "corrected@test.example"
    await alerts.put(other)
    await refused(await told(alerts, "k3", NoticeKind.LETTER), gone)
    [_, second] = await digests()
    assert "corrected@test.example" in second
    # An address that takes mail again is alive: should it refuse once more, that is news.
    alive = await told(alerts, "k4", NoticeKind.LETTER)
    async with alerts.changes.change(service_caller("alerts")) as change:
        await mail.mark_delivered(change, alive.notice_id, "2.0.0 queued")
    await refused(await told(alerts, "k5", NoticeKind.LETTER), gone)
    assert len(await digests()) == 3
    # The first address is on file again, which was forgotten once another one was.
    other = subject(1, 3)
    await alerts.put(other)
    await refused(await told(alerts, "k6", NoticeKind.LETTER), gone)
    assert len(await digests()) == 4
    assert {path_of(one) for one in await alerts.notices("subject")} == {"/unreached"}


async def test_a_list_has_the_last_receipts_of_a_notice_and_its_page_all(
    alerts: RunningAlerts,
) -> None:
    notice = await told(alerts, "k1", NoticeKind.LETTER)
    for _ in range(LAST + 2):
        async with alerts.changes.change(service_caller("alerts")) as change:
            await mail.note_attempt(change, notice.notice_id, MailError(OSError("away")))
    desk = Caller("account/desk", "测试", frozenset({Role.UNIT_HEAD}), BUREAU)

    async def numbers(notice_id: str) -> list[int]:
        async with open_view(alerts.database, alerts.clock, desk) as view:
            answer = await list_notices(view, pb.ListNoticesRequest(notice_id=notice_id))
        return [receipt.number for receipt in answer.notices[0].receipts]

    assert await numbers("") == [3, 4, 5]
    assert await numbers(notice.notice_id) == [1, 2, 3, 4, 5]


async def change_notice(alerts: RunningAlerts, notice: Notice, **fields: Any) -> None:
    async with alerts.database.transaction() as session:
        row = await session.get_one(Notice, notice.notice_id)
        for name, value in fields.items():
            setattr(row, name, value)
