"""What the offline commands share: reading options and files, answering, refusing with exit 2.

Everything given on the command line is read here rather than by Typer, so that of several faults
each is listed, with its option or its path in the file.
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
    """Finds an answer; bad input lists every fault with its path on stderr and exits 2."""
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
    """Reads several inputs; when any is bad, the faults of all are listed."""
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
    """Prints sentences to a terminal, JSON to anything else or when asked to."""
    if as_json or not sys.stdout.isatty():
        typer.echo(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        typer.echo("\n".join(lines()))


def read_day(option: str, text: str | None) -> date:
    """Reads a day of the command line, which must be given."""
    return _read(option, text, lambda reader: reader.day(option))


def read_day_or_none(option: str, text: str | None) -> date | None:
    """Reads a day of the command line, or nothing."""
    return None if text is None else read_day(option, text)


def read_choice(option: str, text: str | None, options: type[E]) -> E:
    """Reads one of the values of an enumeration, which must be given."""
    return _read(option, text, lambda reader: reader.choice(option, options))


def read_whole(option: str, text: str | None, least: int) -> int:
    """Reads a whole number, at least `least`, which must be given."""
    value = int(text) if text is not None and _WHOLE.fullmatch(text) else text
    return _read(option, value, lambda reader: reader.whole(option, least))


def read_text(option: str, text: str | None) -> str:
    """Reads a text of the command line, which must be given."""
    return _read(option, text, lambda reader: reader.text(option))


def _read(option: str, value: object, read: Callable[[Reader], Answer]) -> Answer:
    faults: list[Fault] = []
    found = read(Reader({option: value}, "", faults))
    refuse(faults, "输入不符合要求", "The input is not valid.")
    return found


def at_option(option: str, find: Callable[[], Answer]) -> Answer:
    """Finds an answer; a refusal without a path is a fault of that option."""
    try:
        return find()
    except LawError as error:
        faults = [Fault(option, error.zh, error.en, cite=error.cite)]
        raise InvalidInput(error.zh, error.en, cite=error.cite, faults=faults) from None


def read_json(argument: str, path: Path | None) -> object:
    """Reads a JSON file in which no key is given twice; `argument` is its name in the usage."""
    if path is None:
        read_text(argument, None)
    try:
        text = (path or Path()).read_text("utf-8")
        return json.loads(text, object_pairs_hook=_each_key_once)
    except (OSError, ValueError, RecursionError) as error:
        fault = Fault(str(path), "不能读取为JSON", f"cannot be read as JSON: {error}")
        raise InvalidInput("文件不符合要求", "The file is not valid.", faults=[fault]) from None


def read_object(argument: str, path: Path | None) -> Mapping[str, object]:
    """Reads a JSON file that holds an object."""
    found = read_json(argument, path)
    if isinstance(found, dict):
        return found
    fault = Fault(str(path), "应为对象", "must be an object")
    raise InvalidInput("文件不符合要求", "The file is not valid.", faults=[fault])


def _each_key_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    keys = [key for key, _ in pairs]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise ValueError(f"given twice: {', '.join(twice)}")
    return dict(pairs)


def _list_faults(error: LawError) -> None:
    from services.cli.output.show import refuse as print_refusal  # noqa: PLC0415 - only faults need it

    faults = [(fault.field, fault.message_zh, fault.message_en) for fault in error.faults]
    print_refusal(error.zh, error.en, faults)
