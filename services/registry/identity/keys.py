"""`python -m services.registry.identity.keys DIR`: makes a folder of keys for each service.

On one machine the registry makes the keys on its first start. Where each service runs in a
container of its own, the container gets one of these folders, read-only: DIR/registry has every
key, DIR/<service> has the public key and the secret of that service. Existing keys are not replaced
by new ones.
"""

from __future__ import annotations

import sys
from pathlib import Path

from plumbing.private_files import service_secret_file, write_private
from plumbing.settings import CALLERS
from plumbing.tokens import make_keys
from services.registry.identity.first_start import first_password
from services.registry.identity.vault import make_key

REGISTRY = "registry"


def hand_out(directory: Path) -> None:
    """Makes a folder for each service with only the keys that this service may read."""
    made = directory / REGISTRY
    make_keys(made, CALLERS)
    first_password(made)
    make_key(made)
    for service in CALLERS:
        if service != REGISTRY:
            _copy(made, directory / service, service)


def _copy(made: Path, folder: Path, service: str) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    for file in (made / "public.jwk", service_secret_file(made, service)):
        write_private(folder / file.name, file.read_text())


if __name__ == "__main__":
    hand_out(Path(sys.argv[1]))
