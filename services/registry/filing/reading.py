"""Reads the rows of an operator's file of new instruments.

Cells are read as a bureau's import of instruments reads them. What only the bureau says of an
instrument, and what concerns one on file or another subject, is refused and not passed over.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from law.colours.rule import InstrumentState
from law.errors import Fault
from law.identity import folded, stated
from law.identity.subjects import code_key
from law.instruments import catalogue
from law.reader.strict_reader import Reader
from plumbing.change import Change
from services.registry.commands.instruments import unknown_type
from services.registry.imports.batch.type_names import resolved
from services.registry.imports.read.text import Number
from services.registry.imports.rows import cells
from services.registry.imports.rows.bad_cell import BadCell
from services.registry.imports.rows.families import FAMILIES, FamilyName
from services.registry.sheets import Columns, SheetRow
from services.registry.tables import Subject
from services.registry.validation import InstrumentContent, read_instrument

_FIELDS = FAMILIES[FamilyName.INSTRUMENTS].fields
# The columns that an operator fills in, in the order of its template.
FILED = (
    *("type_code", "serial_no", "model", "measuring_range", "accuracy_class", "manufacturer"),
    *("owner_no", "location", "rotate_on", "maker_code"),
)
_ID = "instrument_id"
_OTHERS = ("owner", "credit_code", "state", "part", "non_compulsory_ground")
COLUMNS = Columns(
    headings={
        **{name: (_FIELDS[name].header, *_FIELDS[name].headings) for name in (*FILED, *_OTHERS)},
        _ID: ("平台编号", "器具平台编号"),
    },
    needed=("type_code", "serial_no"),
)
_REFUSED = {
    _ID: (
        "这里只登记新器具；已登记的器具，请在它的页面上更改",
        "only new instruments are filed here; change one on file on its own page",
    ),
    "part": (
        "一台器具一行，按整台登记；各枪（通道、相）随检定结果登记",
        "an instrument is one row; its nozzles are entered with their verifications",
    ),
    "non_compulsory_ground": (
        "是否强制检定由监管机关认定，请把这一格留空",
        "the bureau states what need not be verified; leave the cell blank",
    ),
}
_NOT_OWN = ("不是本单位；只能登记本单位的器具", "is another subject; you may file only your own")
_SPARE = (
    "新登记的器具为备用；已经在用的，登记后在器具页面上修改使用状态",
    "a new instrument is spare; change the state of one in use on its page afterwards",
)


@dataclass(frozen=True)
class NewRow:
    """A row that was read: what it says of an instrument, and the fields that it states."""

    row: SheetRow
    content: InstrumentContent
    stated: Collection[str]

    def fault(self, name: str, zh: str, en: str) -> Fault:
        """Returns a fault of one of its cells."""
        return self.row.fault(COLUMNS.heading(name), zh, en)


class Types:
    """The types that the rows of a file name; each name is looked up once.

    Only for the first unknown names are the nearest types told: to compare a name takes long.
    """

    _MOST_COMPARED = 5

    def __init__(self, session: AsyncSession, bureau: str) -> None:
        self._session, self._bureau = session, bureau
        self._codes: dict[str, str] = {}
        self._unknown: dict[str, Fault] = {}

    async def code(self, written: str) -> str:
        """Returns the code of a type; what nobody knows as it was written."""
        if written not in self._codes:
            self._codes[written] = await resolved(self._session, self._bureau, written)
        return self._codes[written]

    def unknown(self, written: str) -> Fault:
        """Returns the fault of a type that the catalogue does not have."""
        if written not in self._unknown:
            compare = len(self._unknown) < self._MOST_COMPARED
            self._unknown[written] = unknown_type(written, may_take=False, compare=compare)
        return self._unknown[written]


async def read_new(
    change: Change, owner: Subject, types: Types, row: SheetRow, faults: list[Fault]
) -> NewRow | None:
    """Reads a row of a file of `owner`; adds a fault for each bad cell and then returns None."""
    before, values = len(faults), dict[str, Any]()
    for name, cell in row.cells.items():
        try:
            value = _value(owner, name, cell)
        except BadCell as bad:
            faults.append(row.fault(COLUMNS.heading(name), bad.zh, bad.en))
            continue
        if value is not None:
            values[name] = value
    bad_names = row.cells.keys() - values.keys()
    reader = Reader({**values, "subject_id": owner.subject_id}, "", [])
    content = read_instrument(reader, change.today)
    reader.faults = [one for one in reader.faults if one.field.lstrip(".") not in bad_names]
    COLUMNS.note(row, reader, faults)
    code = await types.code(content.type_code)
    if content.type_code and code not in catalogue():
        unknown = types.unknown(content.type_code)
        faults.append(
            row.fault(COLUMNS.heading("type_code"), unknown.message_zh, unknown.message_en)
        )
    if len(faults) > before:
        return None
    return NewRow(row, replace(content, type_code=code), values.keys() & set(FILED))


def _value(owner: Subject, name: str, cell: str) -> cells.Value:
    """The value of a cell; None for what need not be kept. Raises BadCell for a bad one."""
    if name in _REFUSED:
        if not stated(cell):  # 无 says nothing
            return None
        raise BadCell("NOT_FOR_OPERATORS", *_REFUSED[name])
    if name in ("owner", "credit_code"):
        _check_own(owner, name, cell)
        return None
    field = _FIELDS[name]
    if isinstance(cell, Number):
        # The file does not tell here from which year its days are counted.
        value = cells.of_number(cell, field.read, field.identifier, from_1904=True)
    else:
        value = field.read(cells.clean(cell))
    if name == "state":
        if value is not InstrumentState.SPARE:
            raise BadCell("NOT_SPARE", *_SPARE)
        return None
    return field.stored(value) if isinstance(value, str) else value


def _check_own(owner: Subject, name: str, cell: str) -> None:
    """Raises BadCell for the name, number or credit code of another subject."""
    if code := code_key(cell, digit=False):
        is_own = code == owner.credit_code
    elif name == "credit_code":
        is_own = not stated(cell)
    else:
        names = (owner.name_key, *owner.former_keys.split("\n"), folded(owner.external_ref))
        is_own = folded(cell) in names
    if not is_own:
        raise BadCell("OTHER_SUBJECT", *_NOT_OWN)
