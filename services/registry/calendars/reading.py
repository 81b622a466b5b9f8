"""Reads the arrangement of a year from a file: JSON, or CSV with one item and its value in a row.

Either names the notice (document, title, published_on, sha256), the year and the days; in CSV also
by the Chinese words. A range is written first..last, both included. Every fault names its place.
"""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from law.errors import Fault, InvalidInput
from law.reader.strict_reader import as_day
from law.terms.arrangement import Arrangement

_DAY = timedelta(days=1)
_LONGEST_DAYS = 31
_LISTS = ("days_off", "make_up")
_NEEDED = ("year", "document", "title", "published_on", "days_off")
_FIELDS = (*_NEEDED, "make_up", "sha256", "amends")
_WORDS = {
    "年份": "year",
    "文号": "document",
    "标题": "title",
    "公布日期": "published_on",
    "放假": "days_off",
    "上班": "make_up",
    "调休上班": "make_up",
    "sha-256": "sha256",
    "调整": "amends",
}
_Values = Mapping[str, list[tuple[str, int | None]]]  # each value with its row, None in JSON


def read_arrangement(content: bytes, sha256: str = "") -> Arrangement:
    """Reads a file; `sha256` is the digest of the notice where the file does not tell it.

    Raises InvalidInput with every fault: no such field, a field that is missing, no date.
    """
    text = _text(content)
    faults: list[Fault] = []
    values = _of_json(text, faults) if text.lstrip().startswith("{") else _of_csv(text, faults)
    faults += [
        Fault(name, f"缺少 {name}（{_zh(name)}）", f"{name} is missing")
        for name in _NEEDED
        if name not in values
    ]
    days = {name: frozenset(_days(name, values, faults)) for name in _LISTS}
    year, published_on = _year(values, faults), _published(values, faults)
    told = _one(values, "sha256").lower()
    if sha256 and told and told != sha256.lower():
        zh, en = "文件所写的 SHA-256 与所给的不同", "The file names another SHA-256"
        faults.append(Fault("sha256", zh, en))
    if faults:
        raise InvalidInput("放假安排文件有误", "The file cannot be read", faults=faults)
    return Arrangement(
        year=year,
        document=_one(values, "document"),
        title=_one(values, "title"),
        published_on=published_on,
        sha256=told or sha256.lower(),
        off=days["days_off"],
        work=days["make_up"],
        amends=_one(values, "amends"),
    )


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        zh, en = "文件应为 UTF-8 编码", "The file must be UTF-8"
        raise InvalidInput(zh, en, faults=[Fault("content", zh, en)]) from None


def _of_json(text: str, faults: list[Fault]) -> _Values:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        faults.append(Fault("content", f"不是 JSON：{error}", f"Not JSON: {error}"))
        return {}
    values: defaultdict[str, list[tuple[str, int | None]]] = defaultdict(list)
    for key, value in data.items():
        if key not in _FIELDS:
            faults.append(_unknown(key, None))
        elif isinstance(value, list) and key in _LISTS:
            values[key] += [(str(one), None) for one in value]
        elif isinstance(value, str | int):
            values[key].append((str(value).strip(), None))
        else:
            faults.append(Fault(key, f"{key} 的写法不对", f"{key} is not written rightly"))
    return values


def _of_csv(text: str, faults: list[Fault]) -> _Values:
    values: defaultdict[str, list[tuple[str, int | None]]] = defaultdict(list)
    for row, cells in enumerate(_rows(text, faults), 1):
        filled = [cell.strip() for cell in cells]
        if not any(filled):
            continue
        key = _WORDS.get(filled[0].lower(), filled[0].lower())
        if key not in _FIELDS:
            faults.append(_unknown(filled[0], row))
        values[key] += [(cell, row) for cell in filled[1:] if cell]
    return values


def _rows(text: str, faults: list[Fault]) -> Iterator[list[str]]:
    """The rows of a CSV file, whatever ends its lines."""
    try:
        yield from csv.reader(io.StringIO(text, newline=None))
    except csv.Error as error:
        faults.append(Fault("content", f"不是 CSV：{error}", f"Not CSV: {error}"))


def _unknown(key: str, row: int | None) -> Fault:
    known = "、".join(f"{name}（{_zh(name)}）" for name in _FIELDS)
    return Fault(
        key[:60] or "content", f"没有这一项，可以写：{known}", f"Not one of {_FIELDS}", row=row
    )


def _zh(name: str) -> str:
    return next((zh for zh, field in _WORDS.items() if field == name), name)


def _one(values: _Values, name: str) -> str:
    return values[name][0][0] if values.get(name) else ""


def _year(values: _Values, faults: list[Fault]) -> int:
    written = _one(values, "year").removesuffix("年")
    if written.isascii() and written.isdigit() and len(written) == len("2027"):
        return int(written)
    if written:
        faults.append(Fault("year", f"不是年份：{written}", f"Not a year: {written}"))
    return 0


def _published(values: _Values, faults: list[Fault]) -> date:
    for written, row in values.get("published_on", ()):
        if day := as_day(written):
            return day
        faults.append(_no_date("published_on", written, row))
    return date.min


def _days(name: str, values: _Values, faults: list[Fault]) -> Iterator[date]:
    """The days of a list of dates and of ranges `first..last`, both ends included."""
    for written, row in values.get(name, ()):
        first, _, last = written.partition("..")
        day, end = as_day(first.strip()), as_day((last or first).strip())
        if day is None or end is None:
            faults.append(_no_date(name, written, row))
            continue
        if not 0 <= (end - day).days <= _LONGEST_DAYS:
            zh = f"起止日期颠倒或者太长：{written}"
            faults.append(Fault(name, zh, f"Turned round or too long: {written}", row=row))
            continue
        yield from (day + _DAY * after for after in range((end - day).days + 1))


def _no_date(name: str, written: str, row: int | None) -> Fault:
    zh = f"不是日期：{written}；请写 2027-01-01，一段写 2027-02-05..2027-02-11"
    return Fault(name, zh, f"Not a date: {written}; write 2027-01-01", row=row)
