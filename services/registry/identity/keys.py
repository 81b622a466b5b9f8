"""`python -m services.registry.identity.keys DIR`: makes keys and certificates for each service.

On one machine the registry makes the keys on its first start. Where each service runs in a
container of its own, the container gets one of these folders, read-only. DIR/registry has the key
that signs tokens and every service's secret; DIR/<service> has the public key and its own secret.
A service alone gets its keys for NATS, for events and for its workflows; each gets the public keys
of all events. DIR/nats has what the configuration of the NATS server includes. DIR/<service>/tls
has the certificate of a service; the authority that signs them stays in DIR/tls. Existing keys are
not replaced by new ones; certificates are renewed when little of their life is left.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from plumbing import certificates
from plumbing.addresses import CLIENT
from plumbing.checkpoints.keys import make_signing_keys, signing_key_file
from plumbing.clock import SystemClock
from plumbing.events.access import authorization, user
from plumbing.events.credentials import Credentials
from plumbing.private_files import service_secret_file, write_private
from plumbing.service_keys import event_public_file, make_service_keys
from plumbing.settings import CALLERS, SERVICES
from plumbing.tokens import make_keys
from plumbing.workflow_seals import make_key as make_workflow_key
from services.registry.identity.first_start import first_password
from services.registry.identity.vault import make_key

REGISTRY, NATS = "registry", "nats"


def hand_out(directory: Path) -> None:
    """Makes a folder for each service with only the keys and certificates that it may read."""
    made = directory / REGISTRY
    make_keys(made, CALLERS)
    first_password(made)
    make_key(made)
    make_signing_keys(made)
    for service in CALLERS:
        if service != REGISTRY:
            _copy(made, directory / service, service)
    _hand_out_for_events(directory)
    for service in SERVICES:
        make_workflow_key(directory / service, service)
    certificates.provide(directory / "tls", SystemClock())
    for service in CALLERS:
        # The command line is run in the container of the registry.
        names = (service, CLIENT) if service == REGISTRY else (service,)
        _copy_certificates(directory / "tls", directory / service / "tls", names)


def _hand_out_for_events(directory: Path) -> None:
    """Makes the keys of each service in its own folder, and copies what others may read of them."""
    users = []
    for service in SERVICES:
        own = directory / service
        make_service_keys(own, [service])
        users.append(user(Credentials.of(own, service)))
        public = event_public_file(own, service)
        for other in set(SERVICES) - {service}:
            write_private(directory / other / public.name, public.read_text())
    nats = directory / NATS
    nats.mkdir(mode=0o700, exist_ok=True)
    write_private(nats / "authorization.conf", authorization(users))


def _copy(made: Path, folder: Path, service: str) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    files = [made / "public.jwk", service_secret_file(made, service)]
    if service in SERVICES:  # the portal has no audit chain
        files.append(signing_key_file(made, service))
    for file in files:
        write_private(folder / file.name, file.read_text())


def _copy_certificates(made: Path, folder: Path, names: Iterable[str]) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    files = [f"{name}.{kind}" for name in names for kind in ("key", "pem")]
    for file in (certificates.CA, *files):
        write_private(folder / file, (made / file).read_text())


if __name__ == "__main__":
    hand_out(Path(sys.argv[1]))
