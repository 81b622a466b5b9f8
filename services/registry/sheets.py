"""Reads a small workbook or CSV file of one kind of rows, of which each cell belongs to a field.

Registers and their results come through `imports`, which knows many writings of a heading, stages
and undoes. A file here is taken whole or not at all, in one transaction.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any, TypeVar

from google.protobuf.message import Message

from law.errors import Fault, InvalidInput
from law.identity import folded
from law.reader.strict_reader import Reader
from plumbing.servicer import Servicer
from protos.registry.v1 import registry_pb2 as pb
from services.registry.imports.read.file_type import open_file
from services.registry.imports.read.limits import BadFile, FileLimits
from services.registry.imports.read.text import Failed, Row
from services.registry.imports.rows import cells, days
from services.registry.imports.rows.bad_cell import BadCell

# Of a file that is taken in one transaction: others who write wait for it, and so does a browser.
MOST_ROWS = 300
Answer = TypeVar("Answer", bound=Message)
_FAILED = ("公式没有可用的结果", "the formula has no value")
_MOST_NAMED = 20  # headings that are not known, of which a person is told


@dataclass(frozen=True)
class SheetRow:
    """A row of a file: its number, and its cells by field; a blank cell is left out."""

    number: int
    cells: Mapping[str, str]

    def fault(self, column: str, zh: str, en: str) -> Fault:
        """Returns a fault of a cell of the row, named by its Chinese heading."""
        number = self.number
        zh, en = f"第 {number} 行“{column}”：{zh}", f"row {number}, {column}: {en}"
        return Fault(f"rows.{number}", zh, en, row=number, column=column)


@dataclass(frozen=True)
class Columns:
    """The columns of a file: for each field its headings, the Chinese one that people see first.

    Those in `needed` have to be there; the cells of `days` are days in any usual writing.
    """

    headings: Mapping[str, Sequence[str]]
    needed: Collection[str]
    days: Collection[str] = field(default=())

    def heading(self, name: str) -> str:
        """Returns the heading of a field, as people see it; the field where it has none."""
        return self.headings[name][0] if name in self.headings else name

    def read(self, row: SheetRow, faults: list[Fault]) -> Reader:
        """Returns a Reader of a row; `note` turns the faults that it finds to faults of the row."""
        values: dict[str, object] = dict(row.cells)
        for name in self.days:
            if name in row.cells:
                values[name] = self._day(row, name, faults)
        return Reader(values, "", [])

    def note(self, row: SheetRow, reader: Reader, faults: list[Fault]) -> None:
        """Adds the faults of a row's Reader, each with the number of the row and the heading."""
        for one in reader.faults:
            name = one.field.lstrip(".")
            faults.append(row.fault(self.heading(name), one.message_zh, one.message_en))

    def _day(self, row: SheetRow, name: str, faults: list[Fault]) -> date | str:
        try:
            return days.day(row.cells[name])
        except BadCell as error:
            faults.append(row.fault(self.heading(name), error.zh, error.en))
            return date.min


@dataclass(frozen=True)
class Sheet:
    """The rows of a file, and the columns that were not read."""

    rows: Sequence[SheetRow]
    unread: pb.UnreadColumns

    def tell_unread(self, answer: Any) -> None:
        """Puts the columns that were not read into the response of a call that took the rows."""
        if self.unread.headings:
            answer.unread.CopyFrom(self.unread)


async def taken(
    servicer: Servicer,
    request: Any,
    command: Callable[..., Awaitable[Answer]],
    columns: Columns,
    limits: FileLimits,
) -> Answer:
    """Runs a command on the rows of a request's file; the response tells what was not read.

    Raises InvalidInput as `read_sheet` does, and what the command raises.
    """
    sheet = await asyncio.to_thread(read_sheet, request.content, columns, limits)
    answer = await servicer.once(request, command, rows=sheet.rows)
    sheet.tell_unread(answer)
    return answer


