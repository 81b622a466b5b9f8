"""The same keys of the services in every process of the tests, and a client that may do everything.

The servers of the tests know the services as real ones do (`authorization`).
"""

from __future__ import annotations

import base64
import json
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc.jwk import OKPKey

from plumbing.events import access
from plumbing.events.credentials import Credentials
from plumbing.events.signing import EventSigner, Signatures
from plumbing.service_keys import make_service_keys
from plumbing.settings import SERVICES


def _key(kind: str, name: str) -> OKPKey:
    secret = sha256(f"a key of the tests: {kind} {name}".encode()).digest()
    public = Ed25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()
    parts = {part: _text(value) for part, value in (("d", secret), ("x", public))}
    return OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", **parts})


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


_EVENTS = {service: _key("events", service) for service in SERVICES}
SIGNER = EventSigner(_EVENTS)  # signs for every service
SIGNATURES = Signatures(lambda service: [_EVENTS[service]])
TESTER = Credentials("tests", _key("nats", "tests"))


def credentials(service: str) -> Credentials:
    """The credentials of a service."""
    return Credentials(service, _key("nats", service))


def authorization() -> str:
    """What a server's configuration says of the services, and of a tester who may do everything."""
    users = [access.user(credentials(service)) for service in SERVICES]
    return access.authorization([*users, {"nkey": TESTER.nkey}])


def give_service_keys(keys_dir: Path) -> None:
    """Writes the keys of all services where a process looks for them."""
    keys_dir.mkdir(parents=True, exist_ok=True)
    for service in SERVICES:
        for kind in ("nats", "events"):
            text = json.dumps(_key(kind, service).as_dict(private=True))
            (keys_dir / f"{kind}-{service}.jwk").write_text(text)
    make_service_keys(keys_dir, SERVICES)
