"""Tells which rows of a file of new instruments are on file already, and which would change it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict

from law.colours.rule import InstrumentState
from law.errors import Fault
from law.identity import Verdict, letters, serial_key
from law.identity.instruments import compare_instruments
from services.registry.filing.reading import FILED, NewRow
from services.registry.tables import Instrument

_SAME_KEY = ("type_code", "serial_no")  # by which it was found, in whatever writing


class OnFile:
    """The instruments of an owner with the types and numbers of a file, and its earlier rows."""

    def __init__(self, rows: Iterable[Instrument]) -> None:
        self._by: dict[tuple[str, str], list[Instrument]] = defaultdict(list)
        for row in rows:
            self._by[row.type_code, row.serial_key].append(row)
        self._earlier: dict[tuple[str, str], list[NewRow]] = defaultdict(list)

    def repeated(self, row: NewRow) -> Fault | None:
        """Returns the fault of a row about the instrument of an earlier row, or None.

        Without a serial number two rows are never known to be about one instrument.
        """
        key, given = _key(row), asdict(row.content)
        earlier = self._earlier[key]
        same = (one for one in earlier if _is_same(given, asdict(one.content)))
        first = next(same, None)
        earlier.append(row)
        if first is None:
            return None
        number = first.row.number
        zh, en = f"与第 {number} 行是同一件器具", f"is the instrument of row {number}"
        return row.fault("serial_no", zh, en)

    def find(self, row: NewRow) -> Instrument | None:
        """Returns the instrument on file that a row is about, or None if there is none.

        Without a serial number it is one with the same content that is not scrapped, and which no
        earlier row has taken.
        """
        key, given = _key(row), asdict(row.content)
        candidates = self._by[key]
        if key[1]:
            fitting = [one for one in candidates if _is_same(given, one.model_dump())]
            return min(fitting, key=lambda one: len(self.changed(row, one)), default=None)
        for one in candidates:
            if one.state == InstrumentState.SCRAPPED:
                continue
            if all(getattr(one, name) == given[name] for name in FILED if name != "serial_no"):
                candidates.remove(one)
                return one
        return None

    def changed(self, row: NewRow, on_file: Instrument) -> list[Fault]:
        """Returns a fault for each cell of a row that says something else than is on file."""
        return [
            _would_change(row, name, on_file)
            for name in FILED
            if name in row.stated and name not in _SAME_KEY and not _agree(row, name, on_file)
        ]


def _key(row: NewRow) -> tuple[str, str]:
    return row.content.type_code, serial_key(row.content.serial_no)


def _is_same(one: dict[str, object], other: dict[str, object]) -> bool:
    return compare_instruments(one, other) is Verdict.SAME


def _agree(row: NewRow, name: str, on_file: Instrument) -> bool:
    given, filed = getattr(row.content, name), getattr(on_file, name)
    if name == "model":
        return letters(given) == letters(filed)
    return bool(given == filed)


def _would_change(row: NewRow, name: str, on_file: Instrument) -> Fault:
    filed, short = getattr(on_file, name), on_file.instrument_id[:8]
    zh = (
        f"器具 {on_file.serial_no} 已经登记（平台编号 {short}），这一格登记为“{filed or '未填'}”；"
        "这里只登记新器具，请在它的页面上更改"
    )
    en = (
        f"{on_file.serial_no} is on file ({short}) with {filed or 'nothing'} here; only new"
        " instruments are filed: change it on its page"
    )
    return row.fault(name, zh, en)
