"""Where the services of a platform answer: all of the settings that a client needs.

It reads the same variables of the environment as `plumbing.settings`, which takes ten times as
long to load; a test keeps the two alike.
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
    """host:port of the gRPC server of each service, and the directories of the platform.

    `elsewhere` is true when the environment names the registry's address.
    """

    data_dir: Path
    keys_dir: Path
    by_service: Mapping[str, str]
    elsewhere: bool = False

    def address(self, service: str) -> str:
        """host:port of a service's gRPC server."""
        return self.by_service[service]


def addresses_of_environment(data_dir: Path | None = None) -> Addresses:
    """The addresses in the environment, with defaults for those that are missing.

    A directory that is passed is used instead of the one in the environment.
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
