"""Shows the columns of a file before it is read: headings, sample values, fields that fit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from protos.registry.v1 import registry_pb2 as pb
from services.registry.imports.read import file_type
from services.registry.imports.read.limits import FileLimits
from services.registry.imports.read.text import Row
from services.registry.imports.read.workbook import Workbook
from services.registry.imports.rows import cells
from services.registry.imports.rows import columns as mapping
from services.registry.imports.rows.faults import Notes
from services.registry.imports.rows.file import check_heading, divide, text_of
from services.registry.imports.rows.headings import Headings, plain

SAMPLES = 3  # values of a column that are shown
SAMPLED_ROWS = 200  # rows among which they are looked for


@dataclass(frozen=True)
class Column:
    """A column of a file, with its number from 1; `field` is empty if it fits no field.

    `learned` tells that the bureau confirmed this heading for the field before.
    """

    number: int
    heading: str
    samples: Sequence[str]
    field: str
    learned: bool = False


@dataclass(frozen=True)
class Preview:
    """The columns of a file, the row of its headings, and the rows above that are not blank.

    `hidden` counts the rows that the sheet hides; `sheet` is the one that was read, and `others`
    are further ones that hold something.
    """

    header_row: int
    skipped: Sequence[tuple[int, str]]
    columns: Sequence[Column]
    hidden: int = 0
    sheet: str = ""
    others: Sequence[str] = ()


def preview(
    header: pb.ImportHeader,
    content: bytes,
    limits: FileLimits,
    learned: Mapping[str, str] | None = None,
) -> Preview:
    """Reads the headings of a file and some values of each column.

    `learned` are the headings that the bureau has confirmed before, each with its field.

    Raises BadFile for a file that cannot be read.
    """
    source = file_type.open_file(content, header.sheet, limits)
    known = Headings(header, learned or {}, likely=True)
    parts = divide(known, source.rows())
    check_heading(parts.header, limits)
    sampled = [row for row in islice(parts.below, SAMPLED_ROWS) if not row.broken]
    names = [cells.clean(name) for name in parts.header.cells]
    fits = mapping.bind(header, names, Notes(limits), known).columns
    fields = {place: name for name, place in fits.items()}
    columns = [
        Column(
            number=place + 1,
            heading=cells.excerpt(name),
            samples=_samples(sampled, place),
            field=fields.get(place, ""),
            learned=place in fields and known.learned.get(plain(name)) == fields[place],
        )
        for place, name in enumerate(names)
    ]
    shown = [column for column in columns if column.heading or column.samples]
    skipped = [(row.number, text_of(row)) for row in parts.above]
    found = Preview(parts.header.number, skipped, shown)
    if not isinstance(source, Workbook):
        return found
    facts = source.facts
    return replace(found, hidden=facts.hidden, sheet=facts.sheet, others=facts.others)


def _samples(rows: Iterable[Row], place: int) -> list[str]:
    values = (cells.clean(row.cells[place]) for row in rows if place < len(row.cells))
    return [cells.excerpt(value) for value in islice(filter(None, values), SAMPLES)]
