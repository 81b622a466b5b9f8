"""Joins instruments that are one, lets a result of a day stand, withdraws a record told twice.

Joining is a change of content: whatever belongs to the instrument that goes belongs to the one that
stays, and its old id leads there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date

import sqlalchemy as sa
from sqlmodel import col, select

from law.colours.parts import overlap
from law.colours.rule import InstrumentState, VerificationFact, VerificationResult
from law.identity.verifications import milder
from plumbing.change import Change
from protos.registry.v1 import events_pb2 as events
from services.registry.announce_changes import Cause, save_instruments, save_verifications
from services.registry.calibrations.following import join_calibrations
from services.registry.coming_into_use import come_into_use
from services.registry.commands import records
from services.registry.orders.completing import complete
from services.registry.orders.following import join_orders, withdraw_of_scrapped
from services.registry.photographs.commands import join_photographs
from services.registry.questions.following import follow_records, join_questions
from services.registry.red_alerts import fact_of, facts_of, is_red
from services.registry.sameness import aliases, places
from services.registry.sameness.finding import look, look_anew
from services.registry.tables import Instrument, Record, Verification
from services.registry.upkeep.joining import join_upkeep

# What the instrument that stays takes from another where it has nothing.
COMPLETED = (
    *("model", "manufacturer", "location", "rotate_on", "parts", "maker_code"),
    *("owner_no", "measuring_range", "accuracy_class"),
)


async def join_instruments(
    change: Change, kept: Instrument, joined: Sequence[Instrument], ground: str
) -> None:
    """Joins instruments to the one that stays, which takes their verifications.

    Of different results that now fall on one day, the severe one stands until somebody has looked.
    """
    before, cause = kept.model_dump(mode="json"), Cause(events.CAUSE_JOINED, ground)
    taken = await _verifications(change, [one.instrument_id for one in joined])
    former = {one.verification_id: one.instrument_id for one in taken}
    for one in taken:
        one.instrument_id = kept.instrument_id
    for gone in joined:
        gone.removed = True
    await change.session.flush()  # only one present instrument may have a maker's code
    for gone in joined:
        _complete(kept, gone)
        own = [key for key, owner in former.items() if owner == gone.instrument_id]
        await aliases.lead(
            *(change, aliases.INSTRUMENT, gone.instrument_id, kept.instrument_id),
            moved={"verifications": own},
        )
    aside = await severe_stands(change, kept.instrument_id, {one.verified_on for one in taken})
    await save_verifications(change, [*taken, *(one for one in aside if one not in taken)], cause)
    await save_instruments(change, [kept, *joined], cause)
    ids = [one.instrument_id for one in joined]
    orders = await join_orders(change, kept, ids, ground)
    await complete(change, col(Verification.instrument_id) == kept.instrument_id)
    await withdraw_of_scrapped(change, col(Instrument.instrument_id) == kept.instrument_id)
    calibrations = await join_calibrations(change, kept.instrument_id, ids)
    photographs = await join_photographs(change, kept.instrument_id, ids)
    await join_questions(change, kept.instrument_id, ids)
    upkeep = await join_upkeep(change, kept.instrument_id, ids)
    change.audit(
        "join_instruments",
        f"instrument/{kept.instrument_id}",
        before=before,
        after=kept.model_dump(mode="json")
        | {
            "joined": former,
            "orders": orders,
            "calibrations": calibrations,
            "photographs": photographs,
            "upkeep": upkeep,
        },
        ground=ground,
    )
    for day in {one.verified_on for one in taken}:
        await look(change, places.of_result(kept.instrument_id, day))


async def _verifications(change: Change, ids: Sequence[str]) -> Sequence[Verification]:
    rows = select(Verification).where(
        col(Verification.instrument_id).in_(ids), sa.not_(col(Verification.removed))
    )
    return (await change.session.exec(rows.with_for_update())).all()


def _complete(kept: Instrument, joined: Instrument) -> None:
    for name in COMPLETED:
        setattr(kept, name, getattr(kept, name) or getattr(joined, name))
    if kept.state is InstrumentState.SPARE and not kept.spell:
        kept.use(joined.state)


async def severe_stands(
    change: Change, instrument_id: str, days: Iterable[date], *, anew: bool = False
) -> list[Verification]:
    """Sets aside the milder results of days that have different ones; returns what changed.

    With `anew`, as if nobody had chosen: what is milder than no other one stands again.
    """
    changed = []
    rows = await _verifications(change, [instrument_id])
    for day in days:
        of_day = [one for one in rows if one.verified_on == day]
        values = [one.model_dump() for one in of_day]
        for one, own in zip(of_day, values, strict=True):
            mild = milder(own, values)
            if one.set_aside is not mild and (mild or anew):
                one.set_aside = mild
                changed.append(one)
    return changed


async def stand_anew(
    change: Change, instrument_id: str, days: Collection[date]
) -> list[Verification]:
    """Settles which results of some days stand, as if nobody had chosen; returns what changed.

    The severe one stands, and where there still are different ones, the day is to be looked at.
    """
    changed = await severe_stands(change, instrument_id, days, anew=True)
    for day in days:
        await look_anew(change, places.of_result(instrument_id, day))
    return changed


async def joining_ends_red(change: Change, kept: Instrument, joined: Sequence[Instrument]) -> bool:
    """Returns whether a red instrument would be red no more because it is joined to another."""
    facts: list[VerificationFact] = []
    was_red = False
    for one in (kept, *joined):
        own = await facts_of(change, one.instrument_id)
        was_red = was_red or is_red(one.model_dump(), own, change.today)
        facts += own
    facts.sort(key=lambda fact: (fact.verified_on, fact.result is not VerificationResult.PASS))
    after = Instrument.model_validate(kept.model_dump())
    for one in joined:
        _complete(after, one)
    return was_red and not is_red(after.model_dump(), facts, change.today)


async def let_stand(change: Change, day: Sequence[Verification], stands: str, ground: str) -> None:
    """Lets one result of a day stand; others of the day for the same part decide no colour.

    What it shares no part with stays as it is, but for what only the others had set aside.
    """
    standing = _standing(day, stands)
    changed = [one for one in day if one.set_aside is (one.verification_id in standing)]
    before = {one.verification_id: one.set_aside for one in changed}
    for one in changed:
        one.set_aside = not one.set_aside
    cause, instrument_id = Cause(events.CAUSE_JOINED, ground), day[0].instrument_id
    instrument = await change.session.get_one(Instrument, instrument_id, with_for_update=True)
    if changed:
        await save_verifications(change, changed, cause)
        await come_into_use(change, instrument, changed, cause)
    change.audit(
        "let_stand",
        f"verification/{stands}",
        before={"set_aside": before},
        after={
            "set_aside": {key: not value for key, value in before.items()},
            "instrument_state": instrument.state.value,
        },
        ground=ground,
    )


async def standing_ends_red(change: Change, day: Sequence[Verification], stands: str) -> bool:
    """Returns whether a red instrument would be red no more if this result of the day stands."""
    instrument = await change.session.get_one(Instrument, day[0].instrument_id)
    present = await facts_of(change, instrument.instrument_id)
    own, standing = {one.verification_id for one in day}, _standing(day, stands)
    others = [fact for fact in present if fact.id not in own]
    then = [fact_of(one) for one in day if one.verification_id in standing]
    after = sorted([*others, *then], key=lambda fact: fact.verified_on)
    values = instrument.model_dump()
    return is_red(values, present, change.today) and not is_red(values, after, change.today)


def _standing(day: Sequence[Verification], stands: str) -> set[str]:
    """The ids of the verifications of a day that decide a colour if one of them is chosen to.

    Those that concern the same part as the chosen one do not. Of the rest the severe ones stand. A
    pending one changes nothing, nor does one that precedes the others, which no choice ends.
    """
    [chosen] = [one for one in day if one.verification_id == stands]
    rest = [one for one in day if one is chosen or not overlap(one.part, chosen.part)]
    values = [one.model_dump() for one in rest]
    standing = {one.verification_id for one in rest if not milder(one.model_dump(), values)}
    beside = {
        one.verification_id
        for one in day
        if one.result is VerificationResult.PENDING or one.precedes
    }
    return {stands} | standing | beside


async def withdraw_repeated(
    change: Change, kept: Record, joined: Sequence[Record], ground: str
) -> None:
    """Withdraws records that tell of the fact of another one, which stays."""
    for one in joined:
        await records.withdraw_released(change, one, f"与 {kept.source_ref} 为同一事实：{ground}")
    await follow_records(change, {one.record_id: kept.record_id for one in joined})
