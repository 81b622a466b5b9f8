"""The Ed25519 keys by which NATS knows a service, and by which others know its events (D-17).

Each service has two, because a NATS server chooses what the first one signs. `nats-NAME.jwk` and
`events-NAME.jwk` are private: only the service NAME may read them. `events-NAME.jwks` has the
public keys that verify the events of NAME: the present one first, then at most one former. Every
service may read it. While the key for NATS is changed, `nats-NAME-former.jwk` is the one before.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from joserfc.jwk import OKPKey

from plumbing.private_files import write_private

MAX_PUBLIC_KEYS = 2


class NoKey(LookupError):
    """Raised when a service has no key in the directory of keys."""


def make_service_keys(keys_dir: Path, services: Iterable[str]) -> None:
    """Makes the missing keys of the services, in files that only their owner can read.

    If all exist, nothing is written, so the directory may be read-only. Where the private key of
    events was removed, a new one is made; the public key of the former one stays beside the new.
    """
    keys_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    for service in services:
        _made(_nats_file(keys_dir, service))
        _publish(event_public_file(keys_dir, service), _made(_event_file(keys_dir, service)))


def nats_key(keys_dir: Path, service: str) -> OKPKey:
    """Reads the private key by which NATS knows a service. Raises NoKey if there is none."""
    return _read(_nats_file(keys_dir, service))


def nats_keys(keys_dir: Path, service: str) -> list[OKPKey]:
    """Reads the keys by which NATS lets a service in: the present one, and one that is replaced.

    Raises NoKey if there is no present one.
    """
    former = keys_dir / f"nats-{service}-former.jwk"
    return [nats_key(keys_dir, service), *([_read(former)] if former.exists() else [])]


def event_key(keys_dir: Path, service: str) -> OKPKey:
    """Reads the private key that signs the events of a service. Raises NoKey if there is none."""
    return _read(_event_file(keys_dir, service))


def event_public_keys(keys_dir: Path, service: str) -> list[OKPKey]:
    """Reads the public keys that verify the events of a service; none if there is no file."""
    file = event_public_file(keys_dir, service)
    return [*map(OKPKey.import_key, json.loads(file.read_text())["keys"])] if file.exists() else []


def event_public_file(keys_dir: Path, service: str) -> Path:
    """Returns the path of the file with the public keys of a service's events."""
    return keys_dir / f"events-{service}.jwks"


def _nats_file(keys_dir: Path, service: str) -> Path:
    return keys_dir / f"nats-{service}.jwk"


def _event_file(keys_dir: Path, service: str) -> Path:
    return keys_dir / f"events-{service}.jwk"


def _made(file: Path) -> OKPKey:
    if not file.exists():
        key = OKPKey.generate_key("Ed25519")
        write_private(file, json.dumps(key.as_dict(private=True)))
    return _read(file)


def _publish(file: Path, key: OKPKey) -> None:
    """Puts a public key first in the file, and drops all but the newest of the others."""
    known = json.loads(file.read_text())["keys"] if file.exists() else []
    present = key.as_dict(private=False)
    keys = [present, *(other for other in known if other["x"] != present["x"])][:MAX_PUBLIC_KEYS]
    if keys != known:
        write_private(file, json.dumps({"keys": keys}))


def _read(file: Path) -> OKPKey:
    try:
        return OKPKey.import_key(json.loads(file.read_text()))
    except FileNotFoundError as error:
        how = f"python -m services.registry.identity.keys makes the keys ({file.parent})"
        raise NoKey(f"There is no key {file.name}; {how}") from error
