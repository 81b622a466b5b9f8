"""Reads untrusted structures (JSON, YAML) and records every fault with its path.

A reader does not stop at the first fault: it records the fault and returns a placeholder value, so
that the caller can read on and reject the whole input at the end (D-12).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from enum import StrEnum
from typing import TypeVar

from law.errors import Fault, InvalidInput

E = TypeVar("E", bound=StrEnum)

# A year outside these is a typing error; inside them every period added still gives a date.
_FIRST_YEAR, _LAST_YEAR = 1900, 2999
_LARGEST = 999_999
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Reader:
    """Reads the fields of one mapping in a document and records their faults.

    `path` is the place of the mapping in the document. The readers of nested mappings add their
    faults to the same list.
    """

    def __init__(self, data: object, path: str, faults: list[Fault]) -> None:
        self.path = path
        self.faults = faults
        self.data: Mapping[str, object] = {}
        if isinstance(data, Mapping):
            self.data = data
        else:
            self.fault("", "应为对象", "must be an object")
            self.faults = []  # its missing fields would only repeat the fault

    def fault(self, key: str, zh: str, en: str, cite: str | None = None) -> None:
        """Records a fault of one field. The same fault is recorded only once."""
        fault = Fault(self._at(key), zh, en, cite=cite)
        if fault not in self.faults:
            self.faults.append(fault)

    def only(self, *allowed: str) -> None:
        """Records a fault for every field whose name is not in `allowed`."""
        for key in self.data:
            if key not in allowed:
                self.fault(str(key), "未知字段", "unknown field")

    def text(self, key: str, default: str | None = None) -> str:
        """Reads a non-empty text.

        If it is missing, returns the default; without one, records a fault.
        """
        value = self.data.get(key)
        if isinstance(value, str) and value.strip():
            return value
        if value is None and default is not None:
            return default
        self._missing_or(key, "应为非空文本", "must be a non-empty text")
        return default or ""

    def choice(self, key: str, options: type[E], default: E | None = None) -> E:
        """Reads a value that must be a member of `options`; returns `default` if it is missing.

        Records a fault if it is no member, or if it is missing and there is no default.
        """
        value = self.data.get(key)
        if value is None and default is not None:
            return default
        if isinstance(value, str) and value in set(options):
            return options(value)
        listed = "、".join(options)
        self._missing_or(key, f"应为以下之一：{listed}", f"must be one of: {', '.join(options)}")
        return next(iter(options))

    def choice_or_none(self, key: str, options: type[E]) -> E | None:
        """Reads one value of an enumeration; returns None if the field is missing or null."""
        return None if self.data.get(key) is None else self.choice(key, options)

    def day(self, key: str, default: date | None = None) -> date:
        """Reads a calendar day, ``YYYY-MM-DD``. If it is missing, returns the default.

        Records a fault for any other value, for a year outside 1900 to 2999, and for a missing day
        without a default.
        """
        value = self.data.get(key)
        if value is None and default is not None:
            return default
        day = as_day(value)
        if day is None:
            self._missing_or(key, "应为日期YYYY-MM-DD", "must be a date YYYY-MM-DD")
        elif not _FIRST_YEAR <= day.year <= _LAST_YEAR:
            span = f"{_FIRST_YEAR}–{_LAST_YEAR}"
            self.fault(key, f"年份应在{span}之内", f"must be a day of the years {span}")
        return day or date.min

    def day_or_none(self, key: str) -> date | None:
        """Reads a calendar day, ``YYYY-MM-DD``; returns None if the field is missing or null."""
        return None if self.data.get(key) is None else self.day(key)

    def flag(self, key: str, default: bool | None = None) -> bool:
        """Reads true or false.

        If it is missing, returns the default; without one, records a fault.
        """
        value = self.data.get(key)
        if isinstance(value, bool):
            return value
        if value is not None or default is None:
            self._missing_or(key, "应为true或false", "must be true or false")
        return bool(default)

    def whole(self, key: str, least: int | None = None) -> int:
        """Reads a whole number from `least` to 999,999; records a fault for any other value.

        Without `least`, the smallest number is -999,999.
        """
        value = self.data.get(key)
        if isinstance(value, bool) or not isinstance(value, int):
            self._missing_or(key, "应为整数", "must be a whole number", cite="C-10")
            return 0
        if least is not None and value < least:
            self.fault(key, f"不得小于{least}", f"must be at least {least}", cite="C-10")
        elif abs(value) > _LARGEST:
            self.fault(key, f"不得大于{_LARGEST}", f"must be at most {_LARGEST}", cite="C-10")
        return value

    def whole_or_none(self, key: str, least: int | None = None) -> int | None:
        """Reads a whole number as `whole` does; returns None if the field is missing or null."""
        return None if self.data.get(key) is None else self.whole(key, least)

    def below(self, key: str) -> Reader:
        """Returns a reader for the mapping in the field `key`; a missing field is a fault."""
        if key not in self.data:
            self.fault(key, "缺少", "is missing")
            return Reader({}, self._at(key), [])
        return Reader(self.data[key], self._at(key), self.faults)

    def each(self, key: str, required: bool = True) -> Iterator[Reader]:
        """Yields a reader for each mapping in the list in the field `key`.

        If `required` is true, a missing list is a fault.
        """
        value = self.data.get(key)
        if value is None and not required:
            return
        if not isinstance(value, list):
            self._missing_or(key, "应为列表", "must be a list")
            return
        for index, item in enumerate(value):
            yield Reader(item, f"{self._at(key)}[{index}]", self.faults)

    def texts(self, key: str) -> tuple[str, ...]:
        """Reads a list of texts; returns an empty tuple if the field is missing."""
        value = self.data.get(key)
        if value is None:
            return ()
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        self.fault(key, "应为文本列表", "must be a list of texts")
        return ()

    def choices(self, key: str, options: type[E]) -> tuple[E, ...]:
        """Reads a list of values of an enumeration; returns an empty tuple if the field is missing.

        Records a fault for each value that is not in the enumeration.
        """
        values = []
        for item in self.texts(key):
            if item in set(options):
                values.append(options(item))
            else:
                self.fault(key, f"未知取值{item}", f"unknown value {item}")
        return tuple(values)

    def _at(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path and key else self.path or key

    def _missing_or(self, key: str, zh: str, en: str, cite: str | None = None) -> None:
        if self.data.get(key) is None:
            zh, en = "缺少", "is missing"
        self.fault(key, zh, en, cite)


def refuse(faults: list[Fault], zh: str, en: str) -> None:
    """Raises InvalidInput with all faults and the message `zh` and `en`, if there is any fault."""
    if faults:
        raise InvalidInput(zh, en, faults=faults)


def as_day(value: object) -> date | None:
    """Returns a date as it is, or the day that a text such as 2026-10-16 writes; None if none."""
    if type(value) is date:
        return value
    # date.fromisoformat alone accepts other notations too, such as 2026-W01-1.
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None
