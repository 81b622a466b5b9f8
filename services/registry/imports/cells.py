"""One cell: what it says, as a value of the register. Raises `BadCell`, with a stable reason."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from enum import StrEnum

from law.errors import InvalidInput
from law.identifiers import check_credit_code

Value = str | int | bool | date | None
Read = Callable[[str], Value]

_DAY = re.compile(
    r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|\.(\d{1,2})\.(\d{1,2})"
    r"|年(\d{1,2})月(\d{1,2})日?|(\d{2})(\d{2}))(?: 0?0:00(?::00)?)?"
)
_FLAGS = {"是": True, "否": False, "true": True, "false": False, "1": True, "0": False}
_FLAGS |= {"yes": True, "no": False, "y": True, "n": False, "√": True, "×": False}
_WHOLE = re.compile(r"[+-]?\d{1,9}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffd]")
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
SHOWN = 100  # characters of a cell that a fault repeats


class BadCell(Exception):
    """A cell that cannot be what its field holds."""

    def __init__(self, reason: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.reason, self.zh, self.en = reason, zh, en


def said(cell: str) -> str:
    """What a cell says: without blanks around it and the apostrophe that disarms a formula."""
    if cell.startswith("'") and _FORMULA.match(cell):
        cell = cell[1:]
    return cell.strip().strip("\ufeff")


def disarmed(cell: str) -> str:
    """A cell that no spreadsheet program runs as a formula; `said` undoes it."""
    return f"'{cell}" if len(cell) > 1 and _FORMULA.match(cell) else cell


def shown(cell: str) -> str:
    """A cell as a fault repeats it."""
    return cell if len(cell) <= SHOWN else cell[: SHOWN - 1] + "…"


def text(cell: str) -> str:
    """Free text."""
    if _CONTROL.search(cell):
        zh = "含有无法识别的字符，请检查文件编码"
        raise BadCell("BAD_CHARACTER", zh, "holds characters that are not text; see the encoding")
    return cell


def code(cell: str) -> str:
    """A code: narrow characters only."""
    return text(unicodedata.normalize("NFKC", cell))


def credit_code(cell: str) -> str:
    """A unified social credit code in its normal form (GB 32100)."""
    try:
        return check_credit_code(code(cell))
    except InvalidInput as error:
        raise BadCell("BAD_CREDIT_CODE", error.zh, error.en) from None


def day(cell: str) -> date:
    """A date: 2026-09-14, 2026/9/14, 2026.9.14, 2026年9月14日 or 20260914."""
    match = _DAY.fullmatch(unicodedata.normalize("NFKC", cell))
    if match:
        numbers = [int(part) for part in match.groups() if part is not None]
        try:
            return date(*numbers)
        except ValueError:
            raise BadCell("NO_SUCH_DATE", "没有这一天", "there is no such day") from None
    raise BadCell("NOT_A_DATE", "应为日期，如 2026-09-14", "must be a date such as 2026-09-14")


def flag(cell: str) -> bool:
    """是 or 否."""
    value = _FLAGS.get(cell.lower())
    if value is None:
        raise BadCell("NOT_A_FLAG", "应为“是”或“否”", "must be 是 or 否")
    return value


def whole(cell: str) -> int:
    """A whole number (C-10)."""
    narrow = unicodedata.normalize("NFKC", cell)
    if not _WHOLE.fullmatch(narrow):
        raise BadCell("NOT_A_NUMBER", "应为整数", "must be a whole number")
    return int(narrow)


def choice(labels: Mapping[str, StrEnum]) -> Read:
    """One of the coded values, by its code or its Chinese label."""
    listed = "、".join(dict.fromkeys(labels))

    def read(cell: str) -> StrEnum:
        value = labels.get(cell)
        if value is None:
            raise BadCell("NOT_A_CHOICE", f"应为以下之一：{listed}", f"must be one of: {listed}")
        return value

    return read
