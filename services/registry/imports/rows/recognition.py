"""Recognises by its headings which family of rows a sheet holds."""

from __future__ import annotations

from protos.registry.v1 import registry_pb2 as pb
from services.registry.imports.read import file_type
from services.registry.imports.read.limits import BadFile, FileLimits
from services.registry.imports.read.text import Row
from services.registry.imports.read.workbook import Workbook
from services.registry.imports.rows import cells
from services.registry.imports.rows.columns import is_needed
from services.registry.imports.rows.families import FAMILIES, FamilyName
from services.registry.imports.rows.file import divide
from services.registry.imports.rows.headings import Headings, plain

AUTO = "auto"  # instead of a family


def sheet_names(content: bytes, limits: FileLimits) -> list[str]:
    """Returns the names of the sheets that hold something; one empty name for a text file.

    Raises BadFile for a file that cannot be read.
    """
    source = file_type.open_file(content, "", file_type.for_headings(limits))
    return [source.sheet, *source.facts.others] if isinstance(source, Workbook) else [""]


def recognised(header: pb.ImportHeader, rows: list[Row]) -> FamilyName:
    """Returns the family of which a sheet has every needed column; of several, the one with most.

    `rows` are its first rows. Raises BadFile if its headings tell of no family.
    """
    fitting = {family: fits for family in FamilyName if (fits := _fits(header, family, rows))}
    if not fitting:
        zh = "按表头看不出是什么数据，请指明类别"
        en = "the headings do not tell what the rows are; name their family"
        raise BadFile("NOT_RECOGNISED", zh, en)
    return max(fitting, key=lambda family: fitting[family])


def _fits(header: pb.ImportHeader, family: FamilyName, rows: list[Row]) -> tuple[int, ...]:
    """How many needed fields, and fields at all, the headings name; empty if one is lacking."""
    of_family = pb.ImportHeader(family=family, bureau=header.bureau)
    known = Headings(of_family)
    try:
        names = {plain(cells.clean(name)) for name in divide(known, iter(rows)).header.cells}
    except BadFile:
        return ()
    fields = FAMILIES[family].fields.values()
    found = [one for one in fields if not names.isdisjoint(known.of(one))]
    needed = [one for one in fields if is_needed(of_family, one)]
    if any(one not in found for one in needed):
        return ()
    return len(needed), len(found)
