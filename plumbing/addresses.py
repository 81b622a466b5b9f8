"""Where the platform's services are and how they prove it, read from environment variables.

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
ISSUERS = ("objection", "alerts")  # the processes that write letters and serve LetterService
TERM_KEEPERS = ("registry", "objection", "alerts")  # that count terms in working days
CLIENT = "client"  # whose certificate a program shows that is none of the platform's processes
GRPC = "grpc"  # the name of the connections between clients and services in `QUANHENG_PLAINTEXT`


@dataclass(frozen=True)
class Endpoint:
    """A gRPC server, and the certificates by which it and its client know one another.

    `name` is the name that the server's certificate must have. `authorities` is a PEM file;
    without it the connection is not encrypted. The client shows `certificate` if the file exists.
    """

    address: str
    name: str = ""
    authorities: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


def endpoint_by_tls(address: str, name: str, tls_dir: Path, caller: str = CLIENT) -> Endpoint:
    """Returns a server that must have a certificate for `name` from the platform's authority.

    The client shows the certificate of `caller`.
    """
    certificate, key = tls_dir / f"{caller}.pem", tls_dir / f"{caller}.key"
    return Endpoint(address, name, tls_dir / "ca.pem", certificate, key)


def names_in(text: str) -> frozenset[str]:
    """Returns the names in a setting that separates them by commas."""
    return frozenset(name.strip() for name in text.split(",") if name.strip())


@dataclass(frozen=True)
class Addresses:
    """The host:port of each service's gRPC server, and the platform's directories.

    `tls_dir` has the certificates; it is None where other software encrypts. `elsewhere` is True
    when the environment sets the registry's address.
    """

    data_dir: Path
    keys_dir: Path
    tls_dir: Path | None
    by_service: Mapping[str, str]
    elsewhere: bool = False

    def address(self, service: str) -> str:
        """Returns host:port of a service's gRPC server."""
        return self.by_service[service]

    def endpoint(self, service: str) -> Endpoint:
        """Returns a service's gRPC server as the command line reaches it."""
        if self.tls_dir is None:
            return Endpoint(self.address(service))
        return endpoint_by_tls(self.address(service), service, self.tls_dir)


def addresses_of_environment(data_dir: Path | None = None) -> Addresses:
    """Returns the addresses set in the environment, with defaults for services without a variable.

    `data_dir` replaces the data directory set in the environment, unless it is None.
    """
    given = {name.upper(): value for name, value in os.environ.items() if value}
    data_dir = data_dir or Path(given.get(f"{PREFIX}DATA_DIR", DATA_DIR))
    plaintext = GRPC in names_in(given.get(f"{PREFIX}PLAINTEXT", ""))
    tls_dir = Path(given.get(f"{PREFIX}TLS_DIR", data_dir / "tls")).absolute()
    named = {service: given.get(f"{PREFIX}{service.upper()}_ADDRESS") for service in SERVICES}
    return Addresses(
        data_dir,
        Path(given.get(f"{PREFIX}KEYS_DIR", data_dir / "keys")).absolute(),
        None if plaintext else tls_dir,
        {service: named[service] or DEFAULTS[service] for service in SERVICES},
        elsewhere=named["registry"] is not None,
    )
