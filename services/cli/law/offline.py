"""Functions shared by the offline commands: read options and files, print results and faults.

All options are parsed here and not by Typer, so that every fault is listed, each with its option or
its path in the file. Bad input exits with 2.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar, overload

import typer

from law.errors import Fault, InvalidInput, LawError
from law.reader.json_text import read_json_text
from law.reader.strict_reader import Reader, refuse

BAD_INPUT = 2
_WHOLE = re.compile(r"-?[0-9]{1,9}")

Answer = TypeVar("Answer")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
E = TypeVar("E", bound=StrEnum)


def answered(find: Callable[[], Answer]) -> Answer:
    """Calls `find` and returns its result.

    On a LawError, prints every fault on stderr and exits with 2.
    """
    try:
        return find()
    except LawError as error:
        _list_faults(error)
        raise typer.Exit(BAD_INPUT) from None


@overload
def together(one: Callable[[], A], two: Callable[[], B], /) -> tuple[A, B]: ...


@overload
def together(
    one: Callable[[], A], two: Callable[[], B], three: Callable[[], C], /
) -> tuple[A, B, C]: ...


@overload
def together(
    one: Callable[[], A], two: Callable[[], B], three: Callable[[], C], four: Callable[[], D], /
) -> tuple[A, B, C, D]: ...


def together(*reads: Callable[[], Any]) -> tuple[Any, ...]:
    """Calls several reading functions and returns their results.

    Raises one InvalidInput with the faults of all of them if any input is bad.
    """
    found: list[Any] = []
    faults: list[Fault] = []
    for read in reads:
        try:
            found.append(read())
        except InvalidInput as error:
            faults.extend(error.faults)
    refuse(faults, "输入不符合要求", "The input is not valid.")
    return tuple(found)


def show(document: object, lines: Callable[[], Sequence[str]], as_json: bool) -> None:
    """Prints `lines` to a terminal; prints `document` as JSON if `as_json` or not a terminal."""
    if as_json or not sys.stdout.isatty():
        typer.echo(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        typer.echo("\n".join(lines()))


def read_day(option: str, text: str | None) -> date:
    """Parses the day that an option gives; raises InvalidInput if it is missing or invalid."""
    return _read(option, text, lambda reader: reader.day(option))


def read_day_or_none(option: str, text: str | None) -> date | None:
    """Parses the day that an option gives; None if the option is missing.

    Raises InvalidInput if the day is invalid.
    """
    return None if text is None else read_day(option, text)


def read_choice(option: str, text: str | None, options: type[E]) -> E:
    """Parses the value of an enumeration; raises InvalidInput if it is missing or unknown."""
    return _read(option, text, lambda reader: reader.choice(option, options))


def read_whole(option: str, text: str | None, least: int) -> int:
    """Parses a whole number of at least `least`; raises InvalidInput if missing or invalid."""
    value = int(text) if text is not None and _WHOLE.fullmatch(text) else text
    return _read(option, value, lambda reader: reader.whole(option, least))


def read_text(option: str, text: str | None) -> str:
    """Returns the text that an option gives; raises InvalidInput if it is missing or empty."""
    return _read(option, text, lambda reader: reader.text(option))


def _read(option: str, value: object, read: Callable[[Reader], Answer]) -> Answer:
    faults: list[Fault] = []
    found = read(Reader({option: value}, "", faults))
    refuse(faults, "输入不符合要求", "The input is not valid.")
    return found


def at_option(option: str, find: Callable[[], Answer]) -> Answer:
    """Calls `find` and returns its result; turns a LawError into a fault of the option."""
    try:
        return find()
    except LawError as error:
        faults = [Fault(option, error.zh, error.en, cite=error.cite)]
        raise InvalidInput(error.zh, error.en, cite=error.cite, faults=faults) from None


def read_json(argument: str, path: Path | None) -> object:
    """Reads a JSON file; raises InvalidInput if it is unreadable or an object repeats a key.

    `argument` is the name of the file in the usage of the command.
    """
    if path is None:
        read_text(argument, None)
    try:
        content = (path or Path()).read_bytes()
    except OSError as error:
        fault = Fault(str(path), "不能读取为JSON", f"cannot be read as JSON: {error}")
        raise InvalidInput("文件不符合要求", "The file is not valid.", faults=[fault]) from None
    return read_json_text(str(path), content)


def read_object(argument: str, path: Path | None) -> Mapping[str, object]:
    """Reads a JSON file that contains an object; raises InvalidInput for any other content."""
    found = read_json(argument, path)
    if isinstance(found, dict):
        return found
    fault = Fault(str(path), "应为对象", "must be an object")
    raise InvalidInput("文件不符合要求", "The file is not valid.", faults=[fault])


def _list_faults(error: LawError) -> None:
    from services.cli.output.show import refuse as print_refusal  # noqa: PLC0415 - only faults need it

    faults = [(fault.field, fault.message_zh, fault.message_en) for fault in error.faults]
    print_refusal(error.zh, error.en, faults)
