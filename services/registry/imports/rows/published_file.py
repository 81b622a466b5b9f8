"""Takes from a file of the national publication (双公示) only what may be stored, before it is.

The national columns hold ID numbers and names of persons, and a bureau publishes all of its
penalties, or all of its permits, in one file. What is left is a file of the same rows, in the same
places, with the columns that the register reads. Of a natural person's row (S4 三(五)), and of a
penalty or a permit that does not rest on the law of metrology, only that it was there is left.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING
from unicodedata import normalize

from law.disclosure.personal_data import (
    ID_DIGITS,
    Personal,
    is_id_number,
    is_rounded_id_number,
    personal_data,
    plain_characters,
)
from law.evidence import SubjectKind
from law.identity import serial_key
from law.identity.subjects import code_key
from law.penalties import cited_titles, under_metrology_law
from law.permits import matter_of
from protos.registry.v1 import registry_pb2 as pb
from services.registry.imports.read import file_type
from services.registry.imports.read.limits import BadFile, FileLimits
from services.registry.imports.read.text import REPLACED, Failed, Number, Row
from services.registry.imports.read.workbook import Head, Workbook
from services.registry.imports.read.workbook_parts import HEADER_ROWS
from services.registry.imports.rows import cells, labels, permit_cells, templates
from services.registry.imports.rows import columns as mapping
from services.registry.imports.rows.families import FAMILIES, FamilyName
from services.registry.imports.rows.faults import Notes
from services.registry.imports.rows.file import check_heading, divide
from services.registry.imports.rows.headings import Headings, plain
from services.registry.imports.rows.penalty_cells import (
    NATURAL_PERSON,
    NO_BASIS,
    OTHER_LAW,
    UNKNOWN_PARTY,
    is_no_code,
)

if TYPE_CHECKING:
    import xlsxwriter

HIDDEN_TEXT = "＊＊＊"  # instead of an ID number, a telephone number or the name of a person
_UNREAD = "（此行无法读取，未保存）"
_OTHER_SHEET = "（未读取，未保存）"
# Headings of both editions whose cells are never stored; they tell who the row is about.
_ID_NUMBERS = (
    *("证件号码", "cf_xdr_zjhm", "身份证号", "居民身份证号", "cf_xdr_sfz"),
    *("xk_xdr_zjhm", "xk_xdr_sfz"),
)
_PERSONS = (
    *("法定代表人", "cf_frdb", "cf_fr", "法定代表人（负责人）", "法定代表人姓名", "负责人"),
    *("xk_frdb", "xk_fr"),
)
# Whatever else a column is called, one with such a word holds what a person is known by.
_OF_PERSONS = re.compile(
    "法定代表人|法人代表|负责人|身份证|(?<!许可)证件号码|_(?:frdb|fr|zjhm|sfz)"
)
# A sheet with one of these columns is one of published permits, whatever else it lacks.
_OF_PERMITS = frozenset(
    {"行政许可决定文书号", "行政许可决定文书名称", "行政许可决定书文号", "xk_wsh", "xk_xkws"}
)
_WRITTEN_AT = datetime(2000, 1, 1)  # noqa: DTZ001 - the same bytes for the same rows


@dataclass(frozen=True)
class _Publication:
    """What is published in one file: penalties or permits.

    A file is one of them if it has the columns `telling`. In the column of the field `judged` of a
    row that is turned away, only the mark of the reason is left, which `mark` returns for the cells
    of a row by field, empty for a row that is kept. In the `texts` a person may be named.
    """

    family: FamilyName
    telling: Sequence[str]
    judged: str
    mark: Callable[[Mapping[str, str]], str]
    texts: Sequence[str]


def _mark_of_penalty(row: Mapping[str, str]) -> str:
    basis = row["basis"]
    if not basis:
        return NO_BASIS
    if under_metrology_law(basis):
        return ""
    quoted = (f"《{title}》" for title in cited_titles(basis))
    written = normalize("NFKC", basis)  # what is not quoted may begin with the name of a person
    titles = "、".join(title for title in quoted if title in written)
    return f"{OTHER_LAW}：{titles}）" if titles else f"{OTHER_LAW}）"


def _mark_of_permit(row: Mapping[str, str]) -> str:
    names = [row.get(name, "") for name in permit_cells.NAMES]
    if not any(names[:2]):  # the content alone, such as a scope of business, names no permit
        return permit_cells.NO_NAME
    return "" if matter_of(*names) else permit_cells.OTHER_PERMIT


_PUBLICATIONS = {
    one.family: one
    for one in (
        _Publication(
            FamilyName.PENALTIES,
            telling=("owner", "source_ref", "basis"),
            judged="basis",
            mark=_mark_of_penalty,
            texts=(
                *("offence", "facts", "penalty_kind", "penalty_content"),
                *("revoked_permit", "remarks"),
            ),
        ),
        _Publication(
            FamilyName.PERMITS,
            telling=("owner", "document_name", "decided_on"),
            judged="document_name",
            mark=_mark_of_permit,
            texts=(*permit_cells.NAMES, "remarks"),
        ),
    )
}


def published(rows: Sequence[Row]) -> FamilyName | None:
    """Returns what a sheet with these first rows holds of the publication; None if nothing."""
    if any(plain(cells.clean(cell)) in _OF_PERMITS for row in rows for cell in row.cells):
        return FamilyName.PERMITS
    known = Headings(pb.ImportHeader(family=FamilyName.PENALTIES))
    try:
        names = {plain(cells.clean(name)) for name in divide(known, iter(rows)).header.cells}
    except BadFile:
        return None
    fields = FAMILIES[FamilyName.PENALTIES].fields
    telling = _PUBLICATIONS[FamilyName.PENALTIES].telling
    is_one = all(not names.isdisjoint(known.of(fields[name])) for name in telling)
    return FamilyName.PENALTIES if is_one else None


def without_published_sheets(content: bytes, sheet: str, limits: FileLimits) -> bytes:
    """Returns a file without the rows of the sheets of the publication, which keep their names.

    `sheet` is one that may be read; it comes first. A file without sheets of the publication is
    returned as it is. Raises BadFile for one that cannot be read, so that nobody knows what it
    holds, and if another sheet exceeds a limit.
    """
    source = file_type.open_file(content, sheet, file_type.for_headings(limits), heads=True)
    if not isinstance(source, Workbook):
        return content
    own = Head(source.sheet, [*islice(source.rows(), HEADER_ROWS)], visible=True)
    heads = [own, *source.heads()]
    bare = {head.name for head in heads if published(head.rows)}
    if not bare:
        return content
    file = io.BytesIO()
    with _book(file, source) as book:
        for head in heads:
            page = book.add_worksheet(head.name)
            if not head.visible:
                page.hide()
            if head.name in bare:
                page.write_string(0, 0, _OTHER_SHEET)
            else:
                _copy(page, Workbook(content, head.name, limits))
    return file.getvalue()


def _copy(page: xlsxwriter.worksheet.Worksheet, sheet: Workbook) -> None:
    """Writes the rows of a sheet; one that cannot be read gets a cell beyond all columns."""
    width = max((len(row.cells) for row in sheet.rows()), default=0)
    blank = [""] * width
    rows = (row._replace(cells=[*blank, _UNREAD]) if row.broken else row for row in sheet.rows())
    _write_rows(page, rows)


def without_personal_data(header: pb.ImportHeader, content: bytes, limits: FileLimits) -> bytes:
    """Returns a file of published penalties or permits with only what may be stored of it.

    Raises BadFile for a file that cannot be read, or has not the columns that make it one.
    """
    source = file_type.open_file(content, header.sheet, limits)
    parts = divide(Headings(header), source.rows())
    check_heading(parts.header, limits)
    table = _Table.of(header, parts.header)
    rows = (table.kept(row) for row in parts.below)
    head = Row(parts.header.number, [*table.names])
    if isinstance(source, Workbook):
        return _workbook(source, head, rows)
    return _text(head, rows)


@dataclass(frozen=True)
class _Table:
    """The columns of one file: those that are kept, and those that tell who a row is about."""

    what: _Publication
    names: Sequence[str]
    columns: Mapping[str, int]
    texts: frozenset[int]
    id_numbers: Sequence[int]
    persons: Sequence[int]

    @classmethod
    def of(cls, header: pb.ImportHeader, row: Row) -> _Table:
        what = _PUBLICATIONS[FamilyName(header.family)]
        names = [cells.clean(name) for name in row.cells]
        columns = mapping.bind(header, names, Notes()).columns
        if lacking := [name for name in what.telling if name not in columns]:
            fields = FAMILIES[what.family].fields
            listed = "、".join(fields[name].header for name in lacking)
            zh = f"不是{templates.NAMES[what.family]}文件：缺少列“{listed}”；未保存任何内容"
            en = (
                f"is no file of published {what.family}: it has no column {listed};"
                " nothing was stored"
            )
            raise BadFile(f"NOT_PUBLISHED_{what.family.name}", zh, en)
        _refuse_persons(header, names, columns)
        return cls(
            what,
            names,
            columns,
            frozenset(columns[name] for name in what.texts if name in columns),
            _places(names, _ID_NUMBERS),
            _places(names, _PERSONS),
        )

    def kept(self, row: Row) -> Row:
        """What may be stored of a row."""
        if row.broken or len(row.cells) > len(self.names):
            return row._replace(cells=[*[""] * len(self.names), _UNREAD], broken=None)
        written = {name: cells.clean(_at(row.cells, place)) for name, place in self.columns.items()}
        if mark := self._turned_away_party(row.cells) or self.what.mark(written):
            return self._only(row, mark)
        persons = [name for place in self.persons if (name := cells.clean(_at(row.cells, place)))]
        kept_places = {*self.columns.values()}
        kept = [
            self._kept_cell(place, cell, persons) if place in kept_places else ""
            for place, cell in enumerate(row.cells)
        ]
        return row._replace(cells=kept)

    def _kept_cell(self, place: int, cell: str, persons: Sequence[str]) -> str:
        if _tells_id_number(cell, in_text=place in self.texts):
            return ""
        return _masked(cell, persons) if place in self.texts else cell

    def _turned_away_party(self, row: Sequence[str]) -> str:
        """The mark of a row that is not about a firm; a party of unknown kind is taken for none."""
        kind = _SUBJECT_KINDS.value(cells.clean(_at(row, self.columns.get("owner_kind"))))
        code = _at(row, self.columns.get("credit_code"))
        if kind is None and _is_code(code) and not is_id_number(cells.clean(code)):
            return ""
        if kind is None and not any(serial_key(cells.clean(_at(row, n))) for n in self.id_numbers):
            return UNKNOWN_PARTY
        return NATURAL_PERSON if kind in (None, SubjectKind.NATURAL_PERSON) else ""

    def _only(self, row: Row, mark: str) -> Row:
        blank = [""] * len(row.cells)
        blank[self.columns[self.what.judged]] = mark
        return row._replace(cells=blank)


_SUBJECT_KINDS = labels.Labels(labels.SUBJECT_KINDS)


def _places(names: Sequence[str], headings: Iterable[str]) -> list[int]:
    known = {plain(heading) for heading in headings}
    return [place for place, name in enumerate(names) if plain(name) in known]


def _at(row: Sequence[str], place: int | None) -> str:
    return row[place] if place is not None and place < len(row) else ""


def _refuse_persons(
    header: pb.ImportHeader, names: Sequence[str], columns: Mapping[str, int]
) -> None:
    """Raises BadFile if a field shall be read from a column of persons."""
    fields = FAMILIES[FamilyName(header.family)].fields
    for field, place in columns.items():
        if _OF_PERSONS.search(plain(names[place])):
            name = fields[field].header
            zh = f"“{names[place]}”是个人信息的列，不能作为“{name}”导入；未保存任何内容"
            en = f"the column {names[place]!r} is one of persons, not {field}; nothing was stored"
            raise BadFile("COLUMN_OF_PERSONS", zh, en)


def _tells_id_number(cell: str, *, in_text: bool) -> bool:
    """Whether a cell has an ID number that cannot be masked; a credit code is none.

    A number of a workbook has lost its last digits, and still tells the place and day of birth. An
    identifier is not masked: what is left would be the same for several things.
    """
    if isinstance(cell, Number) and is_rounded_id_number(cell):
        return True
    if in_text or len(cell) < ID_DIGITS or _is_code(cell):
        return False
    return any(one.kind is Personal.ID_NUMBER for one in personal_data(cells.clean(cell)))


def _masked(cell: str, persons: Sequence[str]) -> str:
    """A cell without the ID numbers, telephone numbers and names in its text."""
    if not (found := personal_data(cell, persons)):
        return cell
    cell = plain_characters(cell)
    for one in found:
        cell = cell.replace(one.text, HIDDEN_TEXT)
    return cell


def _is_code(cell: str) -> bool:
    code = cells.clean(cell)
    return not is_no_code(code) and bool(code_key(code))


def _text(head: Row, rows: Iterable[Row]) -> bytes:
    text = io.StringIO(newline="")
    writer, number = csv.writer(text), 0
    for row in (head, *rows):
        writer.writerows([] for _ in range(row.number - number - 1))
        writer.writerow([cell.replace(REPLACED, "?") for cell in row.cells])
        number = row.number
    return text.getvalue().encode("utf-8-sig")


def _workbook(source: Workbook, head: Row, rows: Iterable[Row]) -> bytes:
    file = io.BytesIO()
    with _book(file, source) as book:
        _write_rows(book.add_worksheet(source.sheet), (head, *rows))
        for name in source.facts.others:
            book.add_worksheet(name).write_string(0, 0, _OTHER_SHEET)
    return file.getvalue()


def _book(file: io.BytesIO, source: Workbook) -> xlsxwriter.Workbook:
    import xlsxwriter  # noqa: PLC0415 - slow to load, and few files are workbooks

    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    options["date_1904"] = source.facts.from_1904
    book = xlsxwriter.Workbook(file, options)
    book.set_properties({"created": _WRITTEN_AT})
    return book


def _write_rows(page: xlsxwriter.worksheet.Worksheet, rows: Iterable[Row]) -> None:
    for row in rows:
        if row.hidden:
            page.set_row(row.number - 1, None, None, {"hidden": True})
        for place, cell in enumerate(row.cells):
            _write(page, row.number - 1, place, cell)


def _write(page: xlsxwriter.worksheet.Worksheet, row: int, place: int, cell: str) -> None:
    if isinstance(cell, Number):
        page.write_number(row, place, float(cell))
    elif isinstance(cell, Failed):
        page.write_formula(row, place, "=NA()", None, cell or "#N/A")
    elif cell:
        page.write_string(row, place, cell)
