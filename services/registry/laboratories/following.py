"""Marks verifications once they are recorded, changed or removed: what the event tells of."""

from __future__ import annotations

from plumbing.change import Change
from plumbing.events.envelope import Received
from protos.registry.v1.events_pb2 import VerificationsRecorded
from services.registry.laboratories.marking import mark, marked


async def verifications_recorded(change: Change, received: Received[VerificationsRecorded]) -> None:
    """Marks the verifications of an event that name a laboratory, or have a mark already."""
    every = received.message.verifications
    named = {one.verification_id for one in every if one.worked_from and not one.removed}
    others = {one.verification_id for one in every} - named
    await mark(change, named | await marked(change, others))
