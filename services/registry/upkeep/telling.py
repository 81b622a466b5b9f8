"""Announces what an owner notes of which its bureau hears: a repair, or a broken seal."""

from __future__ import annotations

from law.upkeep import kind_of
from plumbing.change import Change
from plumbing.identity import Role
from protos.registry.v1 import events_pb2 as events
from services.registry.tables import Instrument
from services.registry.upkeep.tables import UpkeepEntry


async def tell_bureau(
    change: Change, row: UpkeepEntry, instrument: Instrument, corrected: UpkeepEntry | None
) -> None:
    """Announces an entry of a kind that asks for a verification (S2 附件2-13; S4 二(三)).

    The correction of such an entry is no news; one to another kind takes it back. What a bureau
    itself notes is none to it.
    """
    told_before = corrected is not None and _is_told(corrected.kind)
    if told_before == _is_told(row.kind):
        return
    if not (told_before or change.caller.has(Role.OPERATOR)):
        return
    told = await _told(change, corrected) if corrected is not None and told_before else row
    event = events.UpkeepNoted(
        upkeep_id=told.upkeep_id,
        instrument_id=told.instrument_id,
        kind=told.kind,
        done_on=told.done_on.isoformat(),
        taken_back=told_before,
    )
    owner = f"subject/{instrument.subject_id}"
    await change.announce(event, aggregate=owner, bureau=instrument.bureau)


async def _told(change: Change, entry: UpkeepEntry) -> UpkeepEntry:
    """The entry by which the bureau heard of what `entry`, at the end of corrections, says."""
    while entry.corrects:
        former = await change.session.get_one(UpkeepEntry, entry.corrects)
        if not _is_told(former.kind):
            break
        entry = former
    return entry


def _is_told(kind: str) -> bool:
    known = kind_of(kind)
    return known is not None and known.value.verify_again
