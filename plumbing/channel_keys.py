"""The key with which alerts seals the secrets of channels; elsewhere the registry makes it."""

from __future__ import annotations

import base64
import secrets
from pathlib import Path

from plumbing.private_files import write_private_once
from plumbing.workflow_seals import KEY_BYTES

FILE = "channels.secret"


def make_channel_key(keys_dir: Path) -> Path:
    """Returns the file of the key, readable by its owner only; makes it if missing."""
    file = keys_dir / FILE
    if not file.exists():
        keys_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_private_once(file, base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode())
    return file
