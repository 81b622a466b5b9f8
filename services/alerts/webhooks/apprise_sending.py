"""Sends a message through the library Apprise, for channels that Standard Webhooks do not reach.

Apprise only sends: when, how often and what is kept of it is ours. It answers whether the service
took the message, and what it logged.
"""

from __future__ import annotations

import asyncio
from typing import Any

from services.alerts.webhooks.sending import WebhookError

SECONDS = 60.0  # for one attempt; Apprise waits for some seconds at each step


async def send(address: str, title: str, body: str) -> None:
    """Sends a message to the chat group at an address of Apprise.

    Raises WebhookError if the service does not take the message within a minute, or if Apprise does
    not know such an address.
    """
    try:
        async with asyncio.timeout(SECONDS):
            await asyncio.to_thread(_notify, address, title, body)
    except TimeoutError as error:
        raise WebhookError(f"no answer within {SECONDS:.0f} seconds") from error


def _notify(address: str, title: str, body: str) -> None:
    import apprise  # noqa: PLC0415 - slow to load, and few bureaus have such a channel

    logged: list[str] = []

    def keep(entry: Any, _service: Any) -> None:
        logged.append(str(getattr(entry, "message", entry)))

    service = apprise.Apprise.instantiate(address)
    if service is None:
        raise WebhookError("Apprise does not know this address", final=True)
    service.redirects = False
    sender = apprise.Apprise()
    sender.add(service)
    if not sender.notify(body=body, title=title, log_callback=keep):
        # Its first line only says that it begins; the last one says why it failed.
        raise WebhookError(_without(address, logged[-1] if logged else "not taken"))


def _without(address: str, text: str) -> str:
    """A text without the parts of an address that may be secret."""
    _, _, rest = address.partition("://")
    for part in (rest, *rest.replace("@", "/").replace("?", "/").split("/")):
        if len(part) >= 8:
            text = text.replace(part, "…")
    return text
