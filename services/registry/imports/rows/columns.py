"""Which column of a file holds which field."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from law.errors import Fault, InvalidInput
from protos.registry.v1 import registry_pb2 as pb
from services.registry.imports.rows import cells
from services.registry.imports.rows.families import FAMILIES, Family, FamilyName, Field
from services.registry.imports.rows.faults import Notes

REASONS = "原因"  # the last column of a file of rejected rows
COLUMNS_SHOWN = 40


@dataclass(frozen=True)
class Binding:
    """A file's columns as fields, and the values that hold for every row."""

    names: Sequence[str]
    columns: Mapping[str, int]
    constants: Mapping[str, str]
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def column(self, name: str) -> str:
        """The column that holds a field; the field itself where a constant does."""
        return self.names[self.columns[name]] if name in self.columns else name


def check_header(header: pb.ImportHeader) -> None:
    """Refuses a mapping that names fields the family does not have, every one at once."""
    faults = list(_unknown_fields(header))
    if header.file_missing and header.family != FamilyName.VERIFICATIONS:
        zh = "只有检定记录可以一并建立主体和器具"
        faults.append(Fault("header.file_missing", zh, "only verifications file what is missing"))
    if header.file_missing and not header.bureau:
        zh = "一并建立主体和器具须指明监管机关"
        faults.append(Fault("header.bureau", zh, "filing what is missing needs a bureau"))
    if faults:
        raise InvalidInput(faults=faults)


def _unknown_fields(header: pb.ImportHeader) -> Iterator[Fault]:
    known = FAMILIES[FamilyName(header.family)].fields
    named = {
        "columns": header.columns,
        "constants": header.constants,
        "values": {key.partition(":")[0] for key in header.values},
    }
    for part, names in named.items():
        for name in sorted(set(names) - set(known)):
            listed = "、".join(known)
            zh, en = f"没有此字段；应为：{listed}", f"no such field; known are: {', '.join(known)}"
            yield Fault(f"header.{part}.{name}", zh, en)


def fields_found(header: pb.ImportHeader, cells_of_row: Sequence[str]) -> int:
    """How many fields of the family a row names, were it the header."""
    said = {_plain(cells.said(cell)) for cell in cells_of_row}
    fields = FAMILIES[FamilyName(header.family)].fields.values()
    return sum(not said.isdisjoint(_wanted(header, one)) for one in fields)


def _wanted(header: pb.ImportHeader, one: Field) -> list[str]:
    mapped = header.columns.get(one.name)
    return [_plain(heading) for heading in (one.headings if mapped is None else (mapped,))]


def bind(header: pb.ImportHeader, names: Sequence[str], notes: Notes) -> Binding:
    """Finds the columns; what is missing, doubled or not known is noted on the header's row."""
    family = FAMILIES[FamilyName(header.family)]
    clean = [cells.said(name) for name in names]
    fields = {n: f for n, f in family.fields.items() if n != "entered_on" or header.baseline}
    constants = _constants(header, family)
    columns = {}
    for name, one in fields.items():
        place = _place(header, one, clean, notes)
        if place is not None:
            columns[name] = place
        elif one.required and name not in constants and not _given_by_bureau(header, name):
            _missing(one, header.columns.get(name, ""), clean, notes)
    _warn_unknown(clean, columns, notes)
    values: dict[str, dict[str, str]] = {}
    for key, value in header.values.items():
        name, _, found = key.partition(":")
        values.setdefault(name, {})[found] = value
    return Binding(clean, columns, constants, values)


def _constants(header: pb.ImportHeader, family: Family) -> dict[str, str]:
    constants = dict(header.constants)
    if "bureau" in family.fields and header.bureau:
        constants.setdefault("bureau", header.bureau)
    return constants


def _given_by_bureau(header: pb.ImportHeader, name: str) -> bool:
    return name == "bureau" and bool(header.bureau)


def _place(header: pb.ImportHeader, one: Field, names: Sequence[str], notes: Notes) -> int | None:
    mapped = header.columns.get(one.name)
    if mapped is None and one.name in header.constants:
        return None
    wanted = _wanted(header, one)
    plain = [_plain(name) for name in names]
    found = next((name for name in wanted if name in plain), None)
    if found is None:
        if mapped is not None and not one.required:
            _missing(one, mapped, names, notes)
        return None
    if plain.count(found) > 1:
        zh, en = f"列名“{found}”重复", f"the column {found!r} stands more than once"
        notes.fault(notes.header_row, "DUPLICATE_COLUMN", zh, en, column=names[plain.index(found)])
    return plain.index(found)


def _plain(name: str) -> str:
    narrow = unicodedata.normalize("NFKC", name)
    return "".join(narrow.split()).strip("*").lower()


def _missing(one: Field, mapped: str, names: Sequence[str], notes: Notes) -> None:
    seen = "、".join(names[:COLUMNS_SHOWN])
    wanted = mapped or f"{one.header}”或“{one.name}"
    notes.fault(
        notes.header_row,
        "MISSING_COLUMN",
        f"缺少“{one.header}”({one.name})：未找到列“{wanted}”；文件的列：{seen}",
        f"no column for {one.name!r}; the columns are: {', '.join(names[:COLUMNS_SHOWN])}",
        column=mapped or one.name,
    )


def _warn_unknown(names: Sequence[str], columns: Mapping[str, int], notes: Notes) -> None:
    used = {names[place] for place in columns.values()}
    for name, times in Counter(names).items():
        if name and name not in used and name != REASONS:
            zh, en = f"列“{name}”未使用", f"the column {name!r} is not used"
            again = f"（出现 {times} 次）" if times > 1 else ""
            notes.warn(notes.header_row, "UNKNOWN_COLUMN", zh + again, en, column=name)
