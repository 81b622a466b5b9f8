"""Finds the column of a file that has each field."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from law.errors import Fault, InvalidInput
from protos.registry.v1 import registry_pb2 as pb
from services.registry.imports.rows import cells
from services.registry.imports.rows.families import FAMILIES, Family, FamilyName, Field
from services.registry.imports.rows.faults import Notes
from services.registry.imports.rows.headings import Headings, plain

REASONS = "原因"  # the last column of a file of rejected rows
COLUMNS_SHOWN = 40


@dataclass(frozen=True)
class Binding:
    """The column of each field in a file, and the constants that apply to every row.

    `values` translates, for each field, a cell's text to the text that the register accepts.
    """

    names: Sequence[str]
    columns: Mapping[str, int]
    constants: Mapping[str, str]
    values: Mapping[str, Mapping[str, str]] = dataclasses.field(default_factory=dict)

    def column(self, name: str) -> str:
        """Returns the name of the column that has a field; the field's name if there is none."""
        return (self.names[self.columns[name]] if name in self.columns else "") or name


def check_header(header: pb.ImportHeader) -> None:
    """Raises InvalidInput if an import's header names unknown fields or contradicts itself."""
    faults = [
        *_unknown_fields(header),
        *match_faults(header.family, header.matches, "header.matches"),
    ]
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


def match_faults(
    family: str, matches: Iterable[pb.ColumnMatch], path: str = "matches"
) -> Iterator[Fault]:
    """Yields a fault for each match of an unknown field, and for each second match of one.

    The path of a fault is `path` and the number of the column.
    """
    fields = FAMILIES[FamilyName(family)].fields
    columns: dict[str, int] = {}
    matched: set[int] = set()
    for match in matches:
        at = f"{path}.{match.column}"
        if match.field not in fields:
            yield Fault(at, "没有此字段", "there is no such field")
        elif match.field in columns:
            header, first = fields[match.field].header, columns[match.field]
            zh = f"“{header}”已对应第 {first} 列，不能再对应第 {match.column} 列"
            en = f"column {first} is {match.field!r} already; column {match.column} cannot be too"
            yield Fault(at, zh, en)
        elif match.column in matched:
            zh, en = f"第 {match.column} 列已对应另一字段", f"column {match.column} has a field"
            yield Fault(at, zh, en)
        columns.setdefault(match.field, match.column)
        matched.add(match.column)


def fields_of(header: pb.ImportHeader) -> Mapping[str, Field]:
    """Returns the fields that a file may have; `entered_on` is only in a first load."""
    fields = FAMILIES[FamilyName(header.family)].fields
    return {name: one for name, one in fields.items() if name != "entered_on" or header.baseline}


def is_needed(header: pb.ImportHeader, field: Field) -> bool:
    """Returns True if a field needs a column: it is required and nothing else gives its value."""
    given_by_bureau = field.name == "bureau" and bool(header.bureau)
    return field.required and field.name not in header.constants and not given_by_bureau


def bind(
    header: pb.ImportHeader,
    names: Sequence[str],
    notes: Notes,
    headings: Headings | None = None,
) -> Binding:
    """Finds the column of each field in a file; `headings` are the ones that are known.

    Adds faults for missing and duplicate columns and warnings for unknown ones, on the header row.
    """
    family = FAMILIES[FamilyName(header.family)]
    clean = [cells.clean(name) for name in names]
    constants = _constants(header, family)
    columns: dict[str, int] = {}
    known = headings or Headings(header)
    for name, field in fields_of(header).items():
        if header.matches:
            place = _confirmed_place(header, field, clean, notes)
        else:
            place = _place(known, field, clean, notes, columns.values())
        if place is not None:
            columns[name] = place
        elif is_needed(header, field):
            _note_missing(field, header.columns.get(name, ""), clean, notes)
    if not header.matches:  # whoever confirmed the others knows of them
        _warn_unknown(known, clean, columns, notes)
    values: dict[str, dict[str, str]] = {}
    for key, value in header.values.items():
        name, _, cell = key.partition(":")
        values.setdefault(name, {})[cell] = value
    return Binding(clean, columns, constants, values)


def _constants(header: pb.ImportHeader, family: Family) -> dict[str, str]:
    constants = dict(header.constants)
    if "bureau" in family.fields and header.bureau:
        constants.setdefault("bureau", header.bureau)
    return constants


def _confirmed_place(
    header: pb.ImportHeader, field: Field, names: Sequence[str], notes: Notes
) -> int | None:
    number = next((match.column for match in header.matches if match.field == field.name), 0)
    if number > len(names):
        zh, en = f"文件没有第 {number} 列", f"the file has no column {number}"
        notes.fault(notes.header_row, "MISSING_COLUMN", zh, en, column=field.name)
        return None
    return number - 1 if number else None


def _place(
    known: Headings,
    field: Field,
    names: Sequence[str],
    notes: Notes,
    taken: Collection[int],
) -> int | None:
    mapped = known.header.columns.get(field.name)
    if mapped is None and field.name in known.header.constants:
        return None
    plain_names = [plain(name) for name in names]
    free = [n for place, n in enumerate(plain_names) if place not in taken or mapped is not None]
    heading = next((name for name in known.of(field) if name in free), None)
    if heading is None:
        if mapped is not None and not field.required:
            _note_missing(field, mapped, names, notes)
        return None
    place = plain_names.index(heading)
    if plain_names.count(heading) > 1:
        zh, en = f"列名“{heading}”重复", f"the column {heading!r} stands more than once"
        notes.fault(notes.header_row, "DUPLICATE_COLUMN", zh, en, column=names[place])
    return place


def _note_missing(field: Field, mapped: str, names: Sequence[str], notes: Notes) -> None:
    seen = "、".join(names[:COLUMNS_SHOWN])
    heading = mapped or f"{field.header}”或“{field.name}"
    notes.fault(
        notes.header_row,
        "MISSING_COLUMN",
        f"缺少“{field.header}”({field.name})：未找到列“{heading}”；文件的列：{seen}",
        f"no column for {field.name!r}; the columns are: {', '.join(names[:COLUMNS_SHOWN])}",
        column=mapped or field.name,
    )


def _warn_unknown(
    known: Headings, names: Sequence[str], columns: Mapping[str, int], notes: Notes
) -> None:
    used = {names[place] for place in columns.values()}
    if passed_over := [name for name in names if plain(name) in known.passed_over]:
        zh, en = "个人信息等列，不读取、不保存", "columns of persons and others are not stored"
        value = "、".join(passed_over)
        notes.warn(notes.header_row, "NOT_STORED", zh, en, value=value)
    for name, times in Counter(names).items():
        if name and name not in used and name != REASONS and plain(name) not in known.passed_over:
            zh, en = f"列“{name}”未使用", f"the column {name!r} is not used"
            again = f"（出现 {times} 次）" if times > 1 else ""
            notes.warn(notes.header_row, "UNKNOWN_COLUMN", zh + again, en, column=name)
