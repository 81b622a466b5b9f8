"""Webhooks: a notice sent as a signed message to a program, as Standard Webhooks 1.0 says.

The receiver checks the signature with the secret that both know, and recognises by the id a message
that comes twice. A name that leads to an address of this machine or of an inner network is refused,
unless a setting allows it; the connection goes to the address that was checked.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import socket
import ssl
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address, ip_address

import httpx2
import sqlalchemy as sa
from sqlmodel import col

from law.errors import Fault, InvalidInput
from plumbing.settings import Settings
from services.alerts.tables import Notice, NoticeKind

TIMEOUT_SECONDS = 20.0
SECRET_BYTES = range(24, 65)
_PREFIX = "whsec_"
BY_WEBHOOK: sa.ColumnElement[bool] = sa.and_(
    col(Notice.kind) == NoticeKind.CHECKPOINT, col(Notice.address).startswith("http")
)


class WebhookError(Exception):
    """An error because a message was not accepted; `final` is true if a retry would not help."""

    def __init__(self, message: str, *, final: bool = False) -> None:
        super().__init__(message[:500])
        self.final = final


def is_webhook(notice: Notice) -> bool:
    """Returns whether a notice goes to a program, not into a mailbox."""
    return notice.kind is NoticeKind.CHECKPOINT and notice.address.startswith("http")


def require_secret(settings: Settings) -> None:
    """Raises InvalidInput if the settings name a webhook without a secret of 24 to 64 bytes."""
    if settings.checkpoint_webhook and not _key(settings.checkpoint_webhook_secret):
        zh = "须为 whsec_ 加 24–64 个字节的 base64"
        en = "must be whsec_ and 24 to 64 bytes in base64"
        raise InvalidInput(faults=[Fault("checkpoint_webhook_secret", zh, en)])


def signature(secret: str, message_id: str, at: int, body: str) -> str:
    """Returns the signature of a message, `at` in seconds since 1970: `v1,` and base64."""
    signed = hmac.digest(_key(secret), f"{message_id}.{at}.{body}".encode(), hashlib.sha256)
    return f"v1,{base64.b64encode(signed).decode()}"


async def send(notice: Notice, settings: Settings, now: datetime) -> None:
    """Sends the body of a notice to its address.

    Raises WebhookError if the receiver cannot be reached, does not answer with a status of 200 to
    299 within 20 seconds, or has an address that is not public although only such are allowed.
    """
    url = httpx2.URL(notice.address)
    at = int(now.timestamp())
    headers = {
        "content-type": "application/json",
        "host": url.netloc.decode(),
        "webhook-id": notice.notice_id,
        "webhook-timestamp": str(at),
        "webhook-signature": signature(
            settings.checkpoint_webhook_secret, notice.notice_id, at, notice.body
        ),
    }
    try:
        address = await _checked(url, private=settings.checkpoint_webhook_private)
        # Neither a proxy of the environment nor a redirect leads past the check.
        async with httpx2.AsyncClient(
            trust_env=False,
            timeout=TIMEOUT_SECONDS,
            verify=ssl.create_default_context(cafile=settings.checkpoint_webhook_ca_file or None),
        ) as client:
            request = client.build_request(
                "POST",
                url.copy_with(host=str(address)),
                content=notice.body.encode(),
                headers=headers,
                extensions={"sni_hostname": url.host},
            )
            answer = await client.send(request, stream=True)
            await answer.aclose()
    except (httpx2.HTTPError, OSError) as error:
        raise WebhookError(f"{type(error).__name__}: {error}") from error
    if not answer.is_success:
        gone = answer.status_code == httpx2.codes.GONE
        raise WebhookError(f"HTTP {answer.status_code}", final=gone)


async def _checked(url: httpx2.URL, *, private: bool) -> IPv4Address | IPv6Address:
    """The address of a host; WebhookError if one of its addresses is not public and must be."""
    port = url.port or (443 if url.scheme == "https" else 80)
    look_up = asyncio.get_running_loop().getaddrinfo
    found = await look_up(url.host, port, type=socket.SOCK_STREAM)
    addresses = [ip_address(place[0]) for *_, place in found]
    if not private and not all(map(_is_public, addresses)):
        raise WebhookError(f"{url.host}: not a public address", final=True)
    return addresses[0]


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    inner = getattr(address, "ipv4_mapped", None) or address
    return bool(inner.is_global) and not inner.is_multicast


def _key(secret: str) -> bytes:
    """The bytes of a secret; empty if it is not one."""
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return b""
    return key if secret.startswith(_PREFIX) and len(key) in SECRET_BYTES else b""
