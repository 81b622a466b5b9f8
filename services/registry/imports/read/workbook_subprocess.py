"""Reads one sheet of a workbook, as a process of its own.

A hostile workbook can make any reader ask for more memory than there is, and the native one we use
ends its process then. So it is this process that ends, within limits it sets itself, and the
registry says why. The workbook comes on standard input; a line of JSON goes out for the sheet, one
for every row that holds something, and one at the end, without which the reading failed.
"""

from __future__ import annotations

import io
import json
import resource
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, TextIO

from python_calamine import CalamineWorkbook, PasswordError

from services.registry.imports.read import workbook_parts
from services.registry.imports.read.workbook_parts import HEADER_ROWS

CERTAIN_DIGITS = 10**15  # whole numbers below this are what was typed
EXPLAINED = frozenset({"字段说明", "选项"})  # sheets of our own templates that hold no rows

Cell = int | float | str | bool | time | date | datetime | timedelta


def main(arguments: Mapping[str, Any], content: bytes, out: TextIO) -> None:
    """Unpacks; what is wrong with the whole is one line `{"fault": …}`."""
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        _unpack(workbook, arguments, content, out)
    except PasswordError:
        _say(out, {"fault": "ENCRYPTED"})
    except MemoryError:
        _say(out, {"fault": "TOO_LARGE"})
    except Exception:  # whatever a broken file makes of its readers
        _say(out, {"fault": "CORRUPT"})


def _unpack(workbook: Any, arguments: Mapping[str, Any], content: bytes, out: TextIO) -> None:
    wanted = arguments["sheet"]
    if wanted and wanted not in workbook.sheet_names:
        _say(out, {"fault": "NO_SUCH_SHEET", "sheets": workbook.sheet_names})
        return
    names = [wanted] if wanted else _visible(workbook)
    sheets = ((name, workbook.get_sheet_by_name(name)) for name in names)
    name, sheet = next(((n, s) for n, s in sheets if s.start is not None), ("", None))
    if sheet is None:
        _say(out, {"fault": "EMPTY_FILE"})
        return
    macros, from_1904 = workbook_parts.has_macros(content), workbook_parts.counts_from_1904(content)
    _say(out, {"sheet": name, "macros": macros, "from_1904": from_1904})
    filler = _Filler(sheet.merged_cell_ranges or [])
    failed = workbook_parts.failed_cells(content, name)
    end = _rows(sheet, filler, failed, arguments, out)
    others = [] if wanted else _others(workbook, name)
    _say(out, {"end": end, "merged": filler.filled, "others": others})


def _visible(workbook: Any) -> list[str]:
    return [
        one.name
        for one in workbook.sheets_metadata
        if "WorkSheet" in str(one.typ) and str(one.visible).endswith(".Visible")
    ]


def _others(workbook: Any, name: str) -> list[str]:
    """Further sheets that hold something: nobody should believe that they were read."""
    names = [one for one in _visible(workbook) if one != name and one not in EXPLAINED]
    return [one for one in names if workbook.get_sheet_by_name(one).start is not None]


def _rows(
    sheet: Any,
    filler: _Filler,
    failed: Mapping[int, Mapping[int, str]],
    limits: Mapping[str, Any],
    out: TextIO,
) -> int:
    offset, rows = sheet.start[1], 0
    for number, cells in enumerate(sheet.iter_rows(), 1):
        said = [*[None] * offset, *map(_told, cells)]
        for place, error in failed.get(number, {}).items():
            said += [None] * (place + 1 - len(said))
            said[place] = {"error": error}
        filler.fill(number, said)
        while said and said[-1] is None:
            said.pop()
        if not said:
            continue
        rows += 1
        line = _row(number, rows, said, limits)
        _say(out, line)
        if isinstance(line, dict) and "too" in line:
            break
    return rows


def _row(number: int, rows: int, cells: list[Any], limits: Mapping[str, Any]) -> object:
    if rows > limits["rows"] + HEADER_ROWS:
        return {"row": number, "too": "many"}
    if len(cells) > limits["columns"]:
        return {"row": number, "too": "wide"}
    for place, cell in enumerate(cells):
        if isinstance(cell, str) and len(cell) > limits["cell"]:
            return {"row": number, "long": place}
    return [number, cells]


def _told(cell: Cell) -> Any:
    """A cell as JSON: text, flag, `{"number": …}` or `{"day": …}`; None where it is blank."""
    if isinstance(cell, str):
        return cell if cell.strip() else None
    if isinstance(cell, bool):
        return cell
    if isinstance(cell, int | float):
        return {"number": number_told(float(cell))}
    if isinstance(cell, datetime) and cell.time() != time():
        return {"day": cell.isoformat(" ", "seconds")}
    if isinstance(cell, date):
        return {"day": cell.isoformat()[:10]}
    return str(cell)


def number_told(number: float) -> str:
    """A number as it may be read: in scientific notation where digits may have been lost."""
    if abs(number) >= CERTAIN_DIGITS:
        return f"{number:.14e}"
    return str(int(number)) if number.is_integer() else repr(number)


@dataclass
class _Filler:
    """Says what a cell merged over several rows says in each of them, as a reader would."""

    merges: list[tuple[tuple[int, int], tuple[int, int]]]
    filled: dict[str, list[int]] = field(default_factory=dict)
    _open: dict[int, tuple[int, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        down = [(first[0] + 1, first[1], last[0] + 1) for first, last in self.merges]
        self._coming: Iterator[tuple[int, int, int]] = iter(sorted(down))
        self._next = next(self._coming, None)

    def fill(self, number: int, cells: list[Any]) -> None:
        """Fills one row; a row that holds nothing itself stays blank."""
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


def _say(out: TextIO, said: object) -> None:
    out.write(json.dumps(said, ensure_ascii=False, separators=(",", ":")) + "\n")


def _limit(arguments: Mapping[str, Any]) -> None:
    with suppress(OSError):  # where memory ends nevertheless, this process goes first
        Path("/proc/self/oom_score_adj").write_text("1000")
    seconds = arguments["seconds"]
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # ends the process, so that its end says why
    for what, most, last in (
        (resource.RLIMIT_CPU, seconds, seconds + 1),
        (resource.RLIMIT_AS, arguments["memory"], arguments["memory"]),
        (resource.RLIMIT_FSIZE, arguments["unpacked"], arguments["unpacked"]),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        _, hard = resource.getrlimit(what)  # that of the registry itself cannot be raised
        bound = last if hard == resource.RLIM_INFINITY else min(last, hard)
        resource.setrlimit(what, (min(most, bound), bound))


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    _limit(given)
    with io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="\n") as lines:
        main(given, sys.stdin.buffer.read(), lines)
