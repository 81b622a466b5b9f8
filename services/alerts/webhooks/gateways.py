"""Sends a message to a gateway for text messages: JSON by POST, to the address that was checked.

A gateway is kept as an address of the library Apprise, by which former releases send, and gets the
same JSON as from them.
"""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

from services.alerts.webhooks.sending import post_to

_SCHEMES = {"jsons": "https", "json": "http"}
_AUTHORIZATION = " Authorization"  # Apprise writes a plus sign before it, which stands for a blank


async def send(address: str, title: str, text: str, *, to: str = "", private: bool) -> int:
    """Sends a text to a gateway and returns the status of its answer, 200 to 299.

    `address` is as `bureau_channels.addresses` writes it. `to` is the number that the gateway is to
    send to; without one the text is for the bureau's own people. Raises WebhookError as `post_to`.
    """
    url, headers = _parts(address)
    content = {"version": "1.0", "title": title, "message": text, "attachments": [], "type": "info"}
    if to:
        content["to"] = to
    body = json.dumps(content, ensure_ascii=False)
    return await post_to(url, body, headers, private=private)


def _parts(address: str) -> tuple[str, dict[str, str]]:
    """The URL of a gateway, and the headers by which it knows the platform."""
    parts = urlsplit(address)
    url = parts._replace(scheme=_SCHEMES[parts.scheme], query="").geturl()
    [authorization] = parse_qs(parts.query).get(_AUTHORIZATION, [""])
    return url, {"authorization": authorization} if authorization else {}
