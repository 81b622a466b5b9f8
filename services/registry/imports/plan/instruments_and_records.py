"""Plans the import of files of instruments and of files of credit records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from sqlmodel import col

from law.colours.rule import InstrumentState
from law.identity import letters, may_be_one_model, serial_key
from law.identity.instruments import of_model
from law.identity.records import record_key
from law.instruments import catalogue
from plumbing.identity import scope_prefix
from services.registry.imports.plan.alike import note_alike_instruments, note_alike_records
from services.registry.imports.plan.maker_codes import refuse_taken_codes
from services.registry.imports.plan.owner_details import DETAILS
from services.registry.imports.plan.owners import Owners
from services.registry.imports.plan.parts import (
    OF_THE_PART,
    PlannedParts,
    complete_rows_of_parts,
)
from services.registry.imports.plan.plan import (
    Context,
    Keys,
    Kind,
    Plan,
    RegisterRow,
    fetch,
    fetch_pairs,
    present_rows,
)
from services.registry.imports.rows.reader import Item
from services.registry.near_types import Words, near_types
from services.registry.tables import Instrument, Record

Serial = tuple[str, str]  # type code, serial number as it is compared
INSTRUMENTS = present_rows(Instrument)
RECORDS = present_rows(Record)
OF_THE_OWNER = frozenset({"owner", *DETAILS})
ROWS_SHOWN = 10  # of the rows with one serial number


class KnownInstruments:
    """The register's instruments that have a type and serial number named in a file.

    Instruments without a number, such as 无, are found under the empty number.
    """

    def __init__(self, rows: Iterable[RegisterRow]) -> None:
        self._by: dict[Serial, list[RegisterRow]] = defaultdict(list)
        for row in rows:
            self._by[row["type_code"], row["serial_key"]].append(row)

    @classmethod
    async def of(cls, context: Context) -> KnownInstruments:
        """Reads the register's instruments that the rows of a file name, all at once."""
        items = (*context.items, *context.bad_with("type_code", "serial_no"))
        serials = {serial_of(item.values) for item in items}
        pair = (col(Instrument.type_code), col(Instrument.serial_key))
        return cls(await fetch_pairs(context.session, INSTRUMENTS, pair, serials))

    @property
    def by_serial(self) -> Mapping[Serial, list[RegisterRow]]:
        """The instruments by type and serial number."""
        return self._by

    def with_serial(self, serial: Serial) -> list[RegisterRow]:
        """Returns every instrument with this type and serial number."""
        return self._by.get(serial, [])

    def owned(self, serial: Serial, subject_id: str) -> list[RegisterRow]:
        """Returns the instruments with this type and serial number that belong to a subject."""
        return [row for row in self.with_serial(serial) if row["subject_id"] == subject_id]

    def in_scope(self, context: Context, serial: Serial) -> list[RegisterRow]:
        """Returns the instruments with this type and serial number in the scope of the import.

        The scope of the import is that of the caller and of the file's bureau.
        """
        return [row for row in self.with_serial(serial) if context.covers(row["bureau"])]


def serial_of(values: Mapping[str, Any]) -> Serial:
    """Returns the type code and the serial number, as it is compared, in a row's values."""
    return values["type_code"], serial_key(values["serial_no"])


def note_unknown_types(context: Context) -> None:
    """Rejects each row whose type the catalogue does not know, until a person has chosen one.

    If the import takes unknown types, warns once of each in the first row that has it.
    """
    unknown = [item for item in context.items if item.values["type_code"] not in catalogue()]
    if not context.header.unknown_types:
        near = _nearest_types(item.values["type_code"] for item in unknown)
        for item in unknown:
            written = item.values["type_code"]
            zh, en = (a + b for a, b in zip(_NO_SUCH_TYPE, near.get(written, _NONE), strict=True))
            context.fault(item.row, "type_code", written, "UNKNOWN_TYPE", zh, en)
        return
    first: dict[str, int] = {}
    for item in unknown:
        first.setdefault(item.values["type_code"], item.row)
    column = context.file.column("type_code")
    for code, row in first.items():
        zh = "目录中没有这种器具：按周期检定对待，请核对名称或代码"
        en = "not in the catalogue: taken for one that is verified periodically; check the name"
        context.notes.warn(row, "UNKNOWN_TYPE", zh, en, column=column, value=code)


