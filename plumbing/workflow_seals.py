"""Keys with which a service seals everything that it writes to Temporal (ADR 0017).

Whoever reaches Temporal can read its store and send it anything. So a service encrypts what its
workflows receive and return, with a key of its own, and takes nothing else for its own. The text is
bound to what it is for: a seal of one workflow is worth nothing in another.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from plumbing.private_files import write_private_once

KEY_BYTES, _NONCE_BYTES, _MARK_BYTES = 32, 12, 4
MOST_KEYS = 2


class Seals:
    """Seals and opens texts with AES-256-GCM. The first key seals; every key opens."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._by_mark = {_mark(key): AESGCM(key) for key in keys}
        self._sealing = _mark(keys[0])

    @classmethod
    def of(cls, keys_dir: Path, service: str) -> Self:
        """Returns the seals of a service; makes its key at the first start.

        Raises ValueError unless the file has one or two keys of 32 bytes, in base64, one a line.
        """
        keys = [base64.b64decode(line) for line in make_key(keys_dir, service).read_text().split()]
        if not 1 <= len(keys) <= MOST_KEYS or any(len(key) != KEY_BYTES for key in keys):
            file = key_file(keys_dir, service)
            raise ValueError(f"{file} needs one or two keys of {KEY_BYTES} bytes in base64")
        return cls(keys)

    def seal(self, text: bytes, purpose: str) -> bytes:
        """Encrypts a text, so that it opens for the same purpose only."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._by_mark[self._sealing].encrypt(nonce, text, purpose.encode())
        return self._sealing + nonce + sealed

    def open(self, sealed: bytes, purpose: str) -> bytes | None:
        """Returns the text; None if it was not sealed with our keys, or for another purpose."""
        rest = sealed[_MARK_BYTES:]
        key = self._by_mark.get(sealed[:_MARK_BYTES])
        if key is None or len(rest) < _NONCE_BYTES:
            return None
        try:
            return key.decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], purpose.encode())
        except InvalidTag:
            return None


def key_file(keys_dir: Path, service: str) -> Path:
    """Returns the path of the file with the one or two keys of a service's workflows."""
    return keys_dir / f"workflows-{service}.keys"


def make_key(keys_dir: Path, service: str) -> Path:
    """Returns the file of a service's keys, readable by its owner only; makes it if missing."""
    file = key_file(keys_dir, service)
    if not file.exists():
        keys_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_private_once(file, base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode() + "\n")
    return file


def _mark(key: bytes) -> bytes:
    """What tells the keys apart; it tells nothing of the key."""
    return hashlib.sha256(b"quanheng workflow key" + key).digest()[:_MARK_BYTES]
