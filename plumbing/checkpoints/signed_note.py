"""Checkpoints and signed notes in the form of C2SP (tlog-checkpoint, signed-note), with Ed25519.

Anybody can verify a checkpoint with the public key and without the platform.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_ED25519 = b"\x01"
_KEY_HASH_BYTES = 4
_DASH = "— "
_ROOT_BYTES = 32


class NoteInvalid(ValueError):
    """Raised for a note, key or checkpoint that is malformed or not signed by the key."""


@dataclass(frozen=True)
class Checkpoint:
    """The state of a chain: its name, the number of its entries, and the root of its tree."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Returns the text that is signed."""
        return f"{self.origin}\n{self.size}\n{_base64(self.root)}\n"


class Signer:
    """Signs notes under a name; `seed` is the private key of 32 bytes."""

    def __init__(self, name: str, seed: bytes) -> None:
        self._key, self.name = Ed25519PrivateKey.from_private_bytes(seed), name

    @property
    def public_key(self) -> str:
        """The public key as text, such as `quanheng/registry+1b2c3d4e+AT…`."""
        key = _ED25519 + self._key.public_key().public_bytes_raw()
        return f"{self.name}+{_key_hash(self.name, key).hex()}+{_base64(key)}"

    def sign(self, text: str) -> str:
        """Returns the signed note of a text, which must end with a line feed."""
        if not text.endswith("\n"):
            raise NoteInvalid("A note ends with a line feed")
        key = _ED25519 + self._key.public_key().public_bytes_raw()
        signature = _key_hash(self.name, key) + self._key.sign(text.encode())
        return f"{text}\n{_DASH}{self.name} {_base64(signature)}\n"


def open_note(note: str, public_key: str) -> str:
    """Returns the text of a note that the key has signed. Raises NoteInvalid otherwise.

    Signatures of other keys are ignored.
    """
    name, key_hash, key = _read_key(public_key)
    text, signatures = _parts(note)
    for signer, signature in signatures:
        if signer == name and signature[:_KEY_HASH_BYTES] == key_hash:
            _verify(key, signature[_KEY_HASH_BYTES:], text)
            return text
    raise NoteInvalid(f"The note is not signed by {name}")


def open_checkpoint(note: str, public_key: str) -> Checkpoint:
    """Returns the checkpoint in a note that the key has signed. Raises NoteInvalid otherwise.

    The origin of the checkpoint must be the name of the key.
    """
    checkpoint = read_checkpoint(open_note(note, public_key))
    if checkpoint.origin != _read_key(public_key)[0]:
        raise NoteInvalid("The checkpoint is of another chain than the key")
    return checkpoint


def read_checkpoint(text: str) -> Checkpoint:
    """Reads the text of a checkpoint; lines after the third are ignored. Raises NoteInvalid."""
    lines = text.split("\n")
    if len(lines) < 4 or not lines[0]:
        raise NoteInvalid("A checkpoint has a name, a size and a root")
    origin, size, root = lines[:3]
    if not (size.isascii() and size.isdigit() and str(int(size)) == size):
        raise NoteInvalid("The size is not a decimal number without leading zeros")
    decoded = _decode(root)
    if len(decoded) != _ROOT_BYTES:
        raise NoteInvalid("The root is not a SHA-256")
    return Checkpoint(origin, int(size), decoded)


def _parts(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    text, found, rest = note.rpartition("\n\n")
    if not found or not rest.endswith("\n"):
        raise NoteInvalid("A note has a text, an empty line and signatures")
    return f"{text}\n", [*_signatures(rest)]


def _signatures(lines: str) -> Iterator[tuple[str, bytes]]:
    for line in lines.removesuffix("\n").split("\n"):
        name, space, signature = line.removeprefix(_DASH).partition(" ")
        if not line.startswith(_DASH) or not name or not space:
            raise NoteInvalid("A line of signatures is malformed")
        yield name, _decode(signature)


def _read_key(public_key: str) -> tuple[str, bytes, bytes]:
    """The name, the hash and the key itself of a public key in text form."""
    name, _, rest = public_key.strip().partition("+")
    key_hash, _, encoded = rest.partition("+")
    key = _decode(encoded)
    if not name or key[:1] != _ED25519 or _key_hash(name, key).hex() != key_hash:
        raise NoteInvalid("Not a public key of Ed25519 in the form name+hash+key")
    return name, _key_hash(name, key), key[1:]


def _verify(key: bytes, signature: bytes, text: str) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, text.encode())
    except (InvalidSignature, ValueError) as error:
        raise NoteInvalid("The signature does not belong to the text") from error


def _key_hash(name: str, key: bytes) -> bytes:
    return sha256(f"{name}\n".encode() + key).digest()[:_KEY_HASH_BYTES]


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise NoteInvalid("Not base64") from error
