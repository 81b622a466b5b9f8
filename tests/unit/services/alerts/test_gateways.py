"""Gateways for text messages: they get JSON at the address that was checked, and no other."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from law.errors import InvalidInput
from services.alerts.bureau_channels.addresses import apprise_address
from services.alerts.webhooks import gateways
from services.alerts.webhooks.sending import WebhookError
from services.alerts.webhooks.tables import ChannelKind
from tests.unit.services.alerts.test_webhook import Receiver, running


async def gateway(port: int) -> str:
    address = f"http://127.0.0.1:{port}/sms/send"
    return await apprise_address(ChannelKind.SMS, address, "Bearer a+b&c=1", private=True)


async def test_a_gateway_gets_the_text_the_number_and_how_it_knows_the_platform() -> None:
    receiver = Receiver()
    async with running(receiver):
        address = await gateway(receiver.port)
        assert (
            await gateways.send(address, "", "您有新的通知", to="13900000000", private=True) == 204
        )
        await gateways.send(address, "通知", "给工作人员", private=True)
    (headers, first), (_, second) = receiver.requests
    assert headers["authorization"] == "Bearer a+b&c=1"
    assert headers["content-type"] == "application/json"
    same = {"version": "1.0", "attachments": [], "type": "info"}
    assert json.loads(first) == {
        **same,
        "title": "",
        "message": "您有新的通知",
        "to": "13900000000",
    }
    assert json.loads(second) == {**same, "title": "通知", "message": "给工作人员"}


async def test_a_name_that_leads_elsewhere_after_the_check_is_not_followed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The name leads to the gateway when it is checked, and to another address from then on."""
    receiver, asked = Receiver(), list[object]()

    async def look_up(*of: object, **_: object) -> list[tuple[Any, ...]]:
        asked.append(of)
        return [(2, 1, 6, "", ("127.0.0.1" if len(asked) == 1 else "127.0.0.9", 0))]

    async with running(receiver):
        address = (await gateway(receiver.port)).replace("127.0.0.1", "sms.example")
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", look_up)
        await gateways.send(address, "", "您有新的通知", private=True)
    assert len(asked) == 1, "the name is looked up once"
    [(headers, _)] = receiver.requests
    assert headers["host"] == f"sms.example:{receiver.port}"


async def test_a_gateway_inside_is_refused() -> None:
    receiver = Receiver()
    async with running(receiver):
        address = await gateway(receiver.port)
        with pytest.raises(WebhookError, match="not a public address") as refused:
            await gateways.send(address, "", "您有新的通知", private=False)
        with pytest.raises(InvalidInput):
            await apprise_address(
                ChannelKind.SMS, f"http://127.0.0.1:{receiver.port}/", "", private=False
            )
    assert refused.value.final
    assert receiver.requests == []
