"""The addresses of channels, as the library Apprise writes them; they contain the secrets.

Those of gateways are written so as well, and sent to by us (`webhooks.gateways`).

What people paste is the token of a group's robot, or the whole address that the chat service shows.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import quote, urlsplit

from law.errors import Fault, InvalidInput
from services.alerts.webhooks.addresses import HTTPS, require_address
from services.alerts.webhooks.tables import ChannelKind

HOSTS = {
    ChannelKind.WECOM: "qyapi.weixin.qq.com",
    ChannelKind.DINGTALK: "oapi.dingtalk.com",
    ChannelKind.FEISHU: "open.feishu.cn",
}
_TOKEN = re.compile(r"[A-Za-z0-9-]{8,200}")
_IN_ADDRESS = re.compile(r"(?:[?&]key=|[?&]access_token=|/hook/)([A-Za-z0-9-]+)")


def host_of(kind: ChannelKind, address: str) -> str:
    """Returns the host to which the messages of a channel go."""
    return HOSTS.get(kind) or urlsplit(address).netloc


async def apprise_address(
    kind: ChannelKind,
    address: str,
    secret: str,
    *,
    private: bool,
    ports: Collection[int] = HTTPS,
) -> str:
    """Returns the address of a channel for Apprise, with its secret.

    Raises InvalidInput for a token that is none, and for a gateway that is not at a public https
    address and one of `ports`; `private` allows others. Asks the name server for a gateway.
    """
    if kind is ChannelKind.SMS:
        await require_address(address, private=private, ports=ports, field="address")
        if urlsplit(address).query:
            zh, en = "不能有 ? 以后的部分", "must have no part behind ?"
            raise InvalidInput(faults=[Fault("address", zh, en)])
        return _gateway(address, secret)
    found = _IN_ADDRESS.search(address)
    token = found.group(1) if found else address
    if not _TOKEN.fullmatch(token):
        zh = "须为机器人的令牌，或者聊天软件给出的完整网址"
        en = "must be the token of the robot, or the whole address that the service shows"
        raise InvalidInput(faults=[Fault("address", zh, en)])
    if kind is ChannelKind.DINGTALK and secret:
        return f"dingtalk://{quote(secret, safe='')}@{token}"
    return f"{'wecombot' if kind is ChannelKind.WECOM else kind.value}://{token}"


def _gateway(address: str, secret: str) -> str:
    parts = urlsplit(address)
    scheme = "jsons" if parts.scheme == "https" else "json"
    header = f"&+Authorization={quote(secret, safe='')}" if secret else ""
    return f"{scheme}://{parts.netloc}{parts.path}?redirect=no{header}"
