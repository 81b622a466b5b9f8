"""Other ways to take in the file of `benchmarks/imports.py`, each row by row into a SQLite file.

They check cells and dates and give each row an id; they do not find what is on file, announce
nothing, and cannot be undone. `python + JSON` also stores each row a second time as JSON with a
digest, as an undo needs it.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Literal
from uuid import uuid4

from pydantic import BaseModel, Field, ValidationError

from benchmarks.import_table import COLUMNS, INSERT, RESULTS, new_table

UNDO = "CREATE TABLE undo (id TEXT PRIMARY KEY, digest TEXT, content TEXT)"
Values = tuple[str, ...]
Way = Callable[[Path, bytes], None]


class Line(BaseModel):
    """A row of the file, as pydantic checks it."""

    owner: str = Field(min_length=1)
    type_code: str = Field(min_length=1)
    serial_no: str = Field(min_length=1)
    result: Literal["合格", "不合格"]
    verified_on: date
    valid_until: date
    institution: str = Field(min_length=1)
    certificate_no: str
    method: str


def _lines(content: bytes) -> Iterator[list[str]]:
    lines = csv.reader(io.StringIO(content.decode(), newline=""))
    next(lines)
    return lines


def by_python(content: bytes) -> Iterator[Values]:
    """Yields the good rows; dates that were read before are remembered."""
    known: dict[str, str] = {}
    for line in _lines(content):
        if len(line) != len(COLUMNS) or not all(line[:4]) or line[3] not in RESULTS:
            continue
        for place in (4, 5):
            if line[place] not in known:
                known[line[place]] = date.fromisoformat(line[place]).isoformat()
            line[place] = known[line[place]]
        if line[4] <= line[5]:
            yield uuid4().hex, *line


def by_pydantic(content: bytes) -> Iterator[Values]:
    """Yields the good rows, each checked by a model."""
    for line in _lines(content):
        try:
            row = Line.model_validate(dict(zip(COLUMNS, line, strict=True)))
        except (ValidationError, ValueError):
            continue
        yield uuid4().hex, *map(str, row.model_dump().values())


def _store(file: Path, rows: Iterator[Values], *, undo: bool = False) -> None:
    database = new_table(file)
    database.execute(UNDO)
    database.execute("BEGIN IMMEDIATE")
    kept = list(rows) if undo else rows
    database.executemany(INSERT, kept)
    if undo:
        database.executemany("INSERT INTO undo VALUES (?, ?, ?)", map(_for_undo, kept))
    database.execute("COMMIT")
    database.close()


def _for_undo(row: Values) -> Values:
    text = json.dumps(row)
    return row[0], hashlib.sha256(text.encode()).hexdigest(), text


WAYS: Mapping[str, Way] = {
    "python": lambda file, content: _store(file, by_python(content)),
    "python + JSON": lambda file, content: _store(file, by_python(content), undo=True),
    "pydantic": lambda file, content: _store(file, by_pydantic(content)),
}
