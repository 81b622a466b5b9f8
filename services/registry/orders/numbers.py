"""Reads the numbers of instruments in a file, by which an applicant chooses what to have verified.

Nothing is kept: which instruments they are, and which fit, the applicant sees before applying.
"""

from __future__ import annotations

from law.errors import Fault, InvalidInput
from law.identity import stated
from protos.registry.v1 import orders_pb2 as pb
from services.registry.imports.read.limits import FileLimits
from services.registry.imports.read.text import Number
from services.registry.imports.rows import cells
from services.registry.imports.rows.bad_cell import BadCell
from services.registry.imports.rows.families import FAMILIES, FamilyName
from services.registry.sheets import Columns, SheetRow, read_sheet

_FIELDS = FAMILIES[FamilyName.INSTRUMENTS].fields
_NUMBERS = ("serial_no", "owner_no")
_ANY = "number"  # a column that does not say whose numbers it has
COLUMNS = Columns(
    headings={
        **{name: (_FIELDS[name].header, *_FIELDS[name].headings) for name in _NUMBERS},
        _ANY: ("编号", "器具编号", "设备编号", "仪器编号"),
    },
    needed=(),
)


def read_numbers(content: bytes, limits: FileLimits) -> pb.ReadInstrumentNumbersResponse:
    """Returns the numbers of each row of a workbook or CSV file that has any.

    Raises InvalidInput for a file that cannot be read or has no column of numbers, and names each
    cell that is none.
    """
    sheet = read_sheet(content, COLUMNS, limits)
    faults: list[Fault] = []
    rows = [pb.NumberedRow(row=row.number, **_numbers(row, faults)) for row in sheet.rows]
    if faults:
        raise InvalidInput(faults=faults)
    found = [row for row in rows if row.serial_no or row.owner_no]
    if not found:
        names = [COLUMNS.heading(name) for name in _NUMBERS]
        zh = f"没有读到编号；第一行应为列名，其中有“{names[0]}”或者“{names[1]}”，编号在它下面"
        en = f"has no numbers; its first row has the headings, with {names[0]} or {names[1]}"
        raise InvalidInput(faults=[Fault("content", zh, en)])
    return pb.ReadInstrumentNumbersResponse(rows=found)


def _numbers(row: SheetRow, faults: list[Fault]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, cell in row.cells.items():
        try:
            found[name] = stated(_number(cell))
        except BadCell as bad:
            faults.append(row.fault(COLUMNS.heading(name), bad.zh, bad.en))
    either = found.pop(_ANY, "")
    return {name: found.get(name) or either for name in _NUMBERS}


def _number(cell: str) -> str:
    # A number is only looked for, so what a workbook made a number of may be one.
    return cells.identifier(str(cell) if isinstance(cell, Number) else cells.clean(cell))
