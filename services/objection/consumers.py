"""Consumers of events: of its own cases, the register, the sandbox's clock, and deliveries."""

from __future__ import annotations

from typing import Any

from plumbing.calendars.editions import keeping
from plumbing.change import applying
from plumbing.events.consumer import Consumer
from plumbing.events.envelope import Received
from plumbing.events.inbox import EventHandler
from plumbing.events.subjects import Stream
from plumbing.service import Parts
from protos.alerts.v1.events_pb2 import CircularEntryEnded, CircularIssued, DeliveryEnded
from protos.objection.v1 import events_pb2 as own
from protos.registry.v1.events_pb2 import (
    CalendarEditionApplied,
    ClockMoved,
    PublicationsChanged,
    SubjectActed,
    SubjectsJoined,
)
from services.objection.clients import Clients
from services.objection.following import subject_acted, subjects_joined
from services.objection.marks import contest_accepted
from services.objection.publicity.withholding import publications_changed
from services.objection.sharings.circulars import circular_entry_ended, circular_issued
from services.objection.sharings.deliveries import delivery_ended
from services.objection.tables import AppliedEdition
from services.objection.timers import CaseWorkflows

# After each of these events the workflow of the case gets the new state of the case.
_CHANGES_OF_STATE = (
    own.ObjectionLodged,
    own.ExtensionDecided,
    own.ObjectionDecided,
    own.ObjectionDeclined,
    own.ObjectionWithdrawn,
    own.ObjectionSentBack,
    own.ObjectionSupplementRequested,
    own.ObjectionSupplemented,
    own.ReconsiderationLodged,
    own.ReconsiderationDecided,
    own.ReconsiderationDeclined,
    own.ReconsiderationWithdrawn,
    own.RepairLodged,
    own.RepairSupplementRequested,
    own.RepairSupplemented,
    own.RepairDeclined,
    own.RepairDecided,
    own.RepairWithdrawn,
)
# By these, people find the workflow; earlier releases passed them.
_CHANGES_OF_HANDS = (own.ExtensionRequested, own.CaseHandedOver)
# By these, the reminders of the last day of a mandate change.
_CHANGES_OF_MANDATES = (own.MandateRenewed, own.MandateChecked)
_ACCEPTED = (own.ObjectionAccepted, own.ReconsiderationAccepted)


def consumers(parts: Parts, clients: Clients, workflows: CaseWorkflows) -> list[Consumer]:
    """Returns the event consumers of objection, which start and signal workflows.

    A case that contests its records once it is accepted does so here.
    """

    async def update(received: Received[Any]) -> None:
        await workflows.update(received.message.case.case_id)

    async def try_again(received: Received[own.CaseRetried]) -> None:
        await workflows.try_again(received.message.case.case_id)

    async def move_clock(_received: Received[ClockMoved]) -> None:
        await workflows.move_clock()  # the clock itself tells how far

    async def accepted(received: Received[Any]) -> None:
        await contest_accepted(parts.database, clients, received.message.case.case_id)
        await update(received)

    on_cases: list[EventHandler[Any]] = [
        EventHandler(event, react=update) for event in _CHANGES_OF_STATE
    ]
    on_cases += [
        EventHandler(event, react=update, later=True)
        for event in (*_CHANGES_OF_HANDS, *_CHANGES_OF_MANDATES)
    ]
    on_cases += [EventHandler(event, react=accepted) for event in _ACCEPTED]
    on_cases += [EventHandler(own.CaseRetried, react=try_again, later=True)]
    on_register: list[EventHandler[Any]] = [
        EventHandler(ClockMoved, react=move_clock),
        EventHandler(
            CalendarEditionApplied,
            apply=applying("objection", parts.clock, keeping(AppliedEdition)),
            later=True,
        ),
        EventHandler(SubjectsJoined, apply=applying("objection", parts.clock, subjects_joined)),
        EventHandler(
            SubjectActed, apply=applying("objection", parts.clock, subject_acted), later=True
        ),
        EventHandler(
            PublicationsChanged,
            apply=applying("objection", parts.clock, publications_changed),
            later=True,
        ),
    ]
    return [
        parts.consumer("objection-own", Stream.OBJECTION, on_cases),
        parts.consumer("objection-registry", Stream.REGISTRY, on_register),
        parts.consumer("objection-alerts", Stream.ALERTS, _on_alerts(parts)),
    ]


def _on_alerts(parts: Parts) -> list[EventHandler[Any]]:
    """What became of mails to receivers, and whom circulars told of whom."""
    ended = applying("objection", parts.clock, circular_entry_ended)
    issued = applying("objection", parts.clock, circular_issued)
    return [
        EventHandler(DeliveryEnded, apply=applying("objection", parts.clock, delivery_ended)),
        EventHandler(CircularIssued, apply=issued, later=True),
        EventHandler(CircularEntryEnded, apply=ended, later=True),
    ]
