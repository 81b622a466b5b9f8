"""Reads a workbook as rows of cells, in a process of its own (`workbook_subprocess`)."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import weakref
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, NamedTuple

from services.registry.imports.read.limits import BadFile, FileLimits
from services.registry.imports.read.text import Failed, Number, Row, huge_cell

READER = "services.registry.imports.read.workbook_subprocess"
WALL_FACTOR = 5  # how much longer than its limit of processor time a reading may last
HEAD = b'{"head":'  # begins the line of another sheet
LAST_LINE = 1024 * 1024  # bytes at the end that are certain to hold the last line
OUT_OF_MEMORY = (signal.SIGABRT, signal.SIGSEGV, signal.SIGKILL)
TOO_LARGE = "工作簿过大", "the workbook is too large"


@dataclass(frozen=True)
class SheetFacts:
    """The facts about a sheet that the reading process reports besides its rows.

    `merged` maps a column, from 0, to the first row filled from a merged cell and the number of
    rows filled. `others` are further sheets that are not blank. `comments` are the notes in cells:
    row from 1, column from 0, text; at most 200. `hidden` counts the rows that are hidden, and
    `given` tells that the sheet was asked for by name.
    """

    sheet: str
    macros: bool = False
    from_1904: bool = False
    merged: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    others: tuple[str, ...] = ()
    comments: tuple[tuple[int, int, str], ...] = ()
    hidden: int = 0
    given: bool = False


class Head(NamedTuple):
    """The first rows of a sheet, and whether it is shown to whoever opens the workbook."""

    name: str
    rows: list[Row]
    visible: bool


class Workbook:
    """One sheet of a workbook, read as rows. Raises BadFile if it cannot be read.

    With `heads` all other sheets are opened too, and it is raised if one of them cannot be read.
    """

    encoding = "xlsx"

    def __init__(
        self, content: bytes, sheet: str, limits: FileLimits, *, heads: bool = False
    ) -> None:
        self._limits, self._with_heads = limits, heads
        self._lines = tempfile.TemporaryFile()  # noqa: SIM115 - closed with this object
        weakref.finalize(self, self._lines.close)
        exit_code = self._unpack(content, sheet)
        self.facts = replace(self._facts(exit_code), given=bool(sheet))

    @property
    def sheet(self) -> str:
        """The name of the sheet that was read."""
        return self.facts.sheet

    def rows(self) -> Iterator[Row]:
        """Yields every row of the sheet that is not blank; the sheet's first row is number 1."""
        self._lines.seek(0)
        next(self._lines)
        for line in self._lines:
            message = json.loads(line)
            if isinstance(message, list):
                yield Row(message[0], [_cell(cell) for cell in message[1]], hidden=len(message) > 2)
            elif "long" in message:
                blank = [""] * message["long"]
                yield Row(message["row"], [*blank, ""], huge_cell(self._limits.cell))
            elif "too" in message:
                raise too_many(message["row"], message["too"], self._limits)

    def heads(self) -> Iterator[Head]:
        """Yields the first rows of each other sheet that is not blank, if they were asked for.

        Long cells are cut off.
        """
        self._lines.seek(0)
        for line in self._lines:
            if line.startswith(HEAD):
                message = json.loads(line)
                rows = [Row(number, [*map(_cell, cells)]) for number, cells in message["rows"]]
                yield Head(message["head"], rows, message["visible"])

    def _unpack(self, content: bytes, sheet: str) -> int | None:
        """The exit code of the reading process; None where it took too long."""
        arguments = json.dumps(asdict(self._limits) | {"sheet": sheet, "heads": self._with_heads})
        try:
            process = subprocess.run(
                [sys.executable, "-P", "-m", READER, arguments],
                input=content,
                stdout=self._lines,
                stderr=subprocess.DEVNULL,
                env={"PYTHONPATH": os.pathsep.join(sys.path)},  # nothing else is its business
                timeout=self._limits.seconds * WALL_FACTOR,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return None
        return process.returncode

    def _facts(self, exit_code: int | None) -> SheetFacts:
        self._lines.seek(0)
        first = _parsed(self._lines.readline())
        if "fault" in first:
            raise self._refusal(first)
        size = self._lines.seek(0, io.SEEK_END)
        self._lines.seek(max(0, size - LAST_LINE))
        last = _parsed(self._lines.read().rstrip(b"\n").rpartition(b"\n")[2])
        if exit_code != 0 or "end" not in last:
            raise self._failure(exit_code, last)
        return SheetFacts(
            sheet=first["sheet"],
            macros=first["macros"],
            from_1904=first["from_1904"],
            merged={int(place): (row, times) for place, (row, times) in last["merged"].items()},
            others=tuple(last["others"]),
            comments=tuple((row, place, text) for row, place, text in last["comments"]),
            hidden=last["hidden"],
        )

    def _refusal(self, message: Mapping[str, Any]) -> BadFile:
        match message["fault"]:
            case "ENCRYPTED":
                return encrypted()
            case "EMPTY_FILE":
                return BadFile("EMPTY_FILE", "文件是空的", "the file is empty")
            case "NO_SUCH_SHEET":
                names = "、".join(message["sheets"])
                zh, en = f"没有此工作表；有：{names}", f"there is no such sheet; there are: {names}"
                return BadFile("NO_SUCH_SHEET", zh, en)
            case "BROKEN_SHEET":
                name = message["sheet"]
                zh = f"工作表“{name}”已损坏，无法查看其内容：请删除该表，或者重新保存后再导入"
                en = f"the sheet {name} is damaged and cannot be looked at: delete or repair it"
                return BadFile("CORRUPT", zh, en)
            case "TOO_LARGE":
                return self._limits.exceeded("TOO_LARGE", *TOO_LARGE, "memory_bytes")
        return corrupt()

    def _failure(self, exit_code: int | None, last: Mapping[str, Any]) -> BadFile:
        if "fault" in last:
            return self._refusal(last)
        if exit_code is None or -exit_code == signal.SIGXCPU:
            zh, en = "读取工作簿用时过长", "reading the workbook takes too long"
            return self._limits.exceeded("TOO_SLOW", zh, en, "seconds")
        if -exit_code in OUT_OF_MEMORY:
            return self._limits.exceeded("TOO_LARGE", *TOO_LARGE, "memory_bytes")
        if -exit_code == signal.SIGXFSZ:
            return self._limits.exceeded("TOO_LARGE", *TOO_LARGE, "unpacked_bytes")
        return corrupt()


def too_many(row: int, what: str, limits: FileLimits) -> BadFile:
    """Returns the error for too many rows (`many`), or for too many columns in a row (`wide`)."""
    if what == "wide":
        zh = f"第 {row} 行超过 {limits.columns} 列"
        en = f"row {row} has more than {limits.columns} columns"
        return limits.exceeded("TOO_MANY_COLUMNS", zh, en, "columns")
    zh, en = f"文件超过 {limits.rows} 行", f"the file has more than {limits.rows} rows"
    return limits.exceeded("TOO_MANY_ROWS", zh, en, "rows")


def corrupt() -> BadFile:
    """Returns the error for a workbook that is damaged or incomplete."""
    zh = "工作簿已损坏或不完整，请重新保存后再导入"
    return BadFile("CORRUPT", zh, "the workbook is damaged or cut off; save it again")


def encrypted() -> BadFile:
    """Returns the error for a workbook that is encrypted with a password."""
    zh = "工作簿已加密，请取消密码后再导入"
    return BadFile("ENCRYPTED", zh, "the workbook is encrypted; remove its password")


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        message = json.loads(line)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}


def _cell(value: Any) -> str:
    """A cell as text; numbers and failed formulas are marked by their type."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if "number" in value:
        return Number(value["number"])
    return Failed(value["error"]) if "error" in value else str(value["day"])
