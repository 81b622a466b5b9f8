"""The parts that a service receives at its start, and the assembly that it returns.

`Findings` and `Reconciled` are the results of the operators' checks.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import grpc
from nats.js import JetStreamContext

from plumbing.change import Changes
from plumbing.client import ServiceToken, open_channel
from plumbing.clock import Clock
from plumbing.database import Database
from plumbing.events.consumer import Consumer
from plumbing.events.inbox import EventHandler
from plumbing.events.signing import Signatures
from plumbing.events.subjects import Stream
from plumbing.metrics.figures import Look
from plumbing.pruning.daily import Prune
from plumbing.row_digests import plain
from plumbing.rpc import Policy, Register
from plumbing.settings import Settings
from protos.operations.v1 import operations_pb2 as pb

_AS_JSON = json.JSONEncoder(ensure_ascii=False).encode
_PLAIN = frozenset({str, int, bool, type(None)})


@dataclass
class Findings:
    """The result of checking a service: figures, digests of its rows, and the problems found."""

    figures: dict[str, int] = field(default_factory=dict)
    digests: list[pb.Digest] = field(default_factory=list)
    problems: list[pb.Problem] = field(default_factory=list)

    def hold(self, topic: str, rows: Iterable[Sequence[Any]]) -> None:
        """Adds the digest of a topic's rows to the findings."""
        self.digests.append(digest_of(topic, rows))

    def differ(self, name: str, object_: str, zh: str, en: str) -> None:
        """Adds a problem to the findings: data about `object_` that does not agree.

        `zh` and `en` are the messages.
        """
        self.problems.append(pb.Problem(name=name, object=object_, message_zh=zh, message_en=en))


@dataclass
class Reconciled:
    """The result of reconciling a service with Temporal.

    `started` lists the ids of the workflows that were started; `running` is the number of workflows
    that were already running.
    """

    started: list[str] = field(default_factory=list)
    running: int = 0


class RowsDigest:
    """A digest over the values of rows that does not depend on the order of the rows."""

    def __init__(self) -> None:
        self.count, self._total = 0, 0

    def add(self, row: Sequence[Any]) -> None:
        """Adds a row: its values, which are texts, numbers, days, moments or enum members."""
        text = _AS_JSON([value if type(value) in _PLAIN else plain(value) for value in row])
        self._total += int.from_bytes(sha256(text.encode()).digest()[:16])
        self.count += 1

    def message(self, topic: str) -> pb.Digest:
        """Returns the digest as a message about a topic."""
        digest = f"{self._total % 2**128:032x}"
        return pb.Digest(topic=topic, count=self.count, digest=digest)


def digest_of(topic: str, rows: Iterable[Sequence[Any]]) -> pb.Digest:
    """Returns a digest of rows that does not depend on their order."""
    digest = RowsDigest()
    for row in rows:
        digest.add(row)
    return digest.message(topic)


@dataclass(frozen=True)
class Parts:
    """The parts from which every service is built: settings, clock, database, event bus, token."""

    service: str
    settings: Settings
    clock: Clock
    database: Database
    changes: Changes
    js: JetStreamContext
    signatures: Signatures
    token: ServiceToken

    def consumer(
        self, name: str, stream: Stream, handlers: Sequence[EventHandler[Any]]
    ) -> Consumer:
        """Returns an event consumer of this service; `name` is unique on the platform."""
        return Consumer(name, stream, self.database, self.js, self.signatures, self.clock, handlers)

    def channel(self, service: str, on_behalf_of: str = "") -> grpc.aio.Channel:
        """Opens a gRPC channel to another service, with this service's own token.

        `on_behalf_of` is the account for which the calls are made.
        """
        return open_channel(
            self.settings.endpoint(service, caller=self.service),
            self.token,
            timeout=self.settings.call_timeout_seconds,
            on_behalf_of=on_behalf_of,
        )


async def _nothing_to_check() -> Findings:
    return Findings()


async def _nothing_to_reconcile() -> Reconciled:
    return Reconciled()


@dataclass(frozen=True)
class Assembly:
    """A service ready to run: RPCs, event consumers, background work, checks and metrics (`looks`).

    The functions in `background` run until the process ends; those in `prunes` run once a day.
    """

    rpc: Mapping[str, Register]
    policies: Sequence[Policy]
    consumers: Sequence[Consumer] = ()
    background: Sequence[Callable[[], Awaitable[None]]] = ()
    check: Callable[[], Awaitable[Findings]] = _nothing_to_check
    reconcile: Callable[[], Awaitable[Reconciled]] = _nothing_to_reconcile
    looks: Sequence[Look] = ()
    prunes: Sequence[Prune] = ()
