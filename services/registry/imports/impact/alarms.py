"""Counts the instruments for which a plan would cause a new alert, or end a red one.

The colours are computed by the law's own rule, from the rows of the register and the planned rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from sqlmodel import col

from law.colours.basis import Basis, colour_basis
from law.colours.rule import Colour, InstrumentState, VerificationFact, VerificationResult
from services.registry.imports.plan.plan import (
    Context,
    Kind,
    Plan,
    RegisterRow,
    every_row,
    fetch,
    present_rows,
)
from services.registry.red_alerts import exempts
from services.registry.tables import Instrument, Verification


class Alarm(NamedTuple):
    """The key of an alert (spell, governing verification, colour), and the basis of its colour."""

    spell: int
    governing_id: str
    colour: Colour
    basis: Basis


BLANK = {
    "state": InstrumentState.SPARE,
    "spell": 0,
    "rotate_on": None,
    "parts": None,
    "non_compulsory_ground": "",
}
BLANK |= {"in_review": False}


@dataclass
class _Affected:
    """An instrument that a plan concerns: as the register holds it, and as it is planned.

    `changed` has the new values of known verifications, by id. `verified` is true if the plan adds
    a result, also that of a verification that was pending.
    """

    before: RegisterRow | None
    after: dict[str, Any]
    verified: bool = False
    added: list[VerificationFact] = field(default_factory=list)
    changed: dict[str, Mapping[str, Any]] = field(default_factory=dict)


class Alarms(NamedTuple):
    """How many instruments would get a new alert, and how many the plan concerns.

    `reds_ended` are those whose red alert would end without a verification, and `exempted` those
    that would be under compulsory verification no more, or not from the first. `unverified` are
    those that would be in use although they were never verified, and are not so by now;
    `put_into_use` are the ids of those among them that are on file.
    """

    alerts: int
    instruments: int
    reds_ended: int
    exempted: int
    unverified: int
    put_into_use: frozenset[str]


async def count_alarms(context: Context, plan: Plan) -> Alarms:
    """Counts the alerts that a plan would cause, and the red alerts that it would end."""
    affected = await _affected(context, plan)
    known = [instrument_id for instrument_id, one in affected.items() if one.before is not None]
    verifications: dict[str, list[RegisterRow]] = defaultdict(list)
    column = col(Verification.instrument_id)
    for row in await fetch(context.session, present_rows(Verification), column, known):
        verifications[row["instrument_id"]].append(row)
    today = context.change.today
    pairs = [_alarms(one, verifications[key], today) for key, one in affected.items()]
    unverified = [
        key
        for key, (before, after) in zip(affected, pairs, strict=True)
        if _is_unverified(after) and not _is_unverified(before)
    ]
    return Alarms(
        sum(_is_new(*pair) for pair in pairs),
        len(affected),
        sum(
            _ends_red(*pair) and not one.verified
            for pair, one in zip(pairs, affected.values(), strict=True)
        ),
        sum(exempts(one.before or BLANK, one.after) for one in affected.values()),
        len(unverified),
        frozenset(key for key in unverified if affected[key].before is not None),
    )


async def ends_reds(context: Context, plan: Plan) -> bool:
    """Returns whether a plan ends red alerts of what is on file without a verification."""
    things = (*plan.things[Kind.INSTRUMENT], *plan.things[Kind.VERIFICATION])
    if all(one.new for one in things):  # as most first loads: not even computed
        return False
    return (await count_alarms(context, plan)).reds_ended > 0


async def _affected(context: Context, plan: Plan) -> dict[str, _Affected]:
    planned = {one.thing_id: one.values for one in plan.things[Kind.INSTRUMENT]}
    verifications = plan.things[Kind.VERIFICATION]
    changes = {one.thing_id: one.values for one in verifications if not one.new}
    changed = await fetch(
        context.session, every_row(Verification), col(Verification.verification_id), changes
    )
    ids = set(planned) | {row["instrument_id"] for row in changed}
    ids |= {one.values["instrument_id"] for one in verifications if one.new}
    rows = await fetch(context.session, every_row(Instrument), col(Instrument.instrument_id), ids)
    known = {row["instrument_id"]: row for row in rows}
    affected = {
        instrument_id: _Affected(
            known.get(instrument_id),
            _as_planned(known.get(instrument_id), planned.get(instrument_id, {})),
        )
        for instrument_id in ids
    }
    pending = VerificationResult.PENDING
    for one in verifications:
        if one.new and not one.values.get("set_aside"):
            fact = _fact(f"row {one.row}", one.values)
            affected[one.values["instrument_id"]].added.append(fact)
            affected[one.values["instrument_id"]].verified |= fact.result is not pending
    for row in changed:
        verification_id = row["verification_id"]
        instrument = affected[row["instrument_id"]]
        instrument.changed[verification_id] = changes[verification_id]
        result = instrument.changed[verification_id].get("result", row["result"])
        instrument.verified |= row["result"] is pending and result is not pending
    return affected


def _as_planned(before: RegisterRow | None, values: Mapping[str, Any]) -> dict[str, Any]:
    after = {**BLANK, **(before or {}), **values}
    former_state = before["state"] if before else InstrumentState.SPARE
    in_use = InstrumentState.IN_USE
    comes_into_use = after["state"] == in_use and former_state != in_use
    return after | {"spell": after["spell"] + comes_into_use}


def _alarms(
    instrument: _Affected, verifications: Iterable[RegisterRow], today: date
) -> tuple[Alarm | None, Alarm | None]:
    """What an instrument is alarmed for before and after."""
    in_order = sorted(verifications, key=lambda row: row["verified_on"])
    facts = [_fact(row["verification_id"], row) for row in in_order if not row["set_aside"]]
    before = _alarm(instrument.before, facts, today) if instrument.before is not None else None
    after = [{**row, **instrument.changed.get(row["verification_id"], {})} for row in in_order]
    changed = [_fact(row["verification_id"], row) for row in after if not row["set_aside"]]
    return before, _alarm(instrument.after, [*changed, *instrument.added], today)


def _is_new(before: Alarm | None, after: Alarm | None) -> bool:
    if after is None or before is None:
        return after is not None
    return after[:2] != before[:2] or after.colour.severity > before.colour.severity


def _ends_red(before: Alarm | None, after: Alarm | None) -> bool:
    was_red = before is not None and before.colour is Colour.RED
    return was_red and (after is None or after.colour is not Colour.RED)


def _is_unverified(alarm: Alarm | None) -> bool:
    return alarm is not None and alarm.basis is Basis.UNVERIFIED


def _alarm(
    instrument: Mapping[str, Any], facts: Sequence[VerificationFact], today: date
) -> Alarm | None:
    """What an instrument is alarmed for; None where it has no colour or is in review."""
    if instrument["in_review"]:
        return None
    state = InstrumentState(instrument["state"])
    basis = colour_basis(
        *(instrument["type_code"], state, instrument["rotate_on"], facts, instrument["parts"]),
        on=today,
        compulsory=not instrument["non_compulsory_ground"],
    )
    colour = basis.colour(today)
    if colour is Colour.NONE:
        return None
    return Alarm(instrument["spell"], basis.governing_id, colour, basis.basis)


def _fact(identity: str, values: Mapping[str, Any]) -> VerificationFact:
    result = VerificationResult(values["result"])
    day, until = values["verified_on"], values.get("valid_until")
    part, precedes = values.get("part", ""), values.get("precedes", False)
    return VerificationFact(identity, result, day, until, part, precedes)
