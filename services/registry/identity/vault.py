"""The registry's own key for accounts: encrypts secrets, hashes codes, and makes mailed links.

The key is a file beside the registry's other keys and leaves the registry in no way. Without it the
database alone opens no second factor and no mailed link.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from pathlib import Path
from typing import Self

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from plumbing.private_files import write_private

_FILE = "accounts.secret"
_ALGORITHMS = ["dir", "A256GCM"]


class Vault:
    """Seals and opens secrets of accounts with the registry's own key."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._sealing = OctKey.import_key(self._derived("seal"))

    @classmethod
    def at(cls, keys_dir: Path) -> Self:
        """Returns the vault of a directory of keys; makes its key at the first start."""
        return cls(base64.b64decode(make_key(keys_dir).read_text()))

    @property
    def signing_key(self) -> bytes:
        """The key that signs what a person holds between the steps of a login."""
        return self._derived("sign")

    def seal(self, owner: str, text: str) -> str:
        """Encrypts a text so that only this vault can read it, and only for the same owner."""
        header = {"alg": "dir", "enc": "A256GCM"}
        sealed = f"{owner} {text}"
        return jwe.encrypt_compact(header, sealed, self._sealing, algorithms=_ALGORITHMS)

    def open(self, owner: str, sealed: str) -> str:
        """Returns a text that was sealed for this owner. Raises ValueError for anything else."""
        try:
            opened = jwe.decrypt_compact(sealed, self._sealing, algorithms=_ALGORITHMS).plaintext
        except JoseError as error:
            raise ValueError("This was not sealed by the registry's key") from error
        whose, _, text = (opened or b"").decode().partition(" ")
        if whose != owner:
            raise ValueError("This was sealed for another account")
        return text

    def code_hash(self, owner: str, code: str) -> str:
        """Returns the keyed hash under which a short code is stored."""
        return self._mac("code", owner, code).hex()

    def link_token(self, link_id: str) -> str:
        """Returns the secret part of a mailed link. It is computed and stored nowhere."""
        mac = base64.urlsafe_b64encode(self._mac("link", link_id)).rstrip(b"=").decode()
        return f"{link_id}.{mac}"

    def _derived(self, purpose: str) -> bytes:
        return hmac.digest(self._key, purpose.encode(), hashlib.sha256)

    def _mac(self, purpose: str, *parts: str) -> bytes:
        return hmac.digest(self._derived(purpose), "\0".join(parts).encode(), hashlib.sha256)


def make_key(keys_dir: Path) -> Path:
    """Returns the file of the vault's key, which only its owner can read; makes it if missing."""
    file = keys_dir / _FILE
    if not file.exists():
        write_private(file, base64.b64encode(secrets.token_bytes(32)).decode())
    return file
