"""Planning files of instruments, and of the credit records of their owners."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from sqlmodel import col

from law.colours.rule import InstrumentState
from plumbing.identity import scope_prefix
from services.registry.imports.plan.owners import Owners
from services.registry.imports.plan.plan import (
    Context,
    Held,
    Keys,
    Kind,
    Plan,
    fetch,
    fetch_pairs,
    standing,
)
from services.registry.imports.rows.reader import Item
from services.registry.tables import Instrument, Record

Serial = tuple[str, str]
INSTRUMENTS = standing(Instrument)
RECORDS = standing(Record)
ROWS_SHOWN = 10


class Fleet:
    """The register's instruments with the types and serial numbers that a file names."""

    def __init__(self, held: Iterable[Held]) -> None:
        self._by: dict[Serial, list[Held]] = defaultdict(list)
        for one in held:
            self._by[one["type_code"], one["serial_no"]].append(one)

    @classmethod
    async def named(cls, context: Context) -> Fleet:
        """Looks up every instrument of a file at once."""
        told = (*context.items, *context.bad_with("type_code", "serial_no"))
        serials = {serial_of(item.values) for item in told}
        pair = (col(Instrument.type_code), col(Instrument.serial_no))
        return cls(await fetch_pairs(context.session, INSTRUMENTS, pair, serials))

    def of(self, serial: Serial) -> list[Held]:
        """Every instrument that bears it."""
        return self._by.get(serial, [])

    def owned(self, serial: Serial, subject_id: str) -> list[Held]:
        """Those that belong to a subject."""
        return [held for held in self.of(serial) if held["subject_id"] == subject_id]

    def near(self, context: Context, serial: Serial) -> list[Held]:
        """Those in the caller's scope, and in that of the file's bureau."""
        return [held for held in self.of(serial) if context.covers(held["bureau"])]


def serial_of(values: Mapping[str, Any]) -> Serial:
    """The type and serial number a row names."""
    return values["type_code"], values["serial_no"]


async def plan_instruments(context: Context) -> Plan:
    """Instruments, by owner, type and serial number; a state is taken as the file gives it."""
    plan = Plan()
    keys = Keys(context, plan)
    owners = await Owners.named(context, plan, context.all_named("owner"))
    for item in context.bad_with("owner"):
        owners.find(item.row, item.values["owner"])
    fleet = await Fleet.named(context)
    repeats = Repeats(context, plan, fleet)
    async for item in context.each():
        said = item.values
        owner = owners.find(item.row, said["owner"])
        if owner is None:
            continue
        content = {name: value for name, value in said.items() if name != "owner"}
        serial = serial_of(said)
        if keys.first((owner["subject_id"], *serial), item.row, content):
            instrument_id = _plan_instrument(context, plan, item, owner, content, fleet)
            repeats.bears(serial, instrument_id, item.row)
    for one in plan.things[Kind.INSTRUMENT]:
        one.stated = "state" in one.values
    repeats.settle(several_rows_count=False)
    return plan


def _plan_instrument(
    context: Context, plan: Plan, item: Item, owner: Held, content: dict[str, Any], fleet: Fleet
) -> str:
    held = fleet.owned(serial_of(content), owner["subject_id"])
    if not held:
        values = {name: owner[name] for name in ("subject_id", "bureau", "in_review")}
        return plan.make(Kind.INSTRUMENT, item.row, content | values)
    if len(held) > 1:
        zh, en = "该单位有多件同类型同编号的器具", "the owner has several with this serial number"
        context.fault(item.row, "serial_no", content["serial_no"], "AMBIGUOUS_INSTRUMENT", zh, en)
    elif _revived(content, held[0]):
        zh, en = "该器具已报废", "the instrument is scrapped"
        context.fault(item.row, "state", content["state"].value, "SCRAPPED", zh, en)
    else:
        plan.alter(Kind.INSTRUMENT, item.row, held[0]["instrument_id"], content, held[0])
    return str(held[0]["instrument_id"])


