"""What follows events of the register that are stored, and mostly told another day."""

from __future__ import annotations

from plumbing.change import Change
from plumbing.events.envelope import Received
from protos.registry.v1 import events_pb2 as registry
from services.alerts import projection
from services.alerts.notices.unauthorised_orders import tell_of_endings, types_of


async def institutions_changed(
    change: Change, received: Received[registry.InstitutionsChanged]
) -> None:
    """Stores the verification institutions of the event with their mail addresses."""
    await projection.put_institutions(change, received.message.institutions)


async def calibration_due_changed(
    change: Change, received: Received[registry.CalibrationDueChanged]
) -> None:
    """Stores when an instrument is calibrated next: its owner's calendar shows it."""
    await projection.put_calibration_due(change, received.message)


async def endings_changed(change: Change, received: Received[registry.EndingsChanged]) -> None:
    """Stores on which day authorisations, laboratories and qualifications end.

    Owners and institutions hear of the orders that an authorisation does not outlast.
    """
    before = await types_of(change.session, received.message.endings)
    await projection.put_endings(change, received.message.endings)
    await change.session.flush()
    await tell_of_endings(change, received.message.endings, before)


async def permits_changed(change: Change, received: Received[registry.PermitsChanged]) -> None:
    """Stores on which day permits end."""
    await projection.put_permits(change, received.message.permits)
