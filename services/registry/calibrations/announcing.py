"""Announces what becomes of certificates of calibration: who confirms them hears of it."""

from __future__ import annotations

from plumbing.change import Change
from protos.registry.v1 import events_pb2 as events
from services.registry.calibrations.tables import Dcc, DccState


async def announce_dcc(change: Change, row: Dcc) -> None:
    """Announces a certificate in its present state."""
    said = row.reading["certificate"]
    event = events.DccChanged(
        dcc_id=row.dcc_id,
        institution=row.institution,
        bureau=row.bureau,
        state=row.state.value,
        certificate_no=said["certificate_no"],
        laboratory=said["laboratory"],
        version=row.version,
    )
    await change.announce(event, aggregate=f"dcc/{row.dcc_id}", bureau=row.bureau)


async def move_dcc(change: Change, row: Dcc, state: DccState) -> None:
    """Takes a certificate to a state and announces it; does nothing if it is in it already."""
    if row.state is not state:
        row.state = state
        row.version += 1
        await announce_dcc(change, row)
