"""After a repair, or with a broken seal, an instrument is to be verified again: S4 二(三); C-43.

The register notes it as a result of that day, as one that comes from an institution or a file; so
the colour, the alert and the follow-up come from the event of that result. A pass ends them, and
they come back if the pass turns out to be another one, or of an earlier day.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from uuid import uuid4

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.colours import parts
from law.colours.rule import InstrumentState, VerificationFact, VerificationResult
from law.upkeep import verify_again
from plumbing.change import Change
from plumbing.chunks import chunks
from services.registry.announce_changes import IDS_IN_QUERY, save_verifications
from services.registry.red_alerts import facts_of_several
from services.registry.sameness.finding import look
from services.registry.sameness.joining import severe_stands
from services.registry.sameness.places import of_result
from services.registry.tables import Instrument, Verification
from services.registry.upkeep.content import REPAIR
from services.registry.upkeep.tables import UpkeepEntry


async def demand_verification(change: Change, row: UpkeepEntry, instrument: Instrument) -> str:
    """Notes that an instrument is to be verified again after an entry, and announces it.

    Returns the id of the result that says so, also where a later pass has ended it already. It is
    empty if the entry asks for no verification. A pass of the same day comes after a repair, and
    after a broken seal that was noted before it (C-19: of a day the result recorded last governs).
    If the seal was noted after such a pass, a person decides, as of all different results of a day.
    """
    compulsory = not instrument.non_compulsory_ground
    if not verify_again(row.kind, instrument.type_code, row.done_on, compulsory=compulsory):
        return ""
    of_day = await _of_day(change, row)
    precedes = row.kind == REPAIR or not any(_passed(row, one) for one in of_day)
    noted = await _noted(change.session, row.instrument_id)
    for one in of_day:
        if one.verification_id in noted and (one.part, one.precedes) == (row.part, precedes):
            return one.verification_id
    result = Verification(
        verification_id=uuid4().hex,
        instrument_id=row.instrument_id,
        result=VerificationResult.REPAIRED,
        verified_on=row.done_on,
        institution="",
        method=f"维护和签封记录 {row.upkeep_id[:8]}",
        part=row.part,
        precedes=precedes,
    )
    change.session.add(result)
    await change.session.flush()
    aside = await severe_stands(change, row.instrument_id, {row.done_on})
    await save_verifications(change, [result, *(one for one in aside if one is not result)])
    await look(change, of_result(row.instrument_id, row.done_on))
    return result.verification_id


async def demand_omitted(change: Change, instrument_ids: Iterable[str]) -> list[str]:
    """Notes which instruments are to be verified again after entries that asked for none then.

    They were under no compulsory verification when the entries were noted, and are under it now
    (C-44). What was corrected meanwhile asks for none. Returns the ids of the entries.
    """
    demanded = []
    for ids in chunks(sorted(instrument_ids), IDS_IN_QUERY):
        omitted = (
            select(UpkeepEntry, Instrument)
            .join(Instrument, col(Instrument.instrument_id) == col(UpkeepEntry.instrument_id))
            .where(
                col(UpkeepEntry.instrument_id).in_(ids),
                UpkeepEntry.verification_id == "",
                UpkeepEntry.corrected_by == "",
                Instrument.non_compulsory_ground == "",
                sa.not_(col(Instrument.removed)),
            )
            .order_by(col(UpkeepEntry.done_on), col(UpkeepEntry.entered_at))
            .with_for_update()
        )
        for row, instrument in (await change.session.exec(omitted)).all():
            row.verification_id = await demand_verification(change, row, instrument)
            change.session.add(row)
            demanded += [row.upkeep_id] if row.verification_id else []
    await change.session.flush()
    return demanded


async def unpassed(
    session: AsyncSession, entries: Collection[tuple[UpkeepEntry, Instrument]]
) -> set[str]:
    """Returns the ids of the entries after which their instrument has not passed yet.

    After an entry about the whole instrument, each of its parts in use has to pass.
    """
    asking = [pair for pair in entries if pair[0].verification_id]
    facts = await facts_of_several(session, {row.instrument_id for row, _ in asking})
    return {
        row.upkeep_id
        for row, instrument in asking
        if not _passed_since(row, instrument, facts[row.instrument_id])
    }


def _passed_since(
    row: UpkeepEntry, instrument: Instrument, facts: Sequence[VerificationFact]
) -> bool:
    own = next((fact for fact in facts if fact.id == row.verification_id), None)
    if own and own.result is not VerificationResult.REPAIRED:
        return True  # a decided case has corrected it
    day = own.verified_on if own else row.done_on
    same_day = own is None or own.precedes  # where it does not stand, another one of its day does
    passes = [
        fact
        for fact in facts
        if fact.result is VerificationResult.PASS
        and (fact.verified_on > day or (same_day and fact.verified_on == day))
    ]
    names = [row.part] if row.part else _in_use(instrument, facts)
    return all(parts.concerning(name, passes) for name in names)


def _in_use(instrument: Instrument, facts: Sequence[VerificationFact]) -> Sequence[str]:
    """The parts of an instrument in use; of one without parts the whole."""
    names = parts.names_of(instrument.parts, facts)
    in_use = InstrumentState.IN_USE
    return [name for name in names if parts.state_of(name, instrument.parts) is in_use] or [""]


async def _of_day(change: Change, row: UpkeepEntry) -> Sequence[Verification]:
    """The results of the instrument on the day of an entry."""
    rows = select(Verification).where(
        Verification.instrument_id == row.instrument_id,
        Verification.verified_on == row.done_on,
        sa.not_(col(Verification.removed)),
    )
    return (await change.session.exec(rows)).all()


def _passed(row: UpkeepEntry, result: Verification) -> bool:
    return result.result is VerificationResult.PASS and parts.overlap(result.part, row.part)


async def _noted(session: AsyncSession, instrument_id: str) -> set[str]:
    """The results that entries of an instrument brought about."""
    named = select(UpkeepEntry.verification_id).where(UpkeepEntry.instrument_id == instrument_id)
    return set((await session.exec(named)).all())
