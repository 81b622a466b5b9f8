"""Finds what a plan would make that is perhaps the same as something else, in the file or on file.

Nothing of it is merged: a person joins it or keeps it apart. The order of the rows tells nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlmodel import col

from law.identity import folded, serial_key
from law.identity.records import record_key
from law.identity.verifications import milder
from services.registry.imports.plan.plan import (
    Context,
    Kind,
    Plan,
    Planned,
    RegisterRow,
    fetch,
    present_rows,
)
from services.registry.imports.rows.labels import result_word
from services.registry.sameness import places
from services.registry.sameness.places import Place, are_alike
from services.registry.tables import Subject, Verification

VERIFICATIONS = present_rows(Verification)
Found = dict[Place, list[RegisterRow]]


async def note_alike_subjects(context: Context, plan: Plan) -> None:
    """Notes the planned subjects that have the name of another one, not all of them with a code."""
    planned = [one for one in plan.things[Kind.SUBJECT] if one.new or "name" in one.values]
    keys = {folded(one.values["name"]) for one in planned}
    on_file = await fetch(context.session, present_rows(Subject), col(Subject.name_key), keys)
    changed = {one.thing_id: one.values for one in plan.things[Kind.SUBJECT]}
    found: Found = defaultdict(list)
    for row in on_file:
        after = {**row, **changed.get(row["subject_id"], {})}
        found[places.of_subject(after["bureau"], folded(after["name"]))].append(after)
    rows: dict[Place, list[int]] = {}
    for one in planned:
        if one.new:
            place = places.of_subject(one.values["bureau"], folded(one.values["name"]))
            found[place].append({"credit_code": "", **one.values})
            rows.setdefault(place, [one.row])
    _note(context, plan, found, rows, "name", _SAME_NAME)


def note_alike_instruments(
    context: Context, plan: Plan, known: Mapping[tuple[str, str], Sequence[RegisterRow]]
) -> None:
    """Notes the planned instruments of one owner, type and number, or without a number.

    `known` are the instruments on file by type and number.
    """
    found: Found = defaultdict(list)
    rows: dict[Place, list[int]] = {}
    for one in plan.things[Kind.INSTRUMENT]:
        if not one.new or one.thing_id not in plan.repeated:
            continue
        values = {"model": "", **one.values, "serial_key": serial_key(one.values["serial_no"])}
        owner, serial = values["subject_id"], (values["type_code"], values["serial_key"])
        place = places.of_instrument(owner, *serial)
        if place not in found:
            found[place] = [row for row in known.get(serial, ()) if row["subject_id"] == owner]
        found[place].append(values)
        rows.setdefault(place, [one.row])
    _note(context, plan, found, rows, "serial_no", _SAME_INSTRUMENT)


def note_alike_records(context: Context, plan: Plan, on_file: Iterable[RegisterRow]) -> None:
    """Notes the planned records that have subject, kind and days of another one.

    `on_file` are the records of the subjects.
    """
    found: Found = defaultdict(list)
    rows: dict[Place, list[int]] = {}
    for one in plan.things[Kind.RECORD]:
        if one.new:
            place = _of_record(one.values)
            found[place].append(one.values)
            rows.setdefault(place, [one.row])
    for row in on_file:
        if row["status"] == "active" and _of_record(row) in found:
            found[_of_record(row)].append(row)
    distinct = {
        place: [*{record_key(one): one for one in alike}.values()] for place, alike in found.items()
    }
    _note(context, plan, distinct, rows, "source_ref", _SAME_RECORD)


def _of_record(row: RegisterRow) -> Place:
    return places.of_record(
        row["subject_id"], row["kind"], row["occurred_on"], row["determined_on"]
    )


async def let_the_severe_stand(context: Context, plan: Plan) -> None:
    """Sets aside the milder ones of different results of one instrument and day; warns of each."""
    planned = plan.things[Kind.VERIFICATION]
    new = [one for one in planned if one.new]
    made = {one.thing_id for one in plan.things[Kind.INSTRUMENT] if one.new}
    days = {one.values["verified_on"] for one in new}
    ids = {one.values["instrument_id"] for one in new} - made
    query = VERIFICATIONS.where(col(Verification.verified_on).in_(days))
    found: Found = defaultdict(list)
    own: dict[Place, list[Planned]] = defaultdict(list)
    for one in new:
        place = places.of_result(one.values["instrument_id"], one.values["verified_on"])
        found[place].append(one.values)
        own[place].append(one)
    for row in await fetch(context.session, query, col(Verification.instrument_id), ids):
        found[places.of_result(row["instrument_id"], row["verified_on"])].append(row)
    rows = {place: [one.row for one in ones] for place, ones in own.items()}
    _note(context, plan, found, rows, "result", _ONE_DAY)
    altered = {one.thing_id: one for one in planned if not one.new}
    for place in plan.alike.keys() & own.keys():
        for one in own[place]:
            if milder(one.values, found[place]):
                one.values["set_aside"] = True
        for row in found[place]:
            if row.get("set_aside") is False and milder(row, found[place]):
                _set_aside(plan, altered, row, rows[place][0])


def _set_aside(
    plan: Plan, altered: Mapping[str, Planned], row: RegisterRow, row_of_file: int
) -> None:
    """Sets a verification on file aside, which another row of the file may alter too."""
    if present := altered.get(row["verification_id"]):
        present.values["set_aside"], present.was = True, {**present.was, "set_aside": False}
    else:
        aside = {"set_aside": True}
        plan.alter(Kind.VERIFICATION, row_of_file, row["verification_id"], aside, row)


_SAME_NAME = (
    "ALIKE_SUBJECTS",
    "登记有同名主体，未合并：请在“疑似同一”中核对",
    "another subject has this name; a person joins them or keeps them apart",
)
_SAME_INSTRUMENT = (
    "ALIKE_INSTRUMENTS",
    "疑似同一器具，未合并：请在“疑似同一”中核对",
    "perhaps the same instrument as another; a person joins them or keeps them apart",
)
_SAME_RECORD = (
    "ALIKE_RECORDS",
    "同一主体、类别和日期的信息不止一条，文书编号不同：请在“疑似同一”中核对",
    "another record has this subject, kind and days; a person joins them or keeps them apart",
)
_ONE_DAY = (
    "RESULTS_OF_ONE_DAY",
    "同一器具同日有不同的检定结果：先以不合格为准，请在“疑似同一”中核实当日先后",
    "one instrument has different results on one day: the severe one stands until checked",
)


def _note(
    context: Context,
    plan: Plan,
    found: Mapping[Place, Sequence[RegisterRow]],
    rows: Mapping[Place, Sequence[int]],
    name: str,
    words: tuple[str, str, str],
) -> None:
    """Notes each place at which things are alike; warns of it in these rows."""
    column = context.file.column(name)
    for place, here in rows.items():
        if are_alike(place.kind, found[place]):
            plan.alike[place] = here[0]
            for row in here:
                context.notes.warn(row, *words, column=column, value=_written(found[place], name))


def _written(found: Sequence[Mapping[str, Any]], name: str) -> str:
    """What a hint repeats of the things that are alike: of results, all of them by their words."""
    if name == "result":
        return "、".join(dict.fromkeys(result_word(one["result"]) for one in found))
    value = found[-1].get(name, "")
    return str(getattr(value, "value", value))
