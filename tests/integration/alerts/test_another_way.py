"""What no mail brings goes by text message or by webhook, once, and nobody is told twice."""

from __future__ import annotations

from plumbing.audit import AuditEntry
from plumbing.identity import service_caller
from plumbing.view import open_view
from protos.alerts.v1 import alerts_pb2 as pb
from services.alerts.notices import mail
from services.alerts.queries import list_notices
from services.alerts.tables import Notice, NoticeKind, NoticeState, Webhook, WebhookMessage
from services.alerts.webhooks.tables import MessageState
from tests.integration.alerts.running_alerts import RunningAlerts, subject
from tests.integration.alerts.test_notices_of_institutions import CASEWORKER, refuse
from tests.integration.alerts.test_text_messages import Firm, firm
from tests.integration.alerts.test_ways_of_notices import fail, hook, messages_of, prefer, told

__all__ = ["firm"]


async def texts_of(alerts: RunningAlerts, notice: Notice) -> list[WebhookMessage]:
    found = await messages_of(alerts, notice)
    return [one for one in found if one.type == "sms.notice"]


async def test_a_mail_that_failed_goes_by_text_message_once(
    alerts: RunningAlerts, firm: Firm
) -> None:
    await firm.confirm()
    notice = await told(alerts, "k1", NoticeKind.LETTER)
    assert await messages_of(alerts, notice) == []
    await refuse(alerts, notice)
    [message] = await texts_of(alerts, notice)
    assert message.message_id in alerts.timers.sent
    await firm.desk.send(message)
    assert "重要通知" in firm.sent()["message"]
    async with alerts.changes.change(service_caller("alerts")) as change:
        await mail.mark_failed(change, notice.notice_id)
    assert len(await messages_of(alerts, notice)) == 1
    async with open_view(alerts.database, alerts.clock, CASEWORKER) as view:
        answer = await list_notices(view, pb.ListNoticesRequest(notice_id=notice.notice_id))
    receipts = [(one.way, one.accepted) for one in answer.notices[0].receipts]
    assert receipts == [("", False), ("sms", True)]
    assert answer.notices[0].state == "failed", "the address is still to be corrected"
    assert [one.action for one in await alerts.rows(AuditEntry)].count("fall_back") == 1


async def test_what_has_no_address_goes_by_the_way_that_there_is(
    alerts: RunningAlerts, firm: Firm
) -> None:
    silent = subject(1, 2)
    silent.email = ""
    await alerts.put(silent)
    nowhere = await told(alerts, "k1", NoticeKind.LETTER)
    assert nowhere.state is NoticeState.NO_ADDRESS
    assert await messages_of(alerts, nowhere) == []
    await firm.confirm()
    texted = await told(alerts, "k2", NoticeKind.LETTER)
    [message] = await texts_of(alerts, texted)
    assert message.message_id in alerts.timers.sent


async def test_who_heard_by_webhook_hears_nothing_more(alerts: RunningAlerts, firm: Firm) -> None:
    await firm.confirm()
    await hook(alerts, "h1")
    notice = await told(alerts, "k1", NoticeKind.LETTER)
    [pushed] = await messages_of(alerts, notice)
    await refuse(alerts, notice)
    assert await messages_of(alerts, notice) == [pushed], "its webhook still tries"
    await fail(alerts, pushed.message_id)
    [texted] = await texts_of(alerts, notice)
    await fail(alerts, texted.message_id)
    states = [one.state for one in await messages_of(alerts, notice)]
    assert states == [MessageState.FAILED] * 2, "each way once"


async def test_a_webhook_takes_what_has_no_other_way(alerts: RunningAlerts) -> None:
    await hook(alerts, "h1")
    async with alerts.database.transaction() as session:
        (await session.get_one(Webhook, "h1")).kinds = ["digest"]
    notice = await told(alerts, "k1", NoticeKind.LETTER)
    assert await messages_of(alerts, notice) == []
    await refuse(alerts, notice)
    [message] = await messages_of(alerts, notice)
    assert (message.webhook_id, message.type) == ("h1", "notice.letter")


async def test_what_is_wanted_on_the_portal_only_goes_nowhere_else(
    alerts: RunningAlerts, firm: Firm
) -> None:
    await firm.confirm()
    await prefer(alerts, portal_only=["order"])
    kept = await told(alerts, "k1", NoticeKind.ORDER)
    assert kept.state is NoticeState.INBOX
    assert await messages_of(alerts, kept) == []
