"""Secrets of channels, sealed with a key of alerts: the database alone opens none of them.

The key is the file `channels.secret` beside the other keys of alerts. Without it no webhook can be
signed, and their owners give them new secrets.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from functools import cached_property
from pathlib import Path

from law.errors import WrongState
from plumbing.channel_keys import FILE, make_channel_key
from plumbing.workflow_seals import KEY_BYTES, Seals


class SealedSecrets:
    """Seals and opens secrets. The key is read, or made, when it is first needed."""

    def __init__(self, keys_dir: Path) -> None:
        self._keys_dir = keys_dir

    def seal(self, owner: str, secret: str) -> str:
        """Returns a secret that opens for the same owner only; raises WrongState without a key."""
        try:
            return base64.b64encode(self._seals.seal(secret.encode(), owner)).decode()
        except (OSError, ValueError) as error:
            raise _without_key() from error

    def open(self, owner: str, sealed: str) -> str:
        """Returns a secret that was sealed for this owner; empty if this key does not open it."""
        try:
            opened = self._seals.open(base64.b64decode(sealed), owner)
        except (OSError, ValueError):
            return ""
        return opened.decode() if opened is not None else ""

    def fingerprint(self, purpose: str, text: str) -> str:
        """Returns a keyed hash of a text: equal texts have the same, and nobody reads them from it.

        Raises WrongState without a key.
        """
        try:
            return hmac.new(self._key, f"{purpose}/{text}".encode(), hashlib.sha256).hexdigest()
        except (OSError, ValueError) as error:
            raise _without_key() from error

    @cached_property
    def _key(self) -> bytes:
        key = base64.b64decode(make_channel_key(self._keys_dir).read_text())
        if len(key) != KEY_BYTES:
            raise ValueError(f"{FILE} needs a key of {KEY_BYTES} bytes in base64")
        return key

    @cached_property
    def _seals(self) -> Seals:
        return Seals([self._key])


def _without_key() -> WrongState:
    zh = f"平台没有封存密钥的 {FILE}，请平台管理员生成后再办"
    return WrongState(zh, f"The platform lacks its key {FILE}")
