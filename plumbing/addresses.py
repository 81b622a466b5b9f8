"""The network addresses of the platform's services, read from environment variables for clients.

`plumbing.settings` reads the same variables but takes ten times as long to load. A test checks that
the two modules agree.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PREFIX = "QUANHENG_"
DATA_DIR = Path("quanheng-data")
DEFAULTS: Mapping[str, str] = {
    "registry": "127.0.0.1:7301",
    "grading": "127.0.0.1:7302",
    "objection": "127.0.0.1:7303",
    "alerts": "127.0.0.1:7304",
}
SERVICES = tuple(DEFAULTS)


@dataclass(frozen=True)
class Addresses:
    """The host:port of each service's gRPC server, and the data and keys directories.

    `elsewhere` is True when the environment sets the registry's address.
    """

    data_dir: Path
    keys_dir: Path
    by_service: Mapping[str, str]
    elsewhere: bool = False

    def address(self, service: str) -> str:
        """Returns host:port of a service's gRPC server."""
        return self.by_service[service]


def addresses_of_environment(data_dir: Path | None = None) -> Addresses:
    """Returns the addresses set in the environment, with defaults for services without a variable.

    `data_dir` replaces the data directory set in the environment, unless it is None.
    """
    given = {name.upper(): value for name, value in os.environ.items() if value}
    data_dir = data_dir or Path(given.get(f"{PREFIX}DATA_DIR", DATA_DIR))
    named = {service: given.get(f"{PREFIX}{service.upper()}_ADDRESS") for service in SERVICES}
    return Addresses(
        data_dir,
        Path(given.get(f"{PREFIX}KEYS_DIR", data_dir / "keys")).absolute(),
        {service: named[service] or DEFAULTS[service] for service in SERVICES},
        elsewhere=named["registry"] is not None,
    )
