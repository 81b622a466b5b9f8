"""Parses the simple values of a command line: texts, whole numbers, flags and file names.

Typer parses each value with pydantic, which takes twice as long to load as typer itself. Other
values, such as a moment or a file that must exist, are left to typer.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

SIMPLE = {str: str, int: int, Path: Path, list[str]: str, list[int]: int}


class PlainReader:
    """Parses the value of a parameter in place of typer's parser, which needs pydantic."""

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """Converts the given text or texts of a parameter; raises BadParameter if invalid."""
        annotation = param.type_descriptor.annotation
        if value is None:
            return () if param.multiple else None
        if isinstance(annotation, type) and isinstance(value, annotation) and annotation is not str:
            return value
        if annotation not in SIMPLE or _is_checked(param):
            return _by_typer(value, param, ctx)
        try:
            if isinstance(value, list | tuple):
                return [_read(one, annotation, param) for one in value]
            return _read(value, annotation, param)
        except typer.BadParameter as error:
            error.ctx, error.param = ctx, param
            raise


def _is_checked(param: Any) -> bool:
    """Whether typer looks at the file that is named."""
    info = param.type_descriptor.parameter_info
    return bool(getattr(info, "exists", False))


def _read(value: Any, annotation: Any, param: Any) -> Any:
    info = param.type_descriptor.parameter_info
    if info.parser is not None:
        return info.parser(value)
    if SIMPLE[annotation] is int:
        return _whole(value, info)
    return SIMPLE[annotation](value)


def _whole(value: str, info: Any) -> int:
    try:
        number = int(value)
    except ValueError:
        raise typer.BadParameter("Input should be a valid integer") from None
    if info.min is not None and number < info.min:
        raise typer.BadParameter(f"Input should be greater than or equal to {info.min}")
    if info.max is not None and number > info.max:
        raise typer.BadParameter(f"Input should be less than or equal to {info.max}")
    return number


def _by_typer(value: Any, param: Any, ctx: Any) -> Any:
    from typer._coercion import build_runtime_param  # noqa: PLC0415 - few values need it

    return build_runtime_param(param.type_descriptor).coerce(value, param=param, ctx=ctx)


def read_plainly(command: Any) -> Any:
    """Makes a command parse its simple values without pydantic; returns the same command."""
    for parameter in command.params:
        read_value_plainly(parameter)
    return command


def read_value_plainly(parameter: Any) -> None:
    """Makes a parameter parse its value without pydantic if the value is simple."""
    parameter._runtime_param = PlainReader()  # noqa: SLF001 - typer offers no other way