def _revived(content: Mapping[str, Any], held: Held) -> bool:
    scrapped = InstrumentState.SCRAPPED
    return bool(held["state"] == scrapped) and content.get("state", scrapped) != scrapped


class Repeats:
    """Types and serial numbers that stand more than once: counted and told, never refused."""

    def __init__(self, context: Context, plan: Plan, fleet: Fleet) -> None:
        self._context, self._plan, self._fleet = context, plan, fleet
        self._instruments: dict[Serial, set[str]] = defaultdict(set)
        self._rows: dict[Serial, list[int]] = defaultdict(list)

    def bears(self, serial: Serial, instrument_id: str, row: int) -> None:
        """A row tells of an instrument with this serial number."""
        self._instruments[serial].add(instrument_id)
        self._rows[serial].append(row)

    def settle(self, *, several_rows_count: bool) -> None:
        """Counts the file's instruments concerned, and warns once of each serial number."""
        for serial, own in self._instruments.items():
            held = {one["instrument_id"] for one in self._fleet.of(serial)}
            rows = [row for row in self._rows[serial] if row not in self._context.notes.bad_rows]
            several = several_rows_count and len(rows) > 1
            if rows and (several or len(own | held) > 1):
                self._plan.repeated |= own
                self._warn(serial, rows, len(own | held))

    def _warn(self, serial: Serial, rows: list[int], instruments: int) -> None:
        listed = "、".join(map(str, rows[:ROWS_SHOWN])) + ("…" if len(rows) > ROWS_SHOWN else "")
        zh = f"类型 {serial[0]}、编号 {serial[1]} 重复：第 {listed} 行，共 {instruments} 件器具"
        en = f"this type and serial number stand more than once: {instruments} instruments"
        column = self._context.read.column("serial_no")
        self._context.notes.warn(rows[0], "REPEATED_SERIAL", zh, en, column=column, value=serial[1])


async def plan_records(context: Context) -> Plan:
    """Credit records, by subject, kind, source and day determined; corrections are no import."""
    plan = Plan()
    keys = Keys(context, plan)
    owners = await Owners.named(context, plan, context.all_named("owner"))
    for item in context.bad_with("owner"):
        owners.find(item.row, item.values["owner"])
    found = [(item, owners.find(item.row, item.values["owner"])) async for item in context.each()]
    subjects = {owner["subject_id"] for _, owner in found if owner}
    held = {
        _record_key(one["subject_id"], one): one
        for one in await fetch(context.session, RECORDS, col(Record.subject_id), subjects)
    }
    for item, owner in found:
        if owner is not None:
            content = {name: value for name, value in item.values.items() if name != "owner"}
            key = _record_key(owner["subject_id"], content)
            if keys.first(key, item.row, content):
                _plan_record(context, plan, item, owner, content, held.get(key))
    return plan


def _record_key(subject_id: str, said: Mapping[str, Any]) -> tuple[Any, ...]:
    return subject_id, said["kind"], said["source_ref"], said["determined_on"]


def _plan_record(
    context: Context,
    plan: Plan,
    item: Item,
    owner: Held,
    content: dict[str, Any],
    held: Held | None,
) -> None:
    if held is None:
        bureau = context.header.bureau or _own_bureau(context) or owner["bureau"]
        said = {"entered_on": context.change.today} | content
        values = {"subject_id": owner["subject_id"], "bureau": bureau}
        plan.make(Kind.RECORD, item.row, said | values | {"entered_by": context.caller.account_id})
    elif any(held[name] != value for name, value in content.items()):
        zh = "该事实已录入且内容不同；更正请按更正程序办理"
        en = "already entered with other content; a correction is not an import"
        context.fault(item.row, "source_ref", content["source_ref"], "ALREADY_ENTERED", zh, en)
    else:
        plan.unchanged.add(item.row)


def _own_bureau(context: Context) -> str:
    # Whoever answers for the whole platform is no bureau that could have entered a record.
    bureau = context.caller.bureau
    return bureau if scope_prefix(bureau) else ""
