"""Plans which instruments a file of verifications puts into use (C-19).

The first pass of an instrument that was never used does, and a rejection alone of a new one.
"""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlmodel import col

from law.colours.rule import InstrumentState, VerificationResult
from services.registry.imports.plan.plan import (
    Context,
    Kind,
    Plan,
    Planned,
    Raised,
    RegisterRow,
    fetch,
)
from services.registry.imports.rows.labels import result_word
from services.registry.imports.rows.reader import Item
from services.registry.questions.asking import Found
from services.registry.questions.tables import Asked
from services.registry.tables import ImportBatch, ImportedThing

# Instruments whose state was given by a file that is still applied.
STATED = (
    sa.select(col(ImportedThing.thing_id))
    .join(ImportBatch, col(ImportBatch.batch_id) == ImportedThing.batch_id)
    .where(col(ImportedThing.stated), col(ImportBatch.state) == "applied")
)
Owned = list[tuple[Item, RegisterRow]]  # rows of the file, each with its instrument


def first_passes(plan: Plan, owned: Owned) -> dict[str, int]:
    """Returns the instruments of which a pass is planned that was none, with the first such row."""
    instruments = {item.row: instrument["instrument_id"] for item, instrument in owned}
    passes: dict[str, int] = {}
    for planned in plan.things[Kind.VERIFICATION]:
        if planned.values.get("result") is VerificationResult.PASS:
            passes.setdefault(instruments[planned.row], planned.row)
    return passes


async def put_into_use(
    context: Context, plan: Plan, passes: Mapping[str, int], found: Mapping[str, RegisterRow]
) -> None:
    """Plans that the first pass of an instrument never used puts it into use (C-19).

    A state that an instruments file gave stays: verifications imported after it are history.
    `passes` are those of `first_passes`, `found` the instruments of the rows, by id.
    """
    planned = {one.thing_id: one for one in plan.things[Kind.INSTRUMENT]}
    passed = {one: row for one, row in passes.items() if _never_used(found[one])}
    known = [one for one in passed if one not in planned or not planned[one].new]
    stated = await fetch(context.session, STATED, col(ImportedThing.thing_id), known)
    for instrument_id in {row["thing_id"] for row in stated}:
        del passed[instrument_id]
    for instrument_id, row in passed.items():
        in_use = {"state": InstrumentState.IN_USE}
        if instrument_id in planned:
            planned[instrument_id].values |= in_use
        else:
            plan.alter(Kind.INSTRUMENT, row, instrument_id, in_use, found[instrument_id])


def put_rejected_into_use(context: Context, plan: Plan, passes: Mapping[str, int]) -> None:
    """Plans that a new instrument without any pass is in use, and warns of its row.

    Whether it still is in use decides its colour (S4 四(一)): it is red until a person has looked.
    """
    rejected = {
        planned.values["instrument_id"]: planned
        for planned in reversed(plan.things[Kind.VERIFICATION])
        if planned.new and planned.values["result"] is VerificationResult.REJECT
    }
    for instrument in plan.things[Kind.INSTRUMENT]:
        only = None if instrument.thing_id in passes else rejected.get(instrument.thing_id)
        if instrument.new and only:
            instrument.values["state"] = InstrumentState.IN_USE
            zh = "该器具只有不合格结果：先按在用登记并标红，请核实是否仍在使用"
            en = "nothing but a rejection is known of this instrument: filed as in use, red; check"
            column, value = context.file.column("result"), result_word(only.values["result"])
            context.notes.warn(only.row, "REJECTED_ALONE", zh, en, column=column, value=value)
            plan.questions.append(_whether_used(instrument, only))


def _whether_used(instrument: Planned, rejection: Planned) -> Raised:
    found = Found(
        Asked.REJECTED_ALONE,
        subject_id=instrument.values["subject_id"],
        bureau=instrument.values["bureau"],
        day=rejection.values["verified_on"],
        instrument_id=instrument.thing_id,
        provided_by=rejection.values["institution"],
    )
    return Raised(rejection.row, found)


def _never_used(instrument: RegisterRow) -> bool:
    return instrument["state"] == InstrumentState.SPARE and not instrument["spell"]
