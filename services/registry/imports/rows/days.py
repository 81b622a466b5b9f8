"""Reads a day as people and spreadsheet programs write it."""

from __future__ import annotations

import re
from datetime import date, timedelta

from law.identity import folded
from services.registry.imports.rows.bad_cell import BadCell

# What follows a day and does not change it: a weekday in brackets, or the time of day.
_AFTER_IT = re.compile(
    r"(?:\((?:星期|周)[一二三四五六日天]\)|(?:t|(?<=[日号]))\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)$"
)
_DAY = re.compile(
    r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|\.(\d{1,2})\.(\d{1,2})\.?"
    r"|、(\d{1,2})、(\d{1,2})|年(\d{1,2})月(\d{1,2})[日号]?|(\d{2})(\d{2}))"
)
_SERIAL = re.compile(r"([1-9]\d{4})(?:\.\d+)?")  # 1927 to 2173; 2026 is no day
_DAY_ZERO = date(1899, 12, 30)  # what spreadsheet programs count from, 1 March 1900 onwards
NO_END = date(2999, 12, 31)  # the last day that any file may name
_LASTING = frozenset({"长期", "长期有效", "永久", "永久有效", "无期限"})
_NO_END_PUBLISHED = date(2099, 12, 31)  # what the national publication has for 长期
_NO_END = frozenset({"长期", "长期有效", "一次性", "一次性检定", "无", "无期限", "-", "--", "/"})


def day(cell: str) -> date:
    """Reads a date: 2026-09-14, 2026/9/14, 2026.9.14, 2026年9月14日 or 20260914.

    Blanks, a weekday in brackets and the time of day are left out. Raises BadCell for another
    format, such as one that begins with the day, or for a day that does not exist.
    """
    match = _DAY.fullmatch(_written(cell))
    if not match:
        raise BadCell("NOT_A_DATE", "应为日期，如 2026-09-14", "must be a date such as 2026-09-14")
    try:
        return date(*(int(part) for part in match.groups() if part is not None))
    except ValueError:
        raise BadCell("NO_SUCH_DATE", "没有这一天", "there is no such day") from None


def last_day(cell: str) -> date | None:
    """Reads the last day of a validity; None for 长期, 一次性 and other words for no such day.

    Raises BadCell as `day` does.
    """
    return None if folded(cell) in _NO_END else day(cell.removesuffix("止"))


def open_ended_day(cell: str) -> date | None:
    """Reads the last day of a permit; `NO_END` for 长期, and for the day that exports write for it.

    None for 无, / and the like, which do not say whether it has an end. Raises BadCell as `day`
    does.
    """
    if folded(cell) in _LASTING:
        return NO_END
    end = last_day(cell)
    return NO_END if end is not None and end >= _NO_END_PUBLISHED else end


def counted_day(cell: str, from_1904: bool) -> date:
    """Reads a cell that a workbook stores as a number: days since 1900, or 20260914.

    A fraction is the time of day and is left out. Raises BadCell as `day` does, and where the
    days of the workbook count from 1904.
    """
    serial = _SERIAL.fullmatch(cell)
    if not serial:
        return day(cell)
    if from_1904:
        zh = "此工作簿的日期可能从 1904 年起算，请设为日期格式"
        en = "days of this workbook may count from 1904; format the cell as a date"
        raise BadCell("NOT_A_DATE", zh, en)
    return _DAY_ZERO + timedelta(days=int(serial[1]))


def _written(cell: str) -> str:
    """The day alone, with one kind of dash and without blanks."""
    apart = re.sub(r"(?<=\d)\s+(?=\d{1,2}:)", "t", cell.strip())
    return _AFTER_IT.sub("", folded(apart))
