"""Reads a whole file: its header, then every row as values; does not read the register."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from itertools import chain, islice, pairwise, repeat
from typing import Any, NamedTuple

from protos.registry.v1 import registry_pb2 as pb
from services.registry.imports.read import file_type
from services.registry.imports.read.limits import BadFile, FileLimits
from services.registry.imports.read.text import Row, Sheet
from services.registry.imports.read.workbook import Workbook, too_many
from services.registry.imports.read.workbook_parts import HEADER_ROWS
from services.registry.imports.rows import cells
from services.registry.imports.rows import columns as mapping
from services.registry.imports.rows.by_columns import ColumnReader, portions
from services.registry.imports.rows.columns import Binding
from services.registry.imports.rows.faults import Notes
from services.registry.imports.rows.headings import Headings
from services.registry.imports.rows.left_out import TURNED_AWAY, LeftOut
from services.registry.imports.rows.reader import Item, RowReader


@dataclass
class FileContent:
    """The content that was read from a file.

    `items` are the rows without a bad cell, `bad` the other rows as far as they could be read;
    `rows` is the number of all rows, without the header and the rows `left_out`; `turned_away` are
    those of the latter that are a decision of the bureau, though none for the register.
    """

    encoding: str = ""
    sheet: str = ""
    names: Sequence[str] = ()
    rows: int = 0
    left_out: int = 0
    turned_away: int = 0
    items: list[Item] = field(default_factory=list)
    bad: list[Item] = field(default_factory=list)
    notes: Notes = field(default_factory=Notes)
    binding: Binding | None = None
    source: Sheet | Workbook | None = None

    def column(self, name: str) -> str:
        """Returns the name of the column that has a field."""
        return self.binding.column(name) if self.binding else name

    def rejected(self, numbers: set[int]) -> Iterator[Row]:
        """Yields the rows with these numbers as they are in the file, without its header."""
        below = {number for number in numbers if number > self.notes.header_row}
        if not below or self.source is None:
            return iter(())
        return (row for row in self._readable_rows() if row.number in below)

    def _readable_rows(self) -> Iterator[Row]:
        with suppress(BadFile):  # noted when it was read
            yield from self.source.rows() if self.source else ()


def read_file(
    header: pb.ImportHeader,
    content: bytes,
    today: date,
    limits: FileLimits | None = None,
    type_names: Mapping[str, str] | None = None,
) -> FileContent:
    """Reads a whole file; its faults are listed in the result, not raised.

    `today` is the day on the platform's clock. `type_names` are names of types of instruments,
    beside those of the catalogue, with the codes that they mean.
    """
    limits = limits or FileLimits()
    file = FileContent(notes=Notes(limits))
    try:
        source = file.source = file_type.open_file(content, header.sheet, limits)
        file.encoding, file.sheet = source.encoding, source.sheet
        _read_source(header, source, file, today, type_names or {})
    except BadFile as bad:
        file.notes.refuse(bad)
    return file


def _read_source(
    header: pb.ImportHeader,
    source: Sheet | Workbook,
    file: FileContent,
    today: date,
    type_names: Mapping[str, str],
) -> None:
    parts = divide(Headings(header), source.rows())
    file.notes.header_row = parts.header.number
    check_heading(parts.header, file.notes.limits)
    notes = file.notes
    names = file.names = parts.header.cells
    if isinstance(source, Workbook):
        notes.places = {cells.clean(name): n for n, name in reversed([*enumerate(names)])}
    binding = file.binding = mapping.bind(header, names, notes)
    facts = source.facts if isinstance(source, Workbook) else None
    reader = RowReader(header, binding, notes, today, facts, type_names)
    without = LeftOut(header, binding)
    quick = ColumnReader(reader, without, len(names))
    for portion in portions(parts.below):
        none = repeat(None, len(portion))  # the rows of a refused file are only counted
        found = none if notes.header_is_bad else quick.read(portion)
        _read_rows(reader, without, zip(portion, found, strict=True), file)
    if not (file.rows or file.turned_away):
        raise BadFile("NO_ROWS", "文件只有表头", "the file holds only a header")
    if isinstance(source, Workbook):
        _note_sheet(source, file)


class Parts(NamedTuple):
    """The parts of a table: titles and notes above the header, the header, the rows below it."""

    above: Sequence[Row]
    header: Row
    below: Iterator[Row]


def divide(known: Headings, rows: Iterator[Row]) -> Parts:
    """Finds the header of a table. Raises BadFile if there is no row at all.

    The header is the row that was confirmed; else the row, among the first twenty, that names the
    most fields, or two rows if they name more fields together; the first row where none names any.
    """
    top = list(islice(rows, HEADER_ROWS))
    if not top:
        raise BadFile("EMPTY_FILE", "文件是空的", "the file is empty")
    fields = [0 if row.broken else known.found(row.cells) for row in top]
    place = fields.index(max(fields))
    header = top[place]
    if known.header.header_row:
        place = _place_of(top, known.header.header_row)
        header = top[place]
    elif pair := _better_pair(known, top, fields[place]):
        place, header = pair
        return Parts(top[: place - 1], header, chain(top[place + 1 :], rows))
    return Parts(top[:place], header, chain(top[place + 1 :], rows))


def _place_of(top: Sequence[Row], number: int) -> int:
    found = (place for place, row in enumerate(top) if row.number == number)
    return next(found, 0)


def _better_pair(known: Headings, top: Sequence[Row], least: int) -> tuple[int, Row] | None:
    """The first two rows that name more fields together than `least`; their place and header."""
    for place, (upper, lower) in enumerate(pairwise(top), 1):
        if not (upper.broken or lower.broken):
            names = known.joined(upper.cells, lower.cells)
            if known.found(names) > least:
                return place, Row(lower.number, names)
    return None


def check_heading(row: Row, limits: FileLimits) -> None:
    """Raises BadFile if the header row cannot be read, or has too many columns."""
    if row.broken and row.broken[0] == "BAD_ENCODING":
        zh = "表头无法解码；请另存为 UTF-8 或 GB 18030 编码的 CSV"
        en = "the header cannot be decoded; save the file as CSV in UTF-8 or GB 18030"
        raise BadFile("BAD_ENCODING", zh, en)
    if row.broken:
        raise BadFile(*row.broken)
    if len(row.cells) > limits.columns:
        raise too_many(row.number, "wide", limits)


def _read_rows(
    reader: RowReader,
    without: LeftOut,
    rows: Iterable[tuple[Row, dict[str, Any] | None]],
    file: FileContent,
) -> None:
    """Adds rows to a file, each with its values if it was read by columns."""
    notes, limits = file.notes, file.notes.limits
    for row, values in rows:
        if values is None and (reason := without.reason(row)):
            file.left_out += 1
            file.turned_away += reason in TURNED_AWAY
            notes.warn(row.number, *reason, value=text_of(row))
            continue
        file.rows += 1
        if file.rows > limits.rows:
            raise too_many(row.number, "many", limits)
        if notes.header_is_bad:
            continue
        item = reader.read(row) if values is None else Item(row.number, values)
        if item is not None:
            good = item.row not in notes.bad_rows
            (file.items if good else file.bad).append(item)


def text_of(row: Row) -> str:
    """Returns the text of a row's cells, shortened to at most 100 characters."""
    return cells.excerpt(" ".join(filter(None, map(cells.clean, row.cells))))


