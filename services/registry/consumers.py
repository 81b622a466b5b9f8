"""The events that the registry handles: of its clock and results, of texts and of tellings."""

from __future__ import annotations

from typing import Any

from plumbing.change import applying
from plumbing.events.consumer import Consumer
from plumbing.events.envelope import Received
from plumbing.events.inbox import EventHandler
from plumbing.events.subjects import Stream
from plumbing.service import Parts
from protos.alerts.v1.events_pb2 import SubjectTold
from protos.grading.v1.events_pb2 import RulesetActivated
from protos.registry.v1.events_pb2 import ClockMoved, VerificationsRecorded
from services.registry.laboratories.following import verifications_recorded
from services.registry.publication.telling import subject_told
from services.registry.retention import activations
from services.registry.retention.timers import Timers


def consumers(parts: Parts, timers: Timers) -> list[Consumer]:
    """Returns one event consumer for each stream to which the registry listens."""

    async def clock_moved(_received: Received[ClockMoved]) -> None:
        await timers.clock_moved()  # the clock itself tells how far

    own: list[EventHandler[Any]] = [
        EventHandler(ClockMoved, react=clock_moved),
        EventHandler(
            VerificationsRecorded,
            apply=applying("registry", parts.clock, verifications_recorded),
            later=True,
        ),
    ]
    texts = [
        EventHandler(
            RulesetActivated, apply=applying("registry", parts.clock, activations.handle_activation)
        )
    ]
    told = [EventHandler(SubjectTold, apply=applying("registry", parts.clock, subject_told))]
    return [
        parts.consumer("registry-own", Stream.REGISTRY, own),
        parts.consumer("registry-grading", Stream.GRADING, texts),
        parts.consumer("registry-alerts", Stream.ALERTS, told),
    ]
