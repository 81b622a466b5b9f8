"""Text messages to operators: a number confirmed by its code, and what goes to it instead of mail.

The gateway is a server of the test: it takes what the platform posts, or refuses it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import pytest
from google.protobuf.message import Message
from temporalio.exceptions import ApplicationError

from law.errors import InvalidInput, WrongState
from plumbing.audit import AuditEntry
from plumbing.identity import Caller, Role, set_current_caller
from plumbing.settings import Settings
from protos.alerts.v1 import alerts_pb2 as pb
from protos.alerts.v1 import channels_pb2 as channels
from protos.registry.v1 import events_pb2 as events
from services.alerts.servicer import AlertsServicer
from services.alerts.tables import (
    MobileNumber,
    NoticeKind,
    NoticeState,
    Webhook,
    WebhookMessage,
)
from services.alerts.text_messages.pruning import NumberPruner
from services.alerts.timers import message_input
from services.alerts.webhooks.tables import MessageState
from tests.integration.alerts.running_alerts import RunningAlerts, subject
from tests.integration.alerts.test_bureau_channels import Desk
from tests.integration.alerts.test_lives_of_subjects import acted
from tests.integration.alerts.test_ways_of_notices import OPERATOR, fail, prefer, read, told
from tests.unit.services.alerts.test_webhook import Receiver, running

NUMBER = "19900000001"
OTHER = Caller("account/op2", "另一经营者", frozenset({Role.OPERATOR}), "", "s2")


class Firm:
    """The calls of an operator on its mobile number, and the gateway that sends to it."""

    def __init__(self, alerts: RunningAlerts, desk: Desk, gateway: Receiver) -> None:
        self.alerts, self.desk, self.gateway = alerts, desk, gateway
        self.servicer = AlertsServicer(alerts.changes, desk.settings)

    async def ask(self, request: Message, by: Caller = OPERATOR) -> Any:
        set_current_caller(by)
        if "request_id" in request.DESCRIPTOR.fields_by_name:
            cast("Any", request).request_id = str(uuid4())
        method = type(request).__name__.removesuffix("Request")
        answer = await getattr(self.servicer, method)(request, None)
        await self.alerts.wait_until_idle()
        return answer

    async def mobile(self) -> pb.MobileNumber:
        return cast("pb.MobileNumber", (await self.ask(pb.GetMobileNumberRequest())).mobile)

    async def messages(self, type_: str) -> list[WebhookMessage]:
        return [row for row in await self.alerts.rows(WebhookMessage) if row.type == type_]

    async def code(self, number: str = NUMBER, by: Caller = OPERATOR) -> str:
        """Asks for a number and returns the code that the gateway sends to it."""
        await self.ask(pb.AskMobileNumberRequest(number=number), by)
        last = next(row for row in await self.messages("sms.code") if row.state == "pending")
        await self.desk.send(last)
        sent = self.sent()
        assert sent["to"] == NUMBER
        return "".join(one for one in sent["message"].split("，")[0] if one.isdecimal())

    def sent(self) -> dict[str, Any]:
        """What the gateway got last."""
        return cast("dict[str, Any]", json.loads(self.gateway.requests[-1][1]))

    async def confirm(self) -> None:
        code = await self.code()
        await self.ask(pb.ConfirmMobileNumberRequest(code=code))


@pytest.fixture
async def firm(alerts: RunningAlerts, tmp_path: Path) -> AsyncIterator[Firm]:
    await alerts.put(subject(2))
    desk = Desk(alerts, Settings(data_dir=tmp_path, webhook_private=True))
    gateway = Receiver()
    async with running(gateway):
        await desk.add(service="sms", address=f"http://127.0.0.1:{gateway.port}/sms")
        yield Firm(alerts, desk, gateway)


async def test_a_number_is_used_once_its_code_has_come_back(
    alerts: RunningAlerts, firm: Firm
) -> None:
    with pytest.raises(InvalidInput) as refused:
        await prefer(alerts, by_sms=["digest"])
    assert [fault.field for fault in refused.value.faults] == ["by_sms"]
    code = await firm.code("+86 199-0000-0001")
    waiting = await firm.mobile()
    assert (waiting.number, waiting.asked, waiting.tries_left) == ("", NUMBER, 5)
    wrong = f"{(int(code) + 1) % 10**6:06}"
    with pytest.raises(InvalidInput) as refused:
        await firm.ask(pb.ConfirmMobileNumberRequest(code=wrong))
    assert "4 more tries" in refused.value.faults[0].message_en
    assert (await firm.mobile()).tries_left == 4
    answer = await firm.ask(pb.ConfirmMobileNumberRequest(code=code))
    assert (answer.mobile.number, answer.mobile.asked) == (NUMBER, "")
    wish = await prefer(alerts, by_sms=["digest"], sms_also=True)
    assert (list(wish.by_sms), wish.sms_also) == (["digest"], True)
    written = str([(one.before, one.after) for one in await alerts.rows(AuditEntry)])
    assert "1****01" in written
    assert NUMBER not in written
    assert code not in str([row.data for row in await alerts.rows(WebhookMessage)])
    await firm.ask(pb.RemoveMobileNumberRequest())
    assert not (await firm.mobile()).number


async def test_what_is_no_number_or_no_code_any_more_is_refused(
    alerts: RunningAlerts, firm: Firm
) -> None:
    for written in ("0571-88888888", "1990000000", "12900000001", "someone"):
        with pytest.raises(InvalidInput) as refused:
            await firm.ask(pb.AskMobileNumberRequest(number=written))
        assert [fault.field for fault in refused.value.faults] == ["number"]
    with pytest.raises(WrongState, match="No number waits"):
        await firm.ask(pb.ConfirmMobileNumberRequest(code="000000"))
    code = await firm.code()
    alerts.clock.moment += timedelta(minutes=11)
    with pytest.raises(WrongState, match="has ended"):
        await firm.ask(pb.ConfirmMobileNumberRequest(code=code))
    code = await firm.code()
    wrong = f"{(int(code) + 1) % 10**6:06}"
    for _ in range(5):
        with pytest.raises(InvalidInput):
            await firm.ask(pb.ConfirmMobileNumberRequest(code=wrong))
    with pytest.raises(WrongState, match="has ended"):
        await firm.ask(pb.ConfirmMobileNumberRequest(code=code))
    await firm.code(by=OTHER)  # the third of this number
    await firm.code()
    await firm.code()
    # What the others do since frees no codes for a number.
    await firm.ask(pb.RemoveMobileNumberRequest(), OTHER)
    for caller in (OPERATOR, OTHER):
        with pytest.raises(WrongState, match="codes were sent today"):
            await firm.ask(pb.AskMobileNumberRequest(number=NUMBER), caller)
    [late] = (await firm.messages("sms.code"))[-1:]
    before = len(firm.gateway.requests)
    async with alerts.database.transaction() as session:
        (await session.get_one(WebhookMessage, late.message_id)).state = MessageState.PENDING
    alerts.clock.moment += timedelta(hours=1)
    await firm.desk.activities.send_message(late.message_id)
    assert len(firm.gateway.requests) == before, "a code that has ended goes to nobody"


async def test_a_text_message_replaces_the_mail_and_the_mail_a_failed_one(
    alerts: RunningAlerts, firm: Firm
) -> None:
    await firm.confirm()
    await prefer(alerts, by_sms=["order"], sms_also=True)
    order = await told(alerts, "k1", NoticeKind.ORDER)
    assert (order.state, order.address) == (NoticeState.INBOX, "")
    letter = await told(alerts, "k2", NoticeKind.LETTER)
    assert letter.state is NoticeState.PENDING, "what the law asks to be told is always mailed"
    digest = await told(alerts, "k3", NoticeKind.DIGEST)
    assert digest.state is NoticeState.PENDING
    by_notice = {row.notice_id: row for row in await firm.messages("sms.notice")}
    assert set(by_notice) == {order.notice_id, letter.notice_id}
    assert {row.message_id for row in by_notice.values()} <= set(alerts.timers.sent)
    await firm.desk.send(by_notice[letter.notice_id])
    sent = firm.sent()
    assert (sent["to"], sent["title"]) == (NUMBER, "")
    assert sent["message"].startswith("计量信用监管平台：贵单位有新消息（重要通知）")
    assert len(sent["message"]) <= 70
    firm.gateway.answer = "503 Busy"
    with pytest.raises(ApplicationError):
        await firm.desk.send(by_notice[order.notice_id])
    assert (await read(alerts, order.notice_id)).state is NoticeState.INBOX  # it is tried again
    await fail(alerts, by_notice[order.notice_id].message_id)
    mailed = await read(alerts, order.notice_id)
    assert (mailed.state, mailed.address) == (NoticeState.PENDING, "unit1@test.example")
    assert len(await firm.messages("sms.notice")) == 2, "it is not texted again"
    [gateway] = await alerts.rows(Webhook)
    assert gateway.failing_since is not None
    request = channels.ListChannelMessagesRequest(channel_id=gateway.webhook_id)
    assert NUMBER not in str(await firm.desk.ask(request))


async def test_no_text_message_in_quiet_hours_nor_to_a_number_taken_away(
    alerts: RunningAlerts, firm: Firm
) -> None:
    await firm.confirm()
    await prefer(alerts, by_sms=["order"], language="en", quiet_from="09:00", quiet_until="12:00")
    await told(alerts, "k1", NoticeKind.ORDER)
    [message] = await firm.messages("sms.notice")
    before = len(firm.gateway.requests)
    with pytest.raises(ApplicationError, match="Quiet hours"):
        await firm.desk.activities.send_message(message.message_id)
    assert len(firm.gateway.requests) == before
    alerts.clock.moment += timedelta(hours=2)
    await firm.desk.send(message)
    assert firm.sent()["message"].startswith("Metrology platform: new message (verification)")
    second = await told(alerts, "k2", NoticeKind.ORDER)
    await firm.ask(pb.RemoveMobileNumberRequest())
    [_, last] = await firm.messages("sms.notice")
    before = len(firm.gateway.requests)
    await firm.desk.activities.send_message(last.message_id)
    assert len(firm.gateway.requests) == before
    assert (await read(alerts, second.notice_id)).state is NoticeState.PENDING, "it is mailed"
    assert (await told(alerts, "k3", NoticeKind.ORDER)).state is NoticeState.PENDING


async def test_numbers_that_look_alike_masked_share_no_codes(firm: Firm) -> None:
    for _ in range(5):
        await firm.ask(pb.AskMobileNumberRequest(number=NUMBER))
    alike = f"{NUMBER[:3]}1111{NUMBER[-4:]}"
    await firm.ask(pb.AskMobileNumberRequest(number=alike), OTHER)
    with pytest.raises(WrongState, match="codes were sent today"):
        await firm.ask(pb.AskMobileNumberRequest(number=NUMBER), OTHER)
    written = str([row.data for row in await firm.messages("sms.code")])
    assert NUMBER not in written
    assert alike not in written


async def test_a_release_that_knows_no_text_messages_leaves_them_alone(
    alerts: RunningAlerts, firm: Firm
) -> None:
    await firm.ask(pb.AskMobileNumberRequest(number=NUMBER))
    [message] = await firm.messages("sms.code")
    # It reads the channel of a message by its id, and stops where there is none; and its workers
    # have no activity of the name that the workflow asks for.
    async with alerts.database.snapshot() as session:
        assert await session.get(Webhook, message.webhook_id) is None
        assert await session.get(Webhook, message.channel_id) is not None
    of_old = {"send_message", "give_up_message", "deliver", "give_up", "watch"}
    assert message_input(message.message_id).deliver not in of_old
    assert message_input("msg_1").deliver == "send_message"
    # A workflow that such a release began names its own activity: whoever has both sends it.
    await firm.desk.activities.send_message(message.message_id)
    assert firm.sent()["to"] == NUMBER


async def numbers_of(alerts: RunningAlerts) -> dict[str, str]:
    return {row.subject_id: row.number for row in await alerts.rows(MobileNumber)}


async def test_a_number_follows_a_joining_where_the_other_has_none(
    alerts: RunningAlerts, firm: Firm
) -> None:
    await firm.confirm()
    joined = events.SubjectsJoined(former_id="s1", present_id="s2")
    await alerts.announce(joined, aggregate="lives")
    assert await numbers_of(alerts) == {"s1": "", "s2": NUMBER}
    back = acted("parted", 2)
    back.act.subject_id, back.act.other_id = "s2", "s1"
    back.subject.CopyFrom(subject(2))
    back.other.CopyFrom(subject(1))
    await alerts.announce(back, aggregate="lives")
    assert await numbers_of(alerts) == {"s1": NUMBER, "s2": ""}
    await alerts.announce(events.SubjectsJoined(former_id="s2", present_id="s1"), aggregate="lives")
    assert await numbers_of(alerts) == {"s1": NUMBER, "s2": ""}, "it has one of its own"
    actions = [one.action for one in await alerts.rows(AuditEntry)]
    assert actions.count("follow_mobile_number") == 2


async def test_a_number_is_erased_once_it_is_used_no_more(
    alerts: RunningAlerts, firm: Firm
) -> None:
    pruner = NumberPruner(alerts.changes)
    await firm.confirm()
    await firm.ask(pb.AskMobileNumberRequest(number="19900000002"), OTHER)
    assert await pruner.prune(lambda: asyncio.sleep(0)) == {"mobile_number": 0}
    alerts.pass_days(2)
    assert await pruner.prune(lambda: asyncio.sleep(0)) == {"mobile_number": 1}
    assert await numbers_of(alerts) == {"s1": NUMBER}, "what was never confirmed"
    await alerts.put(subject(1, version=2, deregistered_on="2026-09-16"))
    assert await pruner.prune(lambda: asyncio.sleep(0)) == {"mobile_number": 1}
    assert await numbers_of(alerts) == {}
