"""A file's rows as values, every bad cell noted; nothing here looks into the register."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from itertools import chain, islice

from protos.registry.v1 import registry_pb2 as pb
from services.registry.imports.read import file_type
from services.registry.imports.read.limits import BadFile, FileLimits
from services.registry.imports.read.text import Row, Sheet
from services.registry.imports.read.workbook import Workbook, too_many
from services.registry.imports.read.workbook_parts import HEADER_ROWS
from services.registry.imports.rows import cells
from services.registry.imports.rows import columns as mapping
from services.registry.imports.rows.columns import Binding
from services.registry.imports.rows.faults import Notes
from services.registry.imports.rows.reader import Item, RowReader


@dataclass
class Read:
    """A file, read. `bad` are rows with a fault, as far as they could be read."""

    encoding: str = ""
    sheet: str = ""
    names: Sequence[str] = ()
    rows: int = 0
    items: list[Item] = field(default_factory=list)
    bad: list[Item] = field(default_factory=list)
    notes: Notes = field(default_factory=Notes)
    binding: Binding | None = None
    source: Sheet | Workbook | None = None

    def column(self, name: str) -> str:
        """The column that holds a field."""
        return self.binding.column(name) if self.binding else name

    def rejected(self, wanted: set[int]) -> Iterator[Row]:
        """Rows of the file as they stand in it, by number, below its header."""
        below = {number for number in wanted if number > self.notes.header_row}
        if not below or self.source is None:
            return iter(())
        return (row for row in self._as_far_as_readable() if row.number in below)

    def _as_far_as_readable(self) -> Iterator[Row]:
        with suppress(BadFile):  # noted when it was read
            yield from self.source.rows() if self.source else ()


def read(
    header: pb.ImportHeader, content: bytes, today: date, limits: FileLimits | None = None
) -> Read:
    """Reads a whole file. `today` is the platform's day."""
    limits = limits or FileLimits()
    done = Read(notes=Notes(limits))
    try:
        source = done.source = file_type.open_file(content, header.sheet, limits)
        done.encoding, done.sheet = source.encoding, source.sheet
        _read_source(header, source, done, today)
    except BadFile as bad:
        done.notes.refuse(bad)
    return done


def _read_source(
    header: pb.ImportHeader, source: Sheet | Workbook, done: Read, today: date
) -> None:
    first, rows = _header_of(header, source.rows())
    if first is None:
        raise BadFile("EMPTY_FILE", "文件是空的", "the file is empty")
    done.notes.header_row = first.number
    if first.broken and first.broken[0] == "BAD_ENCODING":
        zh = "表头无法解码；请另存为 UTF-8 或 GB 18030 编码的 CSV"
        en = "the header cannot be decoded; save the file as CSV in UTF-8 or GB 18030"
        raise BadFile("BAD_ENCODING", zh, en)
    if first.broken:
        raise BadFile(*first.broken)
    _read_rows(header, first.cells, rows, done, today)
    if isinstance(source, Workbook):
        _note_sheet(source, done)


def _header_of(header: pb.ImportHeader, rows: Iterator[Row]) -> tuple[Row | None, Iterator[Row]]:
    """The header, and what stands below it: titles and notes may stand above.

    It is the row among the first that names the most fields; the very first where none does.
    """
    top = list(islice(rows, HEADER_ROWS))
    if not top:
        return None, rows
    found = [0 if row.broken else mapping.fields_found(header, row.cells) for row in top]
    place = found.index(max(found))
    return top[place], chain(top[place + 1 :], rows)


def _read_rows(
    header: pb.ImportHeader,
    names: list[str],
    rows: Iterator[Row],
    done: Read,
    today: date,
) -> None:
    notes, limits = done.notes, done.notes.limits
    if len(names) > limits.columns:
        raise too_many(notes.header_row, "wide", limits)
    if isinstance(done.source, Workbook):
        notes.places = {cells.said(name): n for n, name in reversed([*enumerate(names)])}
    done.names = names
    done.binding = mapping.bind(header, names, notes)
    told = done.source.told if isinstance(done.source, Workbook) else None
    reader = RowReader(header, done.binding, notes, today, told)
    for row in rows:
        done.rows += 1
        if done.rows > limits.rows:
            raise too_many(row.number, "many", limits)
        if notes.header_is_bad:
            continue
        item = reader.read(row)
        if item is not None:
            fine = item.row not in notes.bad_rows
            (done.items if fine else done.bad).append(item)
    if not done.rows:
        raise BadFile("NO_ROWS", "文件只有表头", "the file holds only a header")


def _note_sheet(source: Workbook, done: Read) -> None:
    """What is worth a notice about a workbook whose rows were read."""
    notes, told = done.notes, source.told
    if told.macros:
        zh, en = "工作簿含有宏；宏不会运行，也不会保存", "it holds macros, neither run nor kept"
        notes.warn(notes.header_row, "MACROS", zh, en)
    if told.others:
        names = "、".join(told.others)
        zh = f"只读取了工作表“{told.sheet}”；另有内容的工作表：{names}"
        en = f"only the sheet {told.sheet!r} was read; others hold something too: {names}"
        notes.warn(notes.header_row, "OTHER_SHEETS", zh, en)
    for place, (row, times) in told.merged.items():
        if place < len(done.names):
            zh = f"合并的单元格按其覆盖的每一行填写，共 {times} 处"
            en = f"merged cells count for every row they cover, {times} times"
            notes.warn(row, "MERGED_CELLS", zh, en, column=cells.said(done.names[place]))
