"""After a repair, or with a broken seal, an instrument is to be verified again: S4 二(三); C-43.

The register notes it as a result of that day, as one that comes from an institution or a file; so
the colour, the alert and the follow-up come from the event of that result, and a pass ends them.
"""

from __future__ import annotations

from uuid import uuid4

import sqlalchemy as sa
from sqlmodel import col, select

from law.colours.parts import overlap
from law.colours.rule import VerificationResult
from law.upkeep import verify_again
from plumbing.change import Change
from services.registry.announce_changes import save_verifications
from services.registry.sameness.finding import look
from services.registry.sameness.joining import severe_stands
from services.registry.sameness.places import of_result
from services.registry.tables import Instrument, Verification
from services.registry.upkeep.content import REPAIR
from services.registry.upkeep.tables import UpkeepEntry


async def demand_verification(change: Change, row: UpkeepEntry, instrument: Instrument) -> str:
    """Notes that an instrument is to be verified again after an entry, and announces it.

    Returns the id of the result that says so. It is empty if the entry asks for no verification,
    or the instrument has passed since. A pass of the same day comes after a repair; whether it came
    after a seal broke, a person decides, as of all different results of a day.
    """
    compulsory = not instrument.non_compulsory_ground
    if not verify_again(row.kind, instrument.type_code, compulsory=compulsory):
        return ""
    later = [one for one in await _later(change, row) if overlap(one.part, row.part)]
    if any(_passed_since(row, one) for one in later):
        return ""
    same = [one for one in later if _says_the_same(row, one)]
    if same:
        return same[0].verification_id
    result = Verification(
        verification_id=uuid4().hex,
        instrument_id=row.instrument_id,
        result=VerificationResult.REPAIRED,
        verified_on=row.done_on,
        institution="",
        method=f"维护和签封记录 {row.upkeep_id[:8]}",
        part=row.part,
    )
    change.session.add(result)
    await change.session.flush()
    aside = await severe_stands(change, row.instrument_id, {row.done_on})
    await save_verifications(change, [result, *(one for one in aside if one is not result)])
    await look(change, of_result(row.instrument_id, row.done_on))
    return result.verification_id


async def _later(change: Change, row: UpkeepEntry) -> list[Verification]:
    """The results of the instrument on the day of an entry or later."""
    rows = select(Verification).where(
        Verification.instrument_id == row.instrument_id,
        col(Verification.verified_on) >= row.done_on,
        sa.not_(sa.or_(col(Verification.removed), col(Verification.set_aside))),
    )
    return list((await change.session.exec(rows)).all())


def _passed_since(row: UpkeepEntry, result: Verification) -> bool:
    after = result.verified_on > row.done_on or row.kind == REPAIR
    # A pass of another nozzle says nothing of the whole instrument.
    whole = not result.part or result.part == row.part
    return result.result is VerificationResult.PASS and after and whole


def _says_the_same(row: UpkeepEntry, result: Verification) -> bool:
    repaired = result.result is VerificationResult.REPAIRED
    return repaired and (result.verified_on, result.part) == (row.done_on, row.part)
