"""The secrets of webhooks, as Standard Webhooks 1.0 writes them: `whsec_` and base64."""

from __future__ import annotations

import base64
import binascii
import secrets

PREFIX = "whsec_"
LENGTHS = range(24, 65)  # in bytes


def new_secret() -> str:
    """Returns a new secret. Whoever makes it shows it once, and nobody shows it again."""
    return PREFIX + base64.b64encode(secrets.token_bytes(LENGTHS[8])).decode()


def key_of(secret: str) -> bytes:
    """Returns the bytes of a secret; empty if it is not one of 24 to 64 bytes."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return b""
    return key if secret.startswith(PREFIX) and len(key) in LENGTHS else b""
