"""Webhooks of subjects and institutions: kept by their people, sealed, told what concerns them."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import pytest
from google.protobuf.message import Message

from law.errors import AlreadyExists, InvalidInput, NotFound, NotPermitted, WrongState
from plumbing.audit import AuditEntry
from plumbing.identity import Caller, Role, service_caller, set_current_caller
from plumbing.settings import Settings
from plumbing.webhook_secrets import new_secret
from protos.alerts.v1 import webhooks_pb2 as pb
from protos.registry.v1 import events_pb2 as registry
from services.alerts.notices.issue import issue
from services.alerts.notices.texts import Text
from services.alerts.sealed_secrets import SealedSecrets
from services.alerts.tables import NoticeKind, Subject, Webhook, WebhookMessage
from services.alerts.webhooks import outcomes
from services.alerts.webhooks.addresses import require_address
from services.alerts.webhooks.pruning import MessagePruner
from services.alerts.webhooks.sending import WebhookError
from services.alerts.webhooks.servicer import WebhookServicer
from services.alerts.webhooks.tables import MessageState
from tests.integration.alerts.running_alerts import BUREAU, RunningAlerts, subject
from tests.integration.alerts.test_institution_mails import LAB, due, item
from tests.integration.alerts.test_order_notices import changed

OWNER = Caller("account/op", "经营者", frozenset({Role.OPERATOR}), "", "s1")
OTHER = Caller("account/op2", "另一经营者", frozenset({Role.OPERATOR}), "", "s2")
LABORATORY = frozenset({Role.VERIFICATION_INSTITUTION})
OF_LAB = Caller("account/lab", "检定员", LABORATORY, BUREAU, institution=LAB.name)
URL = "https://1.1.1.1/hooks"


class Owner:
    """The calls of an operator on the webhooks of its subject."""

    def __init__(self, alerts: RunningAlerts, settings: Settings, caller: Caller = OWNER) -> None:
        self.servicer, self.caller = WebhookServicer(alerts.changes, settings), caller
        self.settings = settings

    async def ask(self, request: Message) -> Any:
        set_current_caller(self.caller)
        if "request_id" in request.DESCRIPTOR.fields_by_name:
            cast("Any", request).request_id = str(uuid4())
        method = type(request).__name__.removesuffix("Request")
        return await getattr(self.servicer, method)(request, None)

    async def add(self, url: str = URL, *kinds: str) -> pb.Webhook:
        request = pb.AddWebhookRequest(url=url, secret=new_secret(), kinds=kinds)
        webhook: pb.Webhook = (await self.ask(request)).webhook
        return webhook


@pytest.fixture
async def owner(alerts: RunningAlerts, tmp_path: Path) -> Owner:
    await alerts.put(subject(2))
    return Owner(alerts, Settings(data_dir=tmp_path))


async def tell(alerts: RunningAlerts, key: str, kind: NoticeKind = NoticeKind.CASE) -> None:
    async with alerts.changes.change(service_caller("alerts")) as change:
        to = await change.session.get_one(Subject, "s1")
        await issue(change, kind, key, to, BUREAU, Text("办理情况", "正文"))
    await alerts.wait_until_idle()


async def test_each_notice_is_written_once_to_the_webhooks_that_want_its_kind(
    alerts: RunningAlerts, owner: Owner
) -> None:
    everything = await owner.add()
    await owner.add("https://1.1.1.1/letters", "letter")
    await Owner(alerts, owner.settings, OTHER).add("https://1.1.1.1/other")
    await tell(alerts, "k1")
    await tell(alerts, "k1")
    [message] = await alerts.rows(WebhookMessage)
    assert (message.webhook_id, message.type) == (everything.webhook_id, "notice.case")
    assert message.data["title"] == "办理情况"
    assert "正文" not in str(message.data)
    assert alerts.timers.sent == [message.message_id]
    await owner.ask(pb.SwitchWebhookRequest(webhook_id=everything.webhook_id))
    await tell(alerts, "k2")
    assert len(await alerts.rows(WebhookMessage)) == 1
    switched = pb.SwitchWebhookRequest(webhook_id=everything.webhook_id, enabled=True)
    assert (await owner.ask(switched)).webhook.enabled
    await tell(alerts, "k3", NoticeKind.LETTER)
    assert len(await alerts.rows(WebhookMessage)) == 3


async def test_a_secret_is_sealed_and_no_answer_shows_it(
    alerts: RunningAlerts, owner: Owner
) -> None:
    secret = new_secret()
    answer = await owner.ask(pb.AddWebhookRequest(url=URL, secret=secret))
    [row] = await alerts.rows(Webhook)
    assert secret not in str(answer)
    assert secret[6:] not in str(row.model_dump())
    vault = SealedSecrets(owner.settings.keys_dir)
    assert vault.open(row.webhook_id, row.sealed_secret) == secret
    assert vault.open("another", row.sealed_secret) == ""
    renewed = new_secret()
    await owner.ask(pb.RenewWebhookSecretRequest(webhook_id=row.webhook_id, secret=renewed))
    [row] = await alerts.rows(Webhook)
    assert vault.open(row.webhook_id, row.sealed_secret) == renewed


async def test_a_test_message_is_sent_and_waits_for_the_one_before(
    alerts: RunningAlerts, owner: Owner
) -> None:
    webhook = await owner.add()
    request = pb.TestWebhookRequest(webhook_id=webhook.webhook_id)
    message = (await owner.ask(request)).message
    await alerts.wait_until_idle()
    assert alerts.timers.sent == [message.message_id]
    with pytest.raises(WrongState, match="on its way"):
        await owner.ask(pb.TestWebhookRequest(webhook_id=webhook.webhook_id))
    listed = await owner.ask(pb.ListWebhookMessagesRequest(webhook_id=webhook.webhook_id))
    assert [(one.type, one.state) for one in listed.messages] == [("webhook.test", "pending")]


async def test_what_is_wrong_is_named_and_another_subject_sees_nothing(
    alerts: RunningAlerts, owner: Owner
) -> None:
    for url in ("http://1.1.1.1/", "https://10.0.0.8/", "https://user:pw@1.1.1.1/", "nonsense",
                "https://1.1.1.1/#part", "https://[::1]/", "https://169.254.169.254/"):  # fmt: skip
        with pytest.raises(InvalidInput) as refused:
            await owner.add(url)
        assert [fault.field for fault in refused.value.faults] == ["url"]
    with pytest.raises(InvalidInput) as refused:
        await owner.ask(pb.AddWebhookRequest(url=URL, secret="whsec_c2hvcnQ="))
    assert [fault.field for fault in refused.value.faults] == ["secret"]
    webhook = await owner.add()
    with pytest.raises(AlreadyExists):
        await owner.add()
    for number in range(4):
        await owner.add(f"https://1.1.1.1/{number}")
    with pytest.raises(WrongState, match="at most 5"):
        await owner.add("https://1.1.1.1/more")
    stranger = Owner(alerts, owner.settings, OTHER)
    assert not (await stranger.ask(pb.ListWebhooksRequest())).webhooks
    for request in (
        pb.SwitchWebhookRequest(webhook_id=webhook.webhook_id),
        pb.RemoveWebhookRequest(webhook_id=webhook.webhook_id),
        pb.TestWebhookRequest(webhook_id=webhook.webhook_id),
        pb.ListWebhookMessagesRequest(webhook_id=webhook.webhook_id),
    ):
        with pytest.raises(NotFound):
            await stranger.ask(request)


async def test_a_removed_webhook_leaves_nothing_and_old_messages_go(
    alerts: RunningAlerts, owner: Owner
) -> None:
    webhook = await owner.add(f"{URL}?token=of-the-program")
    await tell(alerts, "k1")
    async with alerts.database.transaction() as session:
        [message] = await alerts.rows(WebhookMessage)
        row = await session.get_one(WebhookMessage, message.message_id)
        row.state = MessageState.DELIVERED
    alerts.pass_days(91)
    await tell(alerts, "k2")
    pruner = MessagePruner(alerts.changes, timedelta(days=90))
    assert await pruner.prune(lambda: asyncio.sleep(0)) == {"webhook_message": 1}
    assert len(await alerts.rows(WebhookMessage)) == 1
    await owner.ask(pb.RemoveWebhookRequest(webhook_id=webhook.webhook_id))
    assert await alerts.rows(WebhookMessage) == []
    assert await alerts.rows(Webhook) == []
    # The bureau reads the audit; what a program wants behind ? to know the sender is not for it.
    written = str([(entry.before, entry.after) for entry in await alerts.rows(AuditEntry)])
    assert URL in written
    assert "of-the-program" not in written


@pytest.fixture
async def lab(alerts: RunningAlerts, owner: Owner) -> Owner:
    known = registry.InstitutionsChanged(institutions=[LAB])
    known.institutions[0].version = 1
    await alerts.announce(known, aggregate="institution/i1")
    return Owner(alerts, owner.settings, OF_LAB)


async def test_the_program_of_an_institution_hears_of_its_orders_and_terms(
    alerts: RunningAlerts, owner: Owner, lab: Owner
) -> None:
    everything = await lab.add()
    await lab.add("https://1.1.1.1/withdrawn", "order.withdrawn")
    await owner.add("https://1.1.1.1/of-the-firm")
    applied = changed("applied", 1)
    applied.orders.add().CopyFrom(applied.orders[0])
    applied.orders[1].order_id = "o2"
    for event in (applied, changed("accepted", 2), changed("withdrawn", 3)):
        for _ in range(2):  # what comes again tells nothing new
            await alerts.announce(event, aggregate="subject/s1", wait=False)
    elsewhere = changed("applied", 1)
    elsewhere.orders[0].institution = "另一检定院"
    moved = changed("applied", 4)
    moved.moved = True
    later_due = changed("applied", 2)
    later_due.orders[0].order_id = "o3"
    told = due(item("certificate", "overdue", "2026-09-14", "JL-1"), item("order", "new", ""))
    told.counts.add(kind="certificate", rung="overdue", count=201)
    told.counts.add(kind="order", rung="new", count=1)
    outside = registry.EnvironmentMarked(institution=LAB, total=2)
    await alerts.announce(elsewhere, moved, later_due, told, outside)
    of_lab = [one for one in await alerts.rows(WebhookMessage) if "institution" in one.data]
    heard = sorted((one.type, one.data["title"], one.path) for one in of_lab)
    assert heard == [
        ("certificate_upload.overdue", "证书上传已超过期限（201 项）", "/punctuality"),
        ("environment.exceeded", "检定时实验室环境超出限值（2 项）", "/environment?unnoted=yes"),
        ("order.applied", "新的检定申请（2 项）", "/orders"),
        ("order.withdrawn", "检定申请已撤回", "/orders/o1"),
        ("order.withdrawn", "检定申请已撤回", "/orders/o1"),
    ]
    [both] = [one for one in of_lab if one.type == "order.applied"]
    assert (both.webhook_id, both.data["order_ids"]) == (everything.webhook_id, ["o1", "o2"])
    assert {one.message_id for one in of_lab} <= set(alerts.timers.sent)
    assert "NO-7" not in str([one.data for one in of_lab]), "what it concerns is read here"


async def test_the_webhooks_of_an_institution_are_its_own(
    alerts: RunningAlerts, owner: Owner, lab: Owner
) -> None:
    webhook = await lab.add()
    [row] = await alerts.rows(Webhook)
    # The release before takes a webhook without a subject for a channel of its bureau.
    assert (row.subject_id, row.is_of_bureau) == ("institution/i1", False)
    elsewhere = Caller("a/2", "检定员", LABORATORY, BUREAU, institution="另一检定院")
    for stranger in (owner, Owner(alerts, owner.settings, elsewhere)):
        assert not (await stranger.ask(pb.ListWebhooksRequest())).webhooks
        with pytest.raises(NotFound):
            await stranger.ask(pb.TestWebhookRequest(webhook_id=webhook.webhook_id))
    with pytest.raises(NotFound, match="not on file"):
        await Owner(alerts, owner.settings, elsewhere).add()
    with pytest.raises(NotPermitted, match="names no institution"):
        await Owner(alerts, owner.settings, Caller("a/3", "检定员", LABORATORY, BUREAU)).add()
    for who, kind in ((lab, "digest"), (owner, "order.applied")):
        with pytest.raises(InvalidInput) as refused:
            await who.add("https://1.1.1.1/kinds", kind)
        assert [fault.field for fault in refused.value.faults] == ["kinds[0]"]


async def test_an_institution_is_told_that_its_program_asks_for_no_more(
    alerts: RunningAlerts, lab: Owner
) -> None:
    webhook = await lab.add()
    message = (await lab.ask(pb.TestWebhookRequest(webhook_id=webhook.webhook_id))).message
    gone = WebhookError("HTTP 410", final=True, status=410)
    async with alerts.changes.change(service_caller("alerts")) as change:
        await outcomes.note_failed(change, message.message_id, gone, 3)
    await alerts.wait_until_idle()
    [notice] = await alerts.notices("channel")
    assert (notice.address, notice.subject_id, notice.bureau) == (LAB.email, "", BUREAU)
    assert URL in notice.body
    assert "answered 410" in notice.body_en
    [off] = (await lab.ask(pb.ListWebhooksRequest())).webhooks
    assert off.disabled_why == "gone"


async def test_an_inner_address_is_taken_where_a_setting_allows_it() -> None:
    await require_address("http://127.0.0.1:9/", private=True)
    with pytest.raises(InvalidInput):
        await require_address("ftp://127.0.0.1/", private=True)
