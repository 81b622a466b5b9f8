"""Shows the columns of a file before it is read: headings, sample values, fields that fit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from protos.registry.v1 import registry_pb2 as pb
from services.registry.imports.read import file_type
from services.registry.imports.read.limits import FileLimits
from services.registry.imports.read.text import Row
from services.registry.imports.rows import cells
from services.registry.imports.rows import columns as mapping
from services.registry.imports.rows.faults import Notes
from services.registry.imports.rows.file import check_heading, divide

SAMPLES = 3  # values of a column that are shown
SAMPLED_ROWS = 200  # rows among which they are looked for


@dataclass(frozen=True)
class Column:
    """A column of a file, with its number from 1; `field` is empty if it fits no field."""

    number: int
    heading: str
    samples: Sequence[str]
    field: str


@dataclass(frozen=True)
class Preview:
    """The columns of a file, the row of its headings, and the rows above that are not blank."""

    header_row: int
    skipped: Sequence[tuple[int, str]]
    columns: Sequence[Column]


def preview(header: pb.ImportHeader, content: bytes, limits: FileLimits) -> Preview:
    """Reads the headings of a file and some values of each column.

    Raises BadFile for a file that cannot be read.
    """
    source = file_type.open_file(content, header.sheet, limits)
    parts = divide(header, source.rows())
    check_heading(parts.header, limits)
    sampled = [row for row in islice(parts.below, SAMPLED_ROWS) if not row.broken]
    names = [cells.clean(name) for name in parts.header.cells]
    fits = mapping.bind(header, names, Notes(limits)).columns
    fields = {place: name for name, place in fits.items()}
    columns = [
        Column(place + 1, cells.excerpt(name), _samples(sampled, place), fields.get(place, ""))
        for place, name in enumerate(names)
    ]
    shown = [column for column in columns if column.heading or column.samples]
    skipped = [(row.number, _text(row)) for row in parts.above]
    return Preview(parts.header.number, skipped, shown)


def _samples(rows: Iterable[Row], place: int) -> list[str]:
    values = (cells.clean(row.cells[place]) for row in rows if place < len(row.cells))
    return [cells.excerpt(value) for value in islice(filter(None, values), SAMPLES)]


def _text(row: Row) -> str:
    return cells.excerpt(" ".join(filter(None, map(cells.clean, row.cells))))
