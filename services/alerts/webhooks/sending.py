"""Sends a message to a program, signed as Standard Webhooks 1.0 says.

The receiver checks the signature with the secret that both know, and recognises by the id a message
that comes twice. A name that leads to an address of this machine or of an inner network is refused,
unless a setting allows it; the connection goes to the address that was checked.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import socket
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import httpx2

from plumbing.webhook_secrets import key_of

TIMEOUT_SECONDS = 20.0
LOOK_UP_SECONDS = 10.0
MOST_WAIT_SECONDS = 4 * 3600.0  # that a receiver may ask for
# Where IPv6 networks reach IPv4 addresses: the last four bytes are one (RFC 6052).
_TRANSLATED = IPv6Network("64:ff9b::/96")


class WebhookError(Exception):
    """An error because a message was not accepted; `final` is true if a retry would not help.

    `status` is that of the answer, 0 without one; `retry_after` are the seconds that the receiver
    asks to wait.
    """

    def __init__(
        self,
        message: str,
        *,
        final: bool = False,
        status: int = 0,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message[:500])
        self.final, self.status, self.retry_after = final, status, retry_after

    @property
    def gone(self) -> bool:
        """Whether the receiver asks to be sent nothing any more."""
        return self.status == httpx2.codes.GONE


@dataclass(frozen=True)
class Receiver:
    """Where messages go: the address, the secret, and which addresses are trusted.

    `private` allows addresses of inner networks. `ca_file` has the authorities of its certificate;
    empty for those of the machine.
    """

    url: str
    secret: str
    private: bool = False
    ca_file: str = ""


def signature(secret: str, message_id: str, at: int, body: str) -> str:
    """Returns the signature of a message, `at` in seconds since 1970: `v1,` and base64."""
    signed = hmac.digest(key_of(secret), f"{message_id}.{at}.{body}".encode(), hashlib.sha256)
    return f"v1,{base64.b64encode(signed).decode()}"


async def post(receiver: Receiver, message_id: str, body: str, now: datetime) -> int:
    """Sends a signed message and returns the status of the answer; raises as `post_to`."""
    at = int(now.timestamp())
    headers = {
        "webhook-id": message_id,
        "webhook-timestamp": str(at),
        "webhook-signature": signature(receiver.secret, message_id, at, body),
    }
    return await post_to(
        receiver.url, body, headers, private=receiver.private, ca_file=receiver.ca_file
    )


async def post_to(
    address: str, body: str, headers: Mapping[str, str], *, private: bool, ca_file: str = ""
) -> int:
    """Sends JSON to a URL and returns the status of the answer, 200 to 299.

    Raises WebhookError if the receiver cannot be reached, answers otherwise or not within 20
    seconds, or has an address that is not public although only such are allowed. Neither a proxy of
    the environment nor a redirect leads past the check, and the name is not looked up again.
    """
    url = httpx2.URL(address)
    sent = {"content-type": "application/json", "host": url.netloc.decode(), **headers}
    try:
        checked = await public_address(url, private=private)
        async with (
            asyncio.timeout(TIMEOUT_SECONDS),
            httpx2.AsyncClient(
                trust_env=False,
                timeout=TIMEOUT_SECONDS,
                verify=ssl.create_default_context(cafile=ca_file or None),
            ) as client,
        ):
            request = client.build_request(
                "POST",
                url.copy_with(host=str(checked)),
                content=body.encode(),
                headers=sent,
                extensions={"sni_hostname": url.host},
            )
            answer = await client.send(request, stream=True)
            await answer.aclose()
    except (httpx2.HTTPError, OSError) as error:  # a TimeoutError is an OSError
        raise WebhookError(f"{type(error).__name__}: {error}") from error
    if not answer.is_success:
        status = answer.status_code
        raise WebhookError(
            f"HTTP {status}",
            final=status == httpx2.codes.GONE,
            status=status,
            retry_after=_seconds(answer.headers.get("retry-after", "")),
        )
    return int(answer.status_code)


async def public_address(url: httpx2.URL, *, private: bool) -> IPv4Address | IPv6Address:
    """Returns the address of the host of a URL.

    Raises WebhookError if it has none within ten seconds, or if one of its addresses is not public
    although it must be.
    """
    port = url.port or (443 if url.scheme == "https" else 80)
    look_up = asyncio.get_running_loop().getaddrinfo
    try:
        async with asyncio.timeout(LOOK_UP_SECONDS):
            found = await look_up(url.host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        reason = str(error) or "no address in time"
        raise WebhookError(f"{url.host}: {reason}") from error
    addresses = [ip_address(place[0]) for *_, place in found]
    if not private and not all(map(_is_public, addresses)):
        raise WebhookError(f"{url.host}: not a public address", final=True)
    return addresses[0]


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    return all(one.is_global and not one.is_multicast for one in _with_embedded(address))


def _with_embedded(address: IPv4Address | IPv6Address) -> Iterator[IPv4Address | IPv6Address]:
    """An address, or the IPv4 addresses to which an IPv6 address leads."""
    if isinstance(address, IPv4Address):
        yield address
        return
    tunnels = (*(address.teredo or ()), address.sixtofour, address.ipv4_mapped)
    embedded = [one for one in tunnels if one is not None]
    if address in _TRANSLATED:
        embedded.append(IPv4Address(int(address) & 0xFFFFFFFF))
    yield from embedded or [address]


def _seconds(text: str) -> float | None:
    return min(float(text), MOST_WAIT_SECONDS) if text.isdecimal() and text.isascii() else None