def _note_sheet(source: Workbook, file: FileContent) -> None:
    """Warns of macros, of sheets that were not read, and of merged cells."""
    notes, facts = file.notes, source.facts
    if facts.macros:
        zh, en = "工作簿含有宏；宏不会运行，也不会保存", "it holds macros, neither run nor kept"
        notes.warn(notes.header_row, "MACROS", zh, en)
    if facts.others and not facts.given:
        names = "、".join(facts.others)
        zh = f"只读取了工作表“{facts.sheet}”；另有内容的工作表：{names}"
        en = f"only the sheet {facts.sheet!r} was read; others hold something too: {names}"
        notes.warn(notes.header_row, "OTHER_SHEETS", zh, en)
    for row, place, text in facts.comments:
        name = cells.clean(file.names[place]) if place < len(file.names) else ""
        zh, en = "单元格有批注，批注不读取", "the cell has a note, which is not read"
        notes.warn(row, "COMMENT", zh, en, column=name, value=text)
    for place, (row, times) in facts.merged.items():
        if place < len(file.names):
            zh = f"合并的单元格按其覆盖的每一行填写，共 {times} 处"
            en = f"merged cells count for every row they cover, {times} times"
            notes.warn(row, "MERGED_CELLS", zh, en, column=cells.clean(file.names[place]))
