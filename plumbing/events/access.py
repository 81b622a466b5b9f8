"""Who may do what on NATS: a user for each service, with the least that the service needs (D-17).

Nobody else has a user: people, the command line and the portal use no NATS.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from plumbing.addresses import SERVICES
from plumbing.events.credentials import Credentials, inbox_of
from plumbing.events.subjects import (
    KEEPS_DEAD_LETTERS,
    SUBJECTS,
    Stream,
    dead_letter_subject,
    stream_of,
    unsigned_subject,
)
from plumbing.service_keys import nats_keys

# The durable consumers of each service, with the stream that each reads.
CONSUMERS: Mapping[str, Mapping[str, Stream]] = {
    "registry": {
        "registry-own": Stream.REGISTRY,
        "registry-grading": Stream.GRADING,
        "registry-alerts": Stream.ALERTS,
    },
    "grading": {"grading-registry": Stream.REGISTRY},
    "objection": {
        "objection-own": Stream.OBJECTION,
        "objection-registry": Stream.REGISTRY,
        "objection-alerts": Stream.ALERTS,
    },
    "alerts": {
        "alerts-registry": Stream.REGISTRY,
        "alerts-grading": Stream.GRADING,
        "alerts-objection": Stream.OBJECTION,
        "alerts-deliveries": Stream.ALERTS,
        "alerts-escalations": Stream.ALERTS,
        "alerts-given-up": Stream.DEAD_LETTERS,
    },
}
_API = "$JS.API"


def authorization_of(keys_dir: Path) -> str:
    """Returns the section `authorization` for a directory with the keys of all services.

    Raises NoKey if one of them has none.
    """
    return authorization(chain(*(users(keys_dir, service) for service in SERVICES)))


def authorization(entries: Iterable[dict[str, Any]]) -> str:
    """Returns the section `authorization` of a NATS server's configuration, with these users."""
    return f'"authorization": {json.dumps({"users": [*entries]}, indent=2)}\n'


def users(keys_dir: Path, service: str) -> list[dict[str, Any]]:
    """Returns an entry for each key by which the server lets a service in: two during a change.

    Raises NoKey if it has none.
    """
    return [user(Credentials(service, key)) for key in nats_keys(keys_dir, service)]


def user(credentials: Credentials) -> dict[str, Any]:
    """Returns the entry of a service in the configuration of the server."""
    allowed = {
        "publish": {"allow": list(_publishes(credentials.name))},
        "subscribe": {"allow": [f"{inbox_of(credentials.name)}.>"]},
    }
    return {"nkey": credentials.nkey, "permissions": allowed}


def _publishes(service: str) -> Iterator[str]:
    """What a service may publish; a request to JetStream is published too."""
    own, consumers = stream_of(service), CONSUMERS[service]
    yield SUBJECTS[own]
    yield f"{_API}.INFO"
    yield f"{_API}.STREAM.CREATE.{Stream.DEAD_LETTERS}"
    if service == KEEPS_DEAD_LETTERS:
        yield f"{_API}.STREAM.UPDATE.{Stream.DEAD_LETTERS}"
    for act in ("CREATE", "UPDATE", "PURGE"):
        yield f"{_API}.STREAM.{act}.{own}"
    for stream in sorted({own, Stream.DEAD_LETTERS, *consumers.values()}):
        yield f"{_API}.STREAM.INFO.{stream}"
        yield f"{_API}.STREAM.MSG.GET.{stream}"
        yield f"{_API}.CONSUMER.LIST.{stream}"
    yield f"{_API}.STREAM.MSG.DELETE.{Stream.DEAD_LETTERS}"
    for name, stream in consumers.items():
        yield from (f"{_API}.CONSUMER.{act}.{stream}.{name}" for act in _OF_A_CONSUMER)
        yield f"$JS.ACK.{stream}.{name}.>"
        yield from (dead_letter_subject(name), unsigned_subject(name))


_OF_A_CONSUMER = ("DURABLE.CREATE", "DELETE", "INFO", "MSG.NEXT")
