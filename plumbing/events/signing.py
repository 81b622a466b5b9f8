"""Signatures of events: a consumer believes only what the owner of a NATS subject signed (D-17).

The relay signs each event when it publishes it, with the Ed25519 key of its service. The signature
covers the NATS subject, every attribute (`ce-*` header) and the body, and is a header of the
message. So a dead letter keeps it, and an event that is published again is signed again.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from joserfc.jwk import OKPKey

from plumbing.addresses import SERVICES
from plumbing.events.envelope import ATTRIBUTE_PREFIX
from plumbing.events.subjects import owner_of, service_of
from plumbing.service_keys import event_key, event_public_keys

SIGNATURE_HEADER = "quanheng-signature"  # the thumbprint of the key, a point, and the signature
_CONTEXT = b"quanheng event 1"  # so that a signature of something else is never one of an event


class NotSigned(Exception):
    """Raised for a message that the owner of its NATS subject has not signed."""


class ForeignSubject(ValueError):
    """Raised when a service is to sign an event on the NATS subject of another one."""


class EventSigner:
    """Signs events with the private keys of the services that this process speaks for."""

    def __init__(self, keys: Mapping[str, OKPKey]) -> None:
        self._keys = {service: (key.thumbprint(), _private(key)) for service, key in keys.items()}

    @classmethod
    def of(cls, keys_dir: Path, *services: str) -> Self:
        """Reads the private keys of the services. Raises NoKey if one has none."""
        return cls({service: event_key(keys_dir, service) for service in services})

    def sign(self, subject: str, headers: Mapping[str, str], body: bytes) -> str:
        """Returns the value of the signature header for an event.

        Raises ForeignSubject if the NATS subject belongs to a service whose key is not here.
        """
        known = self._keys.get(owner_of(subject))
        if known is None:
            raise ForeignSubject(f"{subject} belongs to another service")
        thumbprint, key = known
        signature = key.sign(_signed_bytes(subject, headers, body))
        return f"{thumbprint}.{base64.urlsafe_b64encode(signature).decode()}"


class Signatures:
    """Verifies the signatures of events with the public keys of the services.

    `keys_of` returns the public keys of a service. It is asked again when a key is not known yet,
    so a new key needs no restart.
    """

    def __init__(self, keys_of: Callable[[str], Iterable[OKPKey]]) -> None:
        self._keys_of = keys_of
        self._keys: dict[str, dict[str, Ed25519PublicKey]] = {}

    @classmethod
    def of(cls, keys_dir: Path) -> Self:
        """Returns what verifies the signatures of every service, with the keys of a directory."""
        return cls(partial(event_public_keys, keys_dir))

    def verify(self, subject: str, headers: Mapping[str, str] | None, body: bytes) -> None:
        """Raises NotSigned unless the service that owns the NATS subject signed the message.

        The type of the event must belong to the same service.
        """
        headers = headers or {}
        value = headers.get(SIGNATURE_HEADER)
        if value is None:
            raise NotSigned(f"A message on {subject} without a signature")
        thumbprint, _, signature = value.partition(".")
        owner = owner_of(subject)
        key = self._key(owner, thumbprint)
        if key is None:
            raise NotSigned(f"A message on {subject} signed with an unknown key {thumbprint}")
        try:
            key.verify(base64.urlsafe_b64decode(signature), _signed_bytes(subject, headers, body))
            foreign = service_of(headers.get("ce-type", "")) != owner
        except (InvalidSignature, ValueError) as error:
            raise NotSigned(f"A message on {subject} whose signature does not fit") from error
        if foreign:
            raise NotSigned(f"A message on {subject} with an event of another service")

    def signed(self, subject: str, headers: Mapping[str, str] | None, body: bytes) -> bool:
        """Returns whether the service that owns the NATS subject signed the message."""
        try:
            self.verify(subject, headers, body)
        except NotSigned:
            return False
        return True

    def _key(self, service: str, thumbprint: str) -> Ed25519PublicKey | None:
        if service not in SERVICES:
            return None
        if thumbprint not in self._keys.get(service, {}):
            self._keys[service] = dict(_public(self._keys_of(service)))
        return self._keys[service].get(thumbprint)


def _public(keys: Iterable[OKPKey]) -> Iterator[tuple[str, Ed25519PublicKey]]:
    for key in keys:
        public = key.public_key
        if not isinstance(public, Ed25519PublicKey):
            raise TypeError("Events are verified with Ed25519")
        yield key.thumbprint(), public


def _private(key: OKPKey) -> Ed25519PrivateKey:
    private = key.private_key
    if not isinstance(private, Ed25519PrivateKey):
        raise TypeError("Events are signed with Ed25519")
    return private


def _signed_bytes(subject: str, headers: Mapping[str, str], body: bytes) -> bytes:
    """What is signed: each part with its length before it, so that no two events are alike."""
    attributes = sorted(
        f"{name.lower()}:{value}"
        for name, value in headers.items()
        if name.lower().startswith(ATTRIBUTE_PREFIX)
    )
    parts = [_CONTEXT, *(text.encode() for text in (subject, *attributes)), body]
    return b"".join(len(part).to_bytes(4) + part for part in parts)
