"""What the offline commands share: reading files and days, answering, refusing with exit 2."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import TypeVar

import typer
from rich.console import Console

from law.errors import Fault, InvalidInput, LawError
from law.reading import Reader, refuse

BAD_INPUT = 2

Answer = TypeVar("Answer")
One = TypeVar("One")
Other = TypeVar("Other")


def answered(find: Callable[[], Answer]) -> Answer:
    """Finds an answer; bad input lists every fault with its path on stderr and exits 2."""
    try:
        return find()
    except LawError as error:
        _list_faults(error)
        raise typer.Exit(BAD_INPUT) from None


def both(one: Callable[[], One], other: Callable[[], Other]) -> tuple[One, Other]:
    """Reads two inputs; when either is bad, the faults of both are listed."""
    try:
        first = one()
    except InvalidInput as error:
        raise _with_faults_of(other, error) from None
    return first, other()


def _with_faults_of(other: Callable[[], object], error: InvalidInput) -> InvalidInput:
    try:
        other()
    except InvalidInput as second:
        faults = (*error.faults, *second.faults)
        return InvalidInput("输入不符合要求", "The input is not valid.", faults=faults)
    return error


def show(document: object, lines: Callable[[], Sequence[str]], as_json: bool) -> None:
    """Prints sentences to a terminal, JSON to anything else or when asked to."""
    if as_json or not sys.stdout.isatty():
        typer.echo(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        typer.echo("\n".join(lines()))


def read_day(option: str, text: str) -> date:
    """Reads a day of the command line."""
    faults: list[Fault] = []
    day = Reader({option: text}, "", faults).day(option)
    refuse(faults, "日期不符合要求", "The day is not valid.")
    return day


def read_json(path: Path) -> object:
    """Reads a JSON file in which no key is given twice."""
    try:
        return json.loads(path.read_text("utf-8"), object_pairs_hook=_each_key_once)
    except (OSError, ValueError, RecursionError) as error:
        fault = Fault(str(path), "不能读取为JSON", f"cannot be read as JSON: {error}")
        raise InvalidInput("文件不符合要求", "The file is not valid.", faults=[fault]) from None


def _each_key_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    keys = [key for key, _ in pairs]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise ValueError(f"given twice: {', '.join(twice)}")
    return dict(pairs)


def _list_faults(error: LawError) -> None:
    console = Console(stderr=True, highlight=False, markup=False)
    console.print(f"✗ {error.zh}\n  {error.en}", soft_wrap=True)
    for fault in error.faults:
        console.print(f"  · {fault.field}: {fault.message_zh}  {fault.message_en}", soft_wrap=True)