_NO_SUCH_TYPE = (
    "目录中没有这种器具：请为此名称选择目录中的类型，或确认按周期检定登记",
    "not in the catalogue: choose its type, or confirm that it is verified periodically",
)
_NONE: Words = ("", "")
# A column of something else, taken for the types, has thousands of names that are like none.
_NAMES_COMPARED = 200


def _nearest_types(names: Iterable[str]) -> Mapping[str, Words]:
    """The nearest types of the catalogue of the first names that it does not have."""
    first = islice(dict.fromkeys(names), _NAMES_COMPARED)
    return {written: near_types(written) for written in first}


async def plan_instruments(context: Context) -> Plan:
    """Plans the import of a file of instruments, identified by owner, type and serial number.

    Another model is never the same instrument. Without a serial number, only an instrument with the
    same content is known. What is perhaps the same is filed beside the other, for a person to look
    at. The state of an instrument is set as the file gives it.
    """
    plan = Plan()
    keys = Keys(context, plan)
    owners = await Owners.of(context, plan, context.all_named("owner"))
    for item in context.bad_with("owner"):
        owners.find(item.row, item.values["owner"])
    instruments = await KnownInstruments.of(context)
    repeats = RepeatedSerials(context, plan, instruments)
    note_unknown_types(context)
    models, parts = _models_of(context), PlannedParts(context, plan)
    own_ids: dict[tuple[Any, ...], str] = {}
    complete_rows_of_parts(context.items)
    async for item in context.each():
        owner = owners.owner_of(item)
        if owner is None:
            continue
        left_out = OF_THE_OWNER | (OF_THE_PART if "part" in item.values else frozenset())
        content = {name: v for name, v in item.values.items() if name not in left_out}
        serial = serial_of(content)
        several = len(models[serial]) > 1
        apart = (letters(item.values.get("model", "")) if several else "", serial[1] or item.row)
        key = (owner["subject_id"], *serial, *apart)
        known = instruments.owned(serial, owner["subject_id"])
        if keys.first(key, item.row, content | {"serial_no": serial[1]}):
            choose = _plan_instrument if serial[1] else _plan_unnumbered
            instrument_id = choose(context, plan, item, owner, content, known)
            repeats.add(item, instrument_id)
            own_ids[key] = instrument_id
        part, state = item.values.get("part"), item.values.get("state")
        if part and keys.first((*key, part, "part"), item.row, {"state": state}):
            parts.add(item, own_ids[key], known)
    parts.plan()
    for planned in plan.things[Kind.INSTRUMENT]:
        planned.stated = "state" in planned.values
    repeats.note(several_rows_count=False)
    await refuse_taken_codes(context, plan)
    note_alike_instruments(context, plan, instruments.by_serial)
    return plan


def _models_of(context: Context) -> Mapping[Serial, set[str]]:
    """The models that the rows of a file give for each type and serial number."""
    models: dict[Serial, set[str]] = defaultdict(set)
    for item in context.items:
        if model := letters(item.values.get("model", "")):
            models[serial_of(item.values)].add(model)
    return models


def _plan_instrument(
    context: Context,
    plan: Plan,
    item: Item,
    owner: RegisterRow,
    content: dict[str, Any],
    known: list[RegisterRow],
) -> str:
    """Plans one instrument of an owner, whose `known` ones bear its serial number; its id."""
    known = of_model(content.get("model", ""), known)
    if not known:
        return _make_instrument(plan, item, owner, content)
    if len(known) > 1:
        zh, en = "该单位有多件同类型同编号的器具", "the owner has several with this serial number"
        context.fault(item.row, "serial_no", content["serial_no"], "AMBIGUOUS_INSTRUMENT", zh, en)
    elif _leaves_scrap(content, known[0]):
        zh, en = "该器具已报废", "the instrument is scrapped"
        context.fault(item.row, "state", content["state"].value, "SCRAPPED", zh, en)
    else:
        note_writing(context, item, "serial_no", known[0])
        values = content | {"serial_no": known[0]["serial_no"]}
        plan.alter(Kind.INSTRUMENT, item.row, known[0]["instrument_id"], values, known[0])
    return str(known[0]["instrument_id"])


