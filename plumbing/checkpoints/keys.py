"""The private keys that sign checkpoints: one for each service, apart from the key of tokens."""

from __future__ import annotations

import base64
import secrets
from pathlib import Path

from plumbing.addresses import SERVICES
from plumbing.checkpoints.signed_note import Signer
from plumbing.private_files import write_private

_SEED_BYTES = 32


def signing_key_file(keys_dir: Path, service: str) -> Path:
    """Returns the path of the file with the private key of a service's checkpoints."""
    return keys_dir / f"audit-{service}.key"


def make_signing_keys(keys_dir: Path) -> None:
    """Makes the missing private keys of all services, readable by their owner only."""
    for service in SERVICES:
        if not (file := signing_key_file(keys_dir, service)).exists():
            write_private(file, base64.b64encode(secrets.token_bytes(_SEED_BYTES)).decode())


def signer_of(keys_dir: Path, origin: str, service: str) -> Signer:
    """Returns the signer of a service's checkpoints; their name is `origin/service`.

    Raises FileNotFoundError while the key has not been made.
    """
    seed = base64.b64decode(signing_key_file(keys_dir, service).read_text())
    return Signer(f"{origin}/{service}", seed)
