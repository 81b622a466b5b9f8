"""How a service proves to NATS who it is: by an nkey, an Ed25519 key in the form of NATS.

The server knows public keys only. Its configuration (`access.authorization`) names them.
"""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc.jwk import OKPKey
from nats.aio.client import Client

from plumbing.service_keys import nats_key

_USER = 20 << 3  # the first byte of a user's public nkey; in base 32 it is the letter U


class Credentials:
    """The name and the key with which a client logs in to NATS."""

    def __init__(self, name: str, key: OKPKey) -> None:
        private = key.private_key
        if not isinstance(private, Ed25519PrivateKey):
            raise TypeError("NATS knows its users by Ed25519 keys")
        self.name, self.nkey, self._private = name, _nkey(private), private

    @classmethod
    def of(cls, keys_dir: Path, service: str) -> Self:
        """Reads the credentials of a service. Raises NoKey if it has none."""
        return cls(service, nats_key(keys_dir, service))

    @property
    def inbox(self) -> str:
        """The prefix of the NATS subjects on which this client alone gets answers."""
        return inbox_of(self.name)

    def give_to(self, client: Client) -> None:
        """Makes a client log in with these credentials when it connects."""
        # The client's own options for nkeys need two more libraries.
        client._auth_configured = True  # noqa: SLF001
        client._public_nkey = self.nkey  # noqa: SLF001

    def sign(self, nonce: str) -> bytes:
        """Returns the answer to a nonce of the server."""
        return base64.b64encode(self._private.sign(nonce.encode()))


def inbox_of(name: str) -> str:
    """Returns the prefix of the NATS subjects on which a client with this name gets answers."""
    return f"_INBOX_{name}"


def _nkey(private: Ed25519PrivateKey) -> str:
    data = bytes([_USER]) + private.public_key().public_bytes_raw()
    return base64.b32encode(data + binascii.crc_hqx(data, 0).to_bytes(2, "little")).decode()