def _make_instrument(plan: Plan, item: Item, owner: RegisterRow, content: dict[str, Any]) -> str:
    values = {name: owner[name] for name in ("subject_id", "bureau", "in_review")}
    return plan.make(Kind.INSTRUMENT, item.row, content | values)


def _plan_unnumbered(
    context: Context,
    plan: Plan,
    item: Item,
    owner: RegisterRow,
    content: dict[str, Any],
    known: list[RegisterRow],
) -> str:
    """Plans an instrument without a serial number; `known` are those of its owner and type.

    It is known if one on file has the same content and no earlier row has claimed that one.
    Otherwise it is filed, and a person tells whether it is one of the others.
    """
    claimed = plan.claimed
    free = [row for row in known if row["instrument_id"] not in claimed]
    for row in free:
        if all(row[name] == value for name, value in content.items()):
            claimed.add(row["instrument_id"])
            plan.unchanged.add(item.row)
            return str(row["instrument_id"])
    return _make_instrument(plan, item, owner, content)


def perhaps_on_file(context: Context, item: Item, known: Iterable[RegisterRow]) -> bool:
    """Returns whether a row without a serial number may be about one of the `known` instruments.

    If so, adds a fault, because only a person can tell.
    """
    model, number = item.values.get("model", ""), item.values["serial_no"]
    perhaps = [row for row in known if may_be_one_model(model, row["model"])]
    if perhaps:
        zh = f"编号“{number}”分不清器具：已登记同类无编号器具 {len(perhaps)} 件，请人工逐件办理"
        en = f"{len(perhaps)} such instruments without a number are on file: decide one by one"
        context.fault(item.row, "serial_no", number, "NO_SERIAL_NUMBER", zh, en)
    return bool(perhaps)


def note_writing(context: Context, item: Item, name: str, known: RegisterRow) -> None:
    """Warns if a number is written otherwise than in the register; the writing on file stays."""
    written, on_file = item.values[name], known[name]
    if written != on_file:
        zh, en = f"与已登记的“{on_file}”是同一编号", f"the same number as {on_file} on file"
        column = context.file.column(name)
        context.notes.warn(item.row, "OTHER_WRITING", zh, en, column=column, value=written)


def _leaves_scrap(content: Mapping[str, Any], known: RegisterRow) -> bool:
    """Whether a row gives another state to an instrument that was scrapped for good."""
    scrapped = InstrumentState.SCRAPPED
    return bool(known["state"] == scrapped) and content.get("state", scrapped) != scrapped


