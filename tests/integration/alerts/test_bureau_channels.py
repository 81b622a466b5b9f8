"""Channels of a bureau, through Apprise: a gateway over HTTP, and what is refused before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import pytest
from google.protobuf.message import Message
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from law.errors import InvalidInput, NotFound, NotPermitted
from plumbing.identity import Caller, Role, service_caller, set_current_caller
from plumbing.settings import Settings
from protos.alerts.v1 import channels_pb2 as pb
from protos.alerts.v1 import webhooks_pb2 as webhooks
from services.alerts.bureau_channels.addresses import apprise_address
from services.alerts.bureau_channels.servicer import ChannelServicer
from services.alerts.notices.issue import issue
from services.alerts.notices.texts import Text
from services.alerts.sealed_secrets import SealedSecrets
from services.alerts.tables import Bureau, NoticeKind, Webhook, WebhookMessage
from services.alerts.timers import message_input
from services.alerts.webhooks.activities import MessageActivities
from services.alerts.webhooks.servicer import WebhookServicer
from services.alerts.webhooks.tables import ChannelKind
from tests.integration.alerts.running_alerts import BUREAU, RunningAlerts
from tests.unit.services.alerts.test_webhook import Receiver, running

ADMINISTRATOR = Caller("account/admin", "管理员", frozenset({Role.ADMINISTRATOR}), BUREAU)
ELSEWHERE = Caller("account/far", "外地管理员", frozenset({Role.ADMINISTRATOR}), "120104")
SECRET = "Bearer gateway-secret-1"


class Desk:
    """The calls of an administrator on the channels of bureaus, and the delivery."""

    def __init__(self, alerts: RunningAlerts, settings: Settings) -> None:
        self.alerts, self.settings = alerts, settings
        self.servicer = ChannelServicer(alerts.changes, settings)
        self.activities = MessageActivities(alerts.changes, settings)

    async def ask(self, request: Message, by: Caller = ADMINISTRATOR) -> Any:
        set_current_caller(by)
        if "request_id" in request.DESCRIPTOR.fields_by_name:
            cast("Any", request).request_id = str(uuid4())
        method = type(request).__name__.removesuffix("Request")
        return await getattr(self.servicer, method)(request, None)

    async def add(self, by: Caller = ADMINISTRATOR, **fields: Any) -> pb.Channel:
        request = pb.AddChannelRequest(**{"bureau": BUREAU, "service": "wecom", **fields})
        channel: pb.Channel = (await self.ask(request, by)).channel
        return channel

    async def send(self, message: WebhookMessage) -> None:
        """Delivers a message as Temporal does, which wants to hear that the delivery goes on."""
        environment, beats = ActivityEnvironment(), list[object]()
        environment.on_heartbeat = lambda *_: beats.append(None)
        try:
            deliver = getattr(self.activities, message_input(message.message_id).deliver)
            await environment.run(deliver, message.message_id)
        finally:
            assert beats

    async def tell(self, key: str, kind: NoticeKind) -> None:
        async with self.alerts.changes.change(service_caller("alerts")) as change:
            office = await change.session.get_one(Bureau, BUREAU)
            await issue(change, kind, key, office, BUREAU, Text("张三的案件", "正文"))
        await self.alerts.wait_until_idle()


@pytest.fixture
def desk(alerts: RunningAlerts, tmp_path: Path) -> Desk:
    return Desk(alerts, Settings(data_dir=tmp_path, webhook_private=True))


async def test_a_gateway_hears_that_there_is_something_and_nothing_of_it(
    alerts: RunningAlerts, desk: Desk
) -> None:
    receiver = Receiver("500 Oh")
    async with running(receiver):
        address = f"http://127.0.0.1:{receiver.port}/sms"
        await desk.add(service="sms", address=address, secret=SECRET, kinds=["case"])
        await desk.tell("k1", NoticeKind.TERM)  # of another kind
        await desk.tell("k2", NoticeKind.CASE)
        [message] = await alerts.rows(WebhookMessage)
        assert alerts.timers.sent == [message.message_id]
        with pytest.raises(ApplicationError):
            await desk.send(message)
        receiver.answer = "200 OK"
        await desk.send(message)
    headers, body = receiver.requests[-1]
    assert headers["authorization"] == SECRET
    content = json.loads(body)
    assert content["title"] == "计量信用监管平台：有新的通知（案件办理）"
    assert "张三" not in body
    assert desk.settings.portal_url in content["message"]
    [channel] = (await desk.ask(pb.ListChannelsRequest())).channels
    listed = await desk.ask(pb.ListChannelMessagesRequest(channel_id=channel.channel_id))
    [shown] = listed.messages
    assert (shown.state, [one.number for one in shown.attempts]) == ("delivered", [1, 2])
    assert shown.attempts[0].error
    assert "gateway-secret" not in str(listed)


async def test_a_redirect_of_a_gateway_is_not_followed(alerts: RunningAlerts, desk: Desk) -> None:
    inner, receiver = Receiver(), Receiver()
    async with running(inner), running(receiver):
        receiver.answer = f"302 Found\r\nlocation: http://127.0.0.1:{inner.port}/"
        await desk.add(service="sms", address=f"http://127.0.0.1:{receiver.port}/")
        await desk.tell("k1", NoticeKind.CASE)
        [message] = await alerts.rows(WebhookMessage)
        with pytest.raises(ApplicationError):
            await desk.send(message)
    assert (len(receiver.requests), inner.requests) == (1, [])


async def test_a_secret_is_sealed_and_never_shown(alerts: RunningAlerts, desk: Desk) -> None:
    token = "a1b2c3d4-token-of-the-robot"
    channel = await desk.add(address=token)
    assert channel.host == "qyapi.weixin.qq.com"
    assert token not in str(channel)
    [row] = await alerts.rows(Webhook)
    assert token not in str(row.model_dump())
    opened = SealedSecrets(desk.settings.keys_dir).open(row.webhook_id, row.sealed_secret)
    assert opened == f"wecombot://{token}"


async def test_who_may_not_and_what_cannot_be_is_refused(alerts: RunningAlerts, desk: Desk) -> None:
    with pytest.raises(InvalidInput) as refused:
        await desk.add(address="not a token")
    assert [fault.field for fault in refused.value.faults] == ["address"]
    with pytest.raises(NotPermitted):
        await desk.add(ELSEWHERE, address="a1b2c3d4-token")
    channel = await desk.add(address="a1b2c3d4-token")
    await desk.ask(pb.TestChannelRequest(channel_id=channel.channel_id))
    [tried] = await alerts.rows(WebhookMessage)
    assert tried.path == "/channels"  # a page that the bureau's people may open
    assert not (await desk.ask(pb.ListChannelsRequest(), ELSEWHERE)).channels
    for request in (
        pb.SwitchChannelRequest(channel_id=channel.channel_id),
        pb.RemoveChannelRequest(channel_id=channel.channel_id),
        pb.ListChannelMessagesRequest(channel_id=channel.channel_id),
    ):
        with pytest.raises(NotFound):
            await desk.ask(request, ELSEWHERE)
    # The account of an operator without a subject has no webhooks, not those without one.
    nobody = Caller("account/new", "经营者", frozenset({Role.OPERATOR}))
    operators = WebhookServicer(alerts.changes, desk.settings)
    set_current_caller(nobody)
    assert not (await operators.ListWebhooks(webhooks.ListWebhooksRequest(), None)).webhooks
    removing = webhooks.RemoveWebhookRequest(request_id=str(uuid4()), webhook_id=channel.channel_id)
    with pytest.raises(NotFound):
        await operators.RemoveWebhook(removing, None)
    await desk.ask(pb.SwitchChannelRequest(channel_id=channel.channel_id))
    await desk.tell("k1", NoticeKind.CASE)
    assert len(await alerts.rows(WebhookMessage)) == 1
    await desk.ask(pb.RemoveChannelRequest(channel_id=channel.channel_id))
    assert await alerts.rows(Webhook) == []


async def test_apprise_knows_each_address_and_inner_gateways_are_refused() -> None:
    import apprise

    shown = "https://oapi.dingtalk.com/robot/send?access_token=" + "a" * 64
    for kind, address, secret in (
        (ChannelKind.WECOM, "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=a1b2c3d4-e5", ""),
        (ChannelKind.DINGTALK, shown, "SEC" + "b" * 20),
        (ChannelKind.DINGTALK, "a" * 64, ""),
        (ChannelKind.FEISHU, "https://open.feishu.cn/open-apis/bot/v2/hook/a1b2c3d4-e5", ""),
        (ChannelKind.SMS, "https://1.1.1.1/sms", SECRET),
    ):
        written = await apprise_address(kind, address, secret, private=False)
        assert apprise.Apprise.instantiate(written) is not None, written
    # A part behind ? would not be sent on.
    for address in ("https://10.0.0.9/sms", "https://1.1.1.1/sms?key=1"):
        with pytest.raises(InvalidInput) as refused:
            await apprise_address(ChannelKind.SMS, address, "", private=False)
        assert [fault.field for fault in refused.value.faults] == ["address"]
