"""`python -m services.registry.identity.keys DIR`: makes keys and certificates for each service.

On one machine the registry makes the keys on its first start. Where each service runs in a
container of its own, the container gets one of these folders, read-only. DIR/registry has the key
that signs tokens and every service's secret; DIR/<service> has the public key and its own secret.
A service alone gets its keys for NATS, for events and for its workflows; each gets the public keys
of all events. DIR/<service>/tls has the certificate of a service, DIR/<service>/engines the same
one under the names by which clients of NATS, Temporal and PostgreSQL look for it. DIR/postgresql,
DIR/nats and DIR/temporal have the certificates of these servers, DIR/nats also who is let in there.
DIR/authority has the certificate of the authority, which anybody may see; the key with which it
signs stays in DIR/tls. Existing keys are not replaced by new ones;
certificates are renewed when little of their life is left.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from plumbing import certificates
from plumbing.addresses import CLIENT
from plumbing.channel_keys import make_channel_key
from plumbing.checkpoints.keys import make_signing_keys, signing_key_file
from plumbing.clock import SystemClock
from plumbing.events.access import authorization, users
from plumbing.private_files import service_secret_file, write_private
from plumbing.service_keys import event_public_file, make_service_keys
from plumbing.settings import CALLERS, SERVICES
from plumbing.token_keys import PRESENT, TRUSTED
from plumbing.tokens import make_keys
from plumbing.workflow_seals import make_key as make_workflow_key
from services.registry.identity.first_start import first_password
from services.registry.identity.vault import make_key

REGISTRY, NATS, TEMPORAL, AUTHORITY = "registry", "nats", "temporal", "authority"
# The servers beside the platform, each with a certificate for the name it has in compose.yaml.
ENGINES = ("postgresql", NATS, TEMPORAL)
# Temporal's image runs as a user of its own, whom compose.yaml adds to the group of the keys. The
# other two begin as root.
_FOR_THE_GROUP = {TEMPORAL: (0o750, 0o640)}


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
    make_channel_key(directory / "alerts")
    _hand_out_certificates(directory)


def _hand_out_certificates(directory: Path) -> None:
    """Gives each process and each engine its certificate, and clients theirs for the engines."""
    made = directory / "tls"
    certificates.provide(made, SystemClock(), (*certificates.HOLDERS, *ENGINES))
    for service in CALLERS:
        # The command line is run in the container of the registry.
        names = (service, CLIENT) if service == REGISTRY else (service,)
        _copy_certificates(made, directory / service / "tls", names)
        _copy_certificates(made, directory / service / "engines", [service], called=CLIENT)
    _copy_certificates(made, directory / AUTHORITY, ())
    for engine in ENGINES:
        folder = directory / engine
        _copy_certificates(made, folder, [engine])
        if modes := _FOR_THE_GROUP.get(engine):
            folder.chmod(modes[0])
            for file in folder.iterdir():
                file.chmod(modes[1])


def _hand_out_for_events(directory: Path) -> None:
    """Makes the keys of each service in its own folder, and copies what others may read of them."""
    known = []
    for service in SERVICES:
        own = directory / service
        make_service_keys(own, [service])
        known += users(own, service)
        public = event_public_file(own, service)
        for other in set(SERVICES) - {service}:
            write_private(directory / other / public.name, public.read_text())
    nats = directory / NATS
    nats.mkdir(mode=0o700, exist_ok=True)
    write_private(nats / "authorization.conf", authorization(known))


def _copy(made: Path, folder: Path, service: str) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    files = [made / PRESENT, made / TRUSTED, service_secret_file(made, service)]
    if service in SERVICES:  # the portal has no audit chain
        files.append(signing_key_file(made, service))
    for file in files:
        write_private(folder / file.name, file.read_text())


def _copy_certificates(made: Path, folder: Path, names: Iterable[str], called: str = "") -> None:
    """Copies certificates and their authority, under their own names or under `called`."""
    folder.mkdir(mode=0o700, exist_ok=True)
    write_private(folder / certificates.CA, (made / certificates.CA).read_text())
    for name in names:
        for kind in ("key", "pem"):
            text = (made / f"{name}.{kind}").read_text()
            write_private(folder / f"{called or name}.{kind}", text)


if __name__ == "__main__":
    hand_out(Path(sys.argv[1]))
