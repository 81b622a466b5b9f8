"""The first pass that stands puts an instrument into use that never was (C-19)."""

from __future__ import annotations

from collections.abc import Iterable

from law.colours.rule import InstrumentState, VerificationResult
from plumbing.change import Change
from services.registry.announce_changes import ENTERED, Cause, save_instruments
from services.registry.tables import Instrument, Verification


async def come_into_use(
    change: Change,
    instrument: Instrument,
    results: Iterable[Verification],
    cause: Cause = ENTERED,
) -> None:
    """Puts an instrument into use if one of these results does, which are saved already."""
    never_used = instrument.state is InstrumentState.SPARE and not instrument.spell
    passes = (one.result is VerificationResult.PASS and not one.set_aside for one in results)
    if never_used and any(passes):
        instrument.use(InstrumentState.IN_USE)
        await save_instruments(change, [instrument], cause)
