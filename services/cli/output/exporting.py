"""Writes a list to a file: a row for each item, a column for each field.

A file contains only data that the caller may see.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import typer

from plumbing.spreadsheets import writing
from services.cli.output.columns import Column
from services.cli.output.names import Names

ENDINGS = (".xlsx", ".csv")


def check_ending(path: Path) -> None:
    """Raises BadParameter if a file name ends in neither .xlsx nor .csv."""
    if path.suffix.lower() not in ENDINGS:
        raise typer.BadParameter("文件名须以 .xlsx 或 .csv 结尾 | must end in .xlsx or .csv")


async def export(
    path: Path, title: str, columns: Sequence[Column], messages: AsyncIterator[Any], names: Names
) -> int:
    """Writes a row for each message to a file and returns the number of rows.

    An existing file is replaced; if the export fails, it stays unchanged.
    """
    check_ending(path)
    written = 0
    with writing(path, title, [column.heading for column in columns]) as writer:
        async for message in messages:
            writer.write([column.of(message, names) for column in columns])
            written += 1
    return written