def read_sheet(content: bytes, columns: Columns, limits: FileLimits) -> Sheet:
    """Reads the rows below the headings of a workbook or CSV file.

    Raises InvalidInput for a file that is no table, has too many rows or lacks a needed column, and
    names each row that cannot be read and each cell whose formula has no value.
    """
    try:
        # Of a file with very many rows no more is kept than shows that it has too many.
        rows = list(islice(open_file(content, "", limits).rows(), MOST_ROWS + 2))
    except BadFile as error:
        raise InvalidInput(faults=[Fault("content", error.zh, error.en)]) from error
    if not rows:
        raise InvalidInput(faults=[Fault("content", "文件是空的", "the file is empty")])
    if len(rows) > MOST_ROWS + 1:
        zh, en = f"一次最多 {MOST_ROWS} 行，请分成几个文件", f"has more than {MOST_ROWS} rows"
        raise InvalidInput(faults=[Fault("content", zh, en)])
    places = _places(rows[0].cells, columns)
    _refuse_broken(rows, columns, places)
    found = (SheetRow(row.number, _cells(row, places)) for row in rows[1:])
    return Sheet([row for row in found if row.cells], _unread(rows[0], columns, places))


def _unread(heads: Row, columns: Columns, places: Mapping[str, int]) -> pb.UnreadColumns:
    """The columns with a heading that names no field."""
    read = {*places.values()}
    headings = [
        cells.excerpt(head.strip())
        for n, head in enumerate(heads.cells)
        if head.strip() and n not in read
    ]
    rest = len(headings) - _MOST_NAMED
    zh = "、".join(f"“{one}”" for one in headings[:_MOST_NAMED])
    zh += f"等 {len(headings)} 个" if rest > 0 else ""
    en = ", ".join(headings[:_MOST_NAMED]) + (f" and {rest} more" if rest > 0 else "")
    known = "、".join(map(columns.heading, columns.headings))
    return pb.UnreadColumns(
        headings=headings,
        message_zh=f"第 {heads.number} 行有不认识的列名：{zh}。这些列没有读取。"
        f"认识的列名：{known}。",
        message_en=f"Row {heads.number} has headings that are not known: {en}. Nothing of these"
        f" columns was read. Known are: {', '.join(columns.headings)}.",
    )


def _places(heads: Sequence[str], columns: Columns) -> Mapping[str, int]:
    known = {
        folded(heading): name
        for name, all_ in columns.headings.items()
        for heading in (*all_, name)
    }
    heads = [folded(head).strip("*") for head in heads]  # a template marks what is needed
    places: dict[str, int] = {}
    for n, name in enumerate(known.get(head, "") for head in heads):
        if name and name in places:
            zh, en = (f"“{columns.heading(name)}”有两列", f"has two columns of {name}")
            raise InvalidInput(faults=[Fault("content", zh, en)])
        if name:
            places[name] = n
    missing = [columns.heading(name) for name in columns.needed if name not in places]
    if missing:
        zh = f"缺少列：{'、'.join(missing)}；第一行应为列名"
        raise InvalidInput(faults=[Fault("content", zh, f"lacks columns: {', '.join(missing)}")])
    return places


def _refuse_broken(rows: Sequence[Row], columns: Columns, places: Mapping[str, int]) -> None:
    """Raises InvalidInput for rows that cannot be read, and for formulas without a value."""
    faults = [
        Fault(
            f"rows.{row.number}",
            f"第 {row.number} 行：{row.broken[1]}",
            f"row {row.number}: {row.broken[2]}",
            row=row.number,
        )
        for row in rows
        if row.broken
    ]
    faults += [
        SheetRow(row.number, {}).fault(columns.heading(name), *_FAILED)
        for row in rows[1:]
        for name, n in places.items()
        if n < len(row.cells) and isinstance(row.cells[n], Failed)
    ]
    if faults:
        raise InvalidInput(faults=faults)


def _cells(row: Row, places: Mapping[str, int]) -> dict[str, str]:
    found = {name: row.cells[n] for name, n in places.items() if n < len(row.cells)}
    # A number of a workbook stays one: it may have lost what was typed.
    found = {name: cell.strip() if type(cell) is str else cell for name, cell in found.items()}
    return {name: cell for name, cell in found.items() if cell}
