"""What this service hears: its own cases, and the sandbox's clock."""

from __future__ import annotations

from typing import Any

from plumbing.events.consumer import Consumer
from plumbing.events.envelope import Received
from plumbing.events.inbox import EventHandler
from plumbing.events.subjects import Stream
from plumbing.service import Parts
from protos.objection.v1 import events_pb2 as own
from protos.registry.v1.events_pb2 import ClockMoved
from services.objection.timers import CaseWorkflows

# After each of these the workflow has something new to know.
_TELLING = (
    own.ObjectionLodged,
    own.ObjectionAccepted,
    own.ExtensionDecided,
    own.ObjectionDecided,
    own.ObjectionDeclined,
    own.ObjectionWithdrawn,
    own.RepairLodged,
    own.RepairDeclined,
    own.RepairDecided,
    own.RepairWithdrawn,
)


def consumers(parts: Parts, timers: CaseWorkflows) -> list[Consumer]:
    """The consumers of this service; all they do is tell Temporal."""

    async def tell(received: Received[Any]) -> None:
        await timers.push(received.message.case.case_id)

    async def tell_clock(received: Received[ClockMoved]) -> None:
        await timers.move_clock(received.message.offset_seconds)

    on_cases: list[EventHandler[Any]] = [EventHandler(event, react=tell) for event in _TELLING]
    on_clock: list[EventHandler[Any]] = [EventHandler(ClockMoved, react=tell_clock)]
    return [
        Consumer(
            "objection-own", Stream.OBJECTION, parts.database, parts.js, parts.clock, on_cases
        ),
        Consumer(
            "objection-registry", Stream.REGISTRY, parts.database, parts.js, parts.clock, on_clock
        ),
    ]
