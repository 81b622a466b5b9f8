"""What stands in the way of restoring a thing, though nobody has changed the thing itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlmodel import col

from law.colours.rule import InstrumentState, VerificationResult
from law.errors import Fault
from plumbing.change import Change
from services.registry.imports.plan.plan import Held, Kind, fetch, standing
from services.registry.imports.plan.verifications import STATED
from services.registry.tables import Bureau, ImportedThing, Verification

Made = Mapping[Kind, Mapping[str, ImportedThing]]
PASSES = standing(Verification).where(col(Verification.result) == VerificationResult.PASS)


async def in_the_way(change: Change, made: Made) -> list[Fault]:
    """Every thing of a batch that cannot be as it was before, because of what came since."""
    before = {
        thing_id: thing.before
        for thing_id, thing in made[Kind.SUBJECT].items()
        if thing.before is not None
    }
    return await _bureaus_gone(change, before) + await _relied_on(change, made)


async def _bureaus_gone(change: Change, before: Mapping[str, Mapping[str, Any]]) -> list[Fault]:
    """Subjects that would go back to a bureau that is no more."""
    wanted = {was["bureau"] for was in before.values()}
    found = await fetch(change.session, standing(Bureau), col(Bureau.code), wanted)
    gone = wanted - {one["code"] for one in found}
    zh, en = "原监管机关已不存在", "its former bureau is no more"
    return [
        Fault(f"{Kind.SUBJECT}/{thing_id}", zh, en)
        for thing_id, was in before.items()
        if was["bureau"] in gone
    ]


async def _relied_on(change: Change, made: Made) -> list[Fault]:
    """Instruments the batch put into use, of which others have since recorded a pass.

    A pass puts an instrument that was never used into use (C-19). Where one that others recorded
    came first, the instrument was in use before the batch; so it came since, and relies on it.
    """
    put = [
        thing_id
        for thing_id, thing in made[Kind.INSTRUMENT].items()
        if thing.before is not None and _never_used(thing.before)
    ]
    own = made[Kind.VERIFICATION]
    passes = await fetch(change.session, PASSES, col(Verification.instrument_id), put)
    relying = {_instrument(one) for one in passes if one["verification_id"] not in own}
    # A state that another file gave is no consequence of any pass.
    elsewhere = STATED.where(col(ImportedThing.batch_id).not_in(_batches(made)))
    stated = await fetch(change.session, elsewhere, col(ImportedThing.thing_id), relying)
    zh = "此后登记的合格检定以其在用为前提"
    en = "a pass recorded since relies on its being in use"
    relying -= {one["thing_id"] for one in stated}
    return [Fault(f"{Kind.INSTRUMENT}/{thing_id}", zh, en) for thing_id in sorted(relying)]


def _never_used(before: Mapping[str, Any]) -> bool:
    return before["state"] == InstrumentState.SPARE and not before["spell"]


def _instrument(one: Held) -> str:
    return str(one["instrument_id"])


def _batches(made: Made) -> set[str]:
    return {thing.batch_id for some in made.values() for thing in some.values()}