class RepeatedSerials:
    """Finds serial numbers that occur more than once for a type of instrument, and warns of them.

    A repeated serial number is never a reason to refuse a row.
    """

    def __init__(self, context: Context, plan: Plan, known: KnownInstruments) -> None:
        self._context, self._plan, self._known = context, plan, known
        self._instruments: dict[Serial, set[str]] = defaultdict(set)
        self._rows: dict[Serial, list[int]] = defaultdict(list)
        self._parts: dict[Serial, dict[int, str]] = defaultdict(dict)
        self._written: dict[Serial, str] = {}

    def add(self, item: Item, instrument_id: str) -> None:
        """Adds a row of the file about the instrument with this id."""
        serial = serial_of(item.values)
        self._instruments[serial].add(instrument_id)
        self._rows[serial].append(item.row)
        self._parts[serial][item.row] = item.values.get("part", "")
        self._written.setdefault(serial, item.values["serial_no"])

    def note(self, *, several_rows_count: bool) -> None:
        """Marks the instruments with a repeated serial number in the plan, and warns once of each.

        With `several_rows_count`, several rows about one instrument are a repetition too, but for
        rows about different parts of it.
        """
        self._note_near()
        for serial, own in self._instruments.items():
            known = {row["instrument_id"] for row in self._known.with_serial(serial)}
            rows = [row for row in self._rows[serial] if row not in self._context.notes.bad_rows]
            parts = {self._parts[serial][row] for row in rows}
            several = several_rows_count and len(rows) > len(parts)
            if rows and not serial[1]:
                self._plan.repeated |= own
                self._warn_unnumbered(serial, rows)
            elif rows and (several or len(own | known) > 1):
                self._plan.repeated |= own
                self._warn(serial, rows, len(own | known))

    def _note_near(self) -> None:
        """Warns once of the numbers of a type that differ in nothing but punctuation."""
        near: dict[Serial, list[Serial]] = defaultdict(list)
        for serial in self._instruments:
            if serial[1]:
                near[serial[0], letters(serial[1])].append(serial)
        for group in near.values():
            rows = [row for one in group for row in self._rows[one]]
            good = [row for row in rows if row not in self._context.notes.bad_rows]
            if len(group) > 1 and good:
                written = " / ".join(self._written[one] for one in group)
                zh = f"编号只差标点：{written}，按不同器具登记；是同一件的，请改为同一编号"
                en = f"these numbers differ in punctuation only and are filed apart: {written}"
                self._note(min(good), "NEAR_SERIAL", zh, en, self._written[group[-1]])

    def _warn(self, serial: Serial, rows: list[int], instruments: int) -> None:
        number = self._written[serial]
        zh = f"类型 {serial[0]}、编号 {number} 重复：{_listed(rows)}，共 {instruments} 件器具"
        en = f"this type and serial number stand more than once: {instruments} instruments"
        self._note(rows[0], "REPEATED_SERIAL", zh, en, number)

    def _warn_unnumbered(self, serial: Serial, rows: list[int]) -> None:
        number = self._written[serial]
        zh = f"类型 {serial[0]} 的编号“{number}”不是编号，不据此合并：{_listed(rows)}，各为一件器具"
        en = "there is no serial number, so each of these rows is an instrument of its own"
        self._note(rows[0], "NO_SERIAL_NUMBER", zh, en, number)

    def _note(self, row: int, reason: str, zh: str, en: str, number: str) -> None:
        column = self._context.file.column("serial_no")
        self._context.notes.warn(row, reason, zh, en, column=column, value=number)


def _listed(rows: list[int]) -> str:
    return f"第 {'、'.join(map(str, rows[:ROWS_SHOWN]))}{'…' if len(rows) > ROWS_SHOWN else ''} 行"


async def plan_records(context: Context) -> Plan:
    """Plans the import of a file of credit records.

    A record is known by its subject and its `record_key`. A record that is on file with other
    content is a fault: a correction cannot be imported.
    """
    plan = Plan()
    keys = Keys(context, plan)
    owners = await Owners.of(context, plan, context.all_named("owner"))
    for item in context.bad_with("owner"):
        owners.find(item.row, item.values["owner"])
    owned = [(item, owners.find(item.row, item.values["owner"])) async for item in context.each()]
    subjects = {owner["subject_id"] for _, owner in owned if owner}
    on_file = await fetch(context.session, RECORDS, col(Record.subject_id), subjects)
    known = {(row["subject_id"], *record_key(row)): row for row in on_file}
    for item, owner in owned:
        if owner is not None:
            content = {name: value for name, value in item.values.items() if name != "owner"}
            key = (owner["subject_id"], *record_key(content))
            if keys.first(key, item.row, content):
                _plan_record(context, plan, item, owner, content, known.get(key))
    note_alike_records(context, plan, on_file)
    return plan


def _plan_record(
    context: Context,
    plan: Plan,
    item: Item,
    owner: RegisterRow,
    content: dict[str, Any],
    known: RegisterRow | None,
) -> None:
    if known is None:
        bureau = context.header.bureau or _own_bureau(context) or owner["bureau"]
        values = {"entered_on": context.change.today} | content
        values |= {"subject_id": owner["subject_id"], "bureau": bureau}
        plan.make(Kind.RECORD, item.row, values | {"entered_by": context.caller.account_id})
    elif any(known[name] != value for name, value in content.items() if name != "source_ref"):
        zh = "该事实已录入且内容不同；更正请按更正程序办理"
        en = "already entered with other content; a correction is not an import"
        context.fault(item.row, "source_ref", content["source_ref"], "ALREADY_ENTERED", zh, en)
    else:
        note_writing(context, item, "source_ref", known)
        plan.unchanged.add(item.row)


def _own_bureau(context: Context) -> str:
    # The scope of the whole platform is no bureau that could have entered a record.
    bureau = context.caller.bureau
    return bureau if scope_prefix(bureau) else ""
