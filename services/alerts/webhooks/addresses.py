"""Which addresses a webhook may have: checked when it is added, and again at each delivery."""

from __future__ import annotations

from collections.abc import Collection

import httpx2

from law.errors import Fault, InvalidInput
from services.alerts.webhooks.sending import WebhookError, public_address

HTTPS = frozenset({443})


async def require_address(
    text: str, *, private: bool, ports: Collection[int] = HTTPS, field: str = "url"
) -> None:
    """Raises InvalidInput unless a text is an address to which messages may be sent.

    That is https at one of `ports`, a host with public addresses only, no name, password or
    fragment. `private` allows http, other ports and addresses of inner networks. `field` is named
    by the fault. Asks the name server.
    """
    try:
        url = httpx2.URL(text)
    except httpx2.InvalidURL:
        zh = "须为一个网址，例如 https://erp.example.com/hooks"
        raise _fault(field, zh, "must be a URL") from None
    if url.scheme != "https" and not (private and url.scheme == "http"):
        raise _fault(field, "须以 https:// 开头", "must begin with https://")
    if not url.host or url.userinfo or url.fragment:
        zh = "不能有用户名、密码和 # 以后的部分"
        raise _fault(field, zh, "must have a host, and no name, password or fragment")
    if not private and (url.port or 443) not in ports:
        listed = ", ".join(map(str, sorted(ports)))
        zh = f"端口须为 {listed}；别的端口要由平台的管理员先开放"
        raise _fault(field, zh, f"must be at port {listed}; the administrator may open others")
    try:
        await public_address(url, private=private)
    except WebhookError as error:
        if error.final:
            zh = "指向本机或者内部网络，不能接收；请用公网地址"
            raise _fault(field, zh, "leads to this machine or an inner network") from error
        raise _fault(field, "查不到这个主机的地址", "its host has no address") from error


def _fault(field: str, zh: str, en: str) -> InvalidInput:
    return InvalidInput(faults=[Fault(field, zh, en)])
