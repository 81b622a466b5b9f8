"""The registry's events that grading handles: subjects, records, publications, clock moves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from nats.js import JetStreamContext

from plumbing.change import Change, applying
from plumbing.clock import Clock
from plumbing.database import Database
from plumbing.events.consumer import Consumer
from plumbing.events.envelope import Received
from plumbing.events.inbox import EventHandler
from plumbing.events.signing import Signatures
from plumbing.events.subjects import Stream
from protos.registry.v1.events_pb2 import (
    ClockMoved,
    PublicationsChanged,
    RecordsChanged,
    SubjectsChanged,
)
from services.grading import commands

NAME = "grading-registry"


def registry_consumer(
    database: Database,
    js: JetStreamContext,
    signatures: Signatures,
    clock: Clock,
    move_clock: Callable[[], Awaitable[None]],
) -> Consumer:
    """Returns the consumer that handles the registry's events.

    When the clock was moved, it calls `move_clock`, which signals the clock's present offset to the
    workflow `regrade/daily`.
    """

    async def clock_moved(_received: Received[ClockMoved]) -> None:
        await move_clock()

    handlers: list[EventHandler[Any]] = [
        EventHandler(SubjectsChanged, apply=applying("grading", clock, _subjects_changed)),
        EventHandler(RecordsChanged, apply=applying("grading", clock, _records_changed)),
        EventHandler(PublicationsChanged, apply=applying("grading", clock, _publications_changed)),
        EventHandler(ClockMoved, react=clock_moved),
    ]
    return Consumer(NAME, Stream.REGISTRY, database, js, signatures, clock, handlers)


async def _subjects_changed(change: Change, received: Received[SubjectsChanged]) -> None:
    await commands.apply_subjects(change, received.message)


async def _records_changed(change: Change, received: Received[RecordsChanged]) -> None:
    await commands.apply_records(change, received.message)


async def _publications_changed(change: Change, received: Received[PublicationsChanged]) -> None:
    await commands.apply_publications(change, received.message)
