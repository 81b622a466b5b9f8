"""Reads one sheet of a workbook in a process of its own, within limits that it sets itself.

A hostile workbook can make any reader allocate more memory than there is, and the native library
used here then ends its process. So only this process ends, and the registry reports the reason. The
workbook is read from standard input. Standard output gets a line of JSON for the sheet, one for
every row that is not blank, and one at the end; without the last one the reading failed. The line
of a row has its number and its cells, and `true` behind them if the row is hidden. Other sheets are
opened only if their first rows are asked for (`heads`): before the end each has a line with them.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any, TextIO

from python_calamine import CalamineWorkbook, PasswordError

from plumbing.process_limits import limit_this_process
from services.registry.imports.read import workbook_parts
from services.registry.imports.read.workbook_parts import HEADER_ROWS

LONGEST_HEADING = 100  # characters of a cell among the first rows of another sheet
CERTAIN_DIGITS = 10**15  # whole numbers below this are what was typed
HELP_SHEETS = frozenset({"字段说明", "选项"})  # of our own templates, without rows

Cell = int | float | str | bool | time | date | datetime | timedelta


def main(arguments: Mapping[str, Any], content: bytes, out: TextIO) -> None:
    """Writes a sheet as JSON lines, or one line `{"fault": …}` if the workbook cannot be read."""
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        _write_sheet(workbook, arguments, content, out)
    except PasswordError:
        _write(out, {"fault": "ENCRYPTED"})
    except MemoryError:
        _write(out, {"fault": "TOO_LARGE"})
    except Exception:  # a broken file may make its readers raise anything
        _write(out, {"fault": "CORRUPT"})


def _write_sheet(workbook: Any, arguments: Mapping[str, Any], content: bytes, out: TextIO) -> None:
    given = arguments["sheet"]
    if given and given not in workbook.sheet_names:
        _write(out, {"fault": "NO_SUCH_SHEET", "sheets": workbook.sheet_names})
        return
    names = [given] if given else _visible(workbook)
    sheets = ((name, workbook.get_sheet_by_name(name)) for name in names)
    name, sheet = next(((n, s) for n, s in sheets if s.start is not None), ("", None))
    if sheet is None:
        _write(out, {"fault": "EMPTY_FILE"})
        return
    macros, from_1904 = workbook_parts.has_macros(content), workbook_parts.counts_from_1904(content)
    _write(out, {"sheet": name, "macros": macros, "from_1904": from_1904})
    filler = _Filler(sheet.merged_cell_ranges or [])
    failed = workbook_parts.failed_cells(content, name)
    hidden = workbook_parts.hidden_rows(content, name)
    end = _write_rows(sheet, filler, failed, hidden, arguments, out)
    last = {"end": end, "merged": filler.filled, "others": _others(workbook, name, content)}
    last |= {"comments": workbook_parts.comments(content, name), "hidden": len(hidden)}
    if arguments["heads"] and (broken := _write_heads(workbook, name, out)):
        last = {"fault": "BROKEN_SHEET", "sheet": broken}
    _write(out, last)


def _write_heads(workbook: Any, name: str, out: TextIO) -> str:
    """Writes the first rows of the other sheets, hidden ones too, to tell what they hold.

    Returns the name of one that cannot be looked at; empty if there is none.
    """
    visible = {*_visible(workbook)}
    for one in workbook.sheets_metadata:
        if "WorkSheet" in str(one.typ) and one.name != name:
            try:
                sheet = workbook.get_sheet_by_name(one.name)
            except MemoryError:
                raise
            except Exception:
                return str(one.name)
            if sheet.start is not None:
                head = {"head": one.name, "visible": one.name in visible}
                _write(out, {**head, "rows": [*islice(_head(sheet), HEADER_ROWS)]})
    return ""


def _head(sheet: Any) -> Iterator[list[Any]]:
    offset, filler = sheet.start[1], _Filler(sheet.merged_cell_ranges or [])
    for number, cells in enumerate(sheet.iter_rows(), 1):
        values = [*[None] * offset, *(_beginning(_as_json(cell)) for cell in cells)]
        filler.fill(number, values)
        if any(value is not None for value in values):
            yield [number, values]


def _beginning(value: Any) -> Any:
    return value[:LONGEST_HEADING] if isinstance(value, str) else value


def _visible(workbook: Any) -> list[str]:
    return [
        sheet.name
        for sheet in workbook.sheets_metadata
        if "WorkSheet" in str(sheet.typ) and str(sheet.visible).endswith(".Visible")
    ]


def _others(workbook: Any, name: str, content: bytes) -> list[str]:
    """Further sheets that hold something, so that nobody believes that they were read.

    They are not opened: what is wrong with them is no fault of the one that is read.
    """
    names = [other for other in _visible(workbook) if other not in (name, *HELP_SHEETS)]
    return [other for other in names if workbook_parts.may_hold_values(content, other)]


def _write_rows(
    sheet: Any,
    filler: _Filler,
    failed: Mapping[int, Mapping[int, str]],
    hidden: Set[int],
    limits: Mapping[str, Any],
    out: TextIO,
) -> int:
    offset, rows = sheet.start[1], 0
    for number, cells in enumerate(sheet.iter_rows(), 1):
        values = [*[None] * offset, *map(_as_json, cells)]
        for place, error in failed.get(number, {}).items():
            values += [None] * (place + 1 - len(values))
            values[place] = {"error": error}
        filler.fill(number, values)
        while values and values[-1] is None:
            values.pop()
        if not values:
            continue
        rows += 1
        line = _row(number, rows, values, limits)
        if isinstance(line, list) and number in hidden:
            line.append(True)
        _write(out, line)
        if isinstance(line, dict) and "too" in line:
            break
    return rows


def _row(
    number: int, rows: int, cells: list[Any], limits: Mapping[str, Any]
) -> list[Any] | dict[str, int | str]:
    if rows > limits["rows"] + HEADER_ROWS:
        return {"row": number, "too": "many"}
    if len(cells) > limits["columns"]:
        return {"row": number, "too": "wide"}
    for place, cell in enumerate(cells):
        if isinstance(cell, str) and len(cell) > limits["cell"]:
            return {"row": number, "long": place}
    return [number, cells]


def _as_json(cell: Cell) -> Any:
    """A cell as JSON: text, flag, `{"number": …}` or `{"day": …}`; None where it is blank."""
    if isinstance(cell, str):
        return cell if cell.strip() else None
    if isinstance(cell, bool):
        return cell
    if isinstance(cell, int | float):
        return {"number": digits_of(float(cell))}
    if isinstance(cell, datetime) and cell.time() != time():
        return {"day": cell.isoformat(" ", "seconds")}
    if isinstance(cell, date):
        return {"day": cell.isoformat()[:10]}
    return str(cell)


def digits_of(number: float) -> str:
    """Formats a number as text, in scientific notation if digits may have been lost."""
    if abs(number) >= CERTAIN_DIGITS:
        return f"{number:.14e}"
    return str(int(number)) if number.is_integer() else repr(number)


@dataclass
class _Filler:
    """Copies a cell that is merged over several rows into each of them, as a reader sees it.

    `filled` has, by column, the first row that was filled and how many were.
    """

    merges: list[tuple[tuple[int, int], tuple[int, int]]]
    filled: dict[str, list[int]] = field(default_factory=dict)
    _open: dict[int, tuple[int, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        down = [(first[0] + 1, first[1], last[0] + 1) for first, last in self.merges]
        self._coming: Iterator[tuple[int, int, int]] = iter(sorted(down))
        self._next = next(self._coming, None)

    def fill(self, number: int, cells: list[Any]) -> None:
        """Fills the cells of a row from the merged cells that cover it; a blank row stays blank."""
        if any(cell is not None for cell in cells):
            for place, (last, value) in list(self._open.items()):
                if number > last:
                    del self._open[place]
                elif place < len(cells) and cells[place] is None and value is not None:
                    cells[place] = value
                    self.filled.setdefault(str(place), [number, 0])[1] += 1
        while self._next and self._next[0] <= number:
            first, place, last = self._next
            if first == number and last > first:
                self._open[place] = (last, cells[place] if place < len(cells) else None)
            self._next = next(self._coming, None)


def _write(out: TextIO, message: object) -> None:
    out.write(json.dumps(message, ensure_ascii=False, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    limit_this_process(seconds=given["seconds"], memory=given["memory"], written=given["unpacked"])
    with io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="\n") as lines:
        main(given, sys.stdin.buffer.read(), lines)
