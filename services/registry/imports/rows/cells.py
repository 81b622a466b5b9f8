"""Reads one cell of a file as a value of the register; raises BadCell for an unreadable cell."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from law.disclosure.personal_data import is_id_number
from law.errors import InvalidInput
from law.identifiers import check_credit_code
from law.identity import folded, part_key, serial_key, stated
from law.instruments import code_of
from plumbing.characters import control
from plumbing.mail_address import REASON_EN, REASON_ZH, is_mail_address
from services.registry import gs1
from services.registry.imports.read.text import Number
from services.registry.imports.rows.bad_cell import BadCell
from services.registry.imports.rows.days import counted_day, day, last_day, open_ended_day
from services.registry.imports.rows.labels import Labels

Value = str | int | bool | date | None
Read = Callable[[str], Value]

_FLAGS = {"是": True, "否": False, "true": True, "false": False, "1": True, "0": False}
_FLAGS |= {"yes": True, "no": False, "y": True, "n": False, "√": True, "×": False}
_FLAGS |= {"已核实": True, "未核实": False, "已生效": True, "未生效": False}
_WHOLE = re.compile(r"([+-]?\d{1,9})\s*[分个项次件]?")  # 3 分 is 3
_SCIENTIFIC = re.compile(r"[+-]?\d(?:\.\d+)?[eE]\+\d{2,3}")
# They come along when a text is copied from a page. Marks of direction are refused instead.
_NO_WIDTH = re.compile("[\u200b\u2060\ufeff\u00ad]")
_UNDECODED = "\ufffd"
# What is no part of a telephone number; 转 comes before an extension.
_NO_TELEPHONE = re.compile(r"[^0-9+()/、,;转 -]+")
_BESIDE_TELEPHONE = " /、,;转-"
_DIGIT = re.compile(r"\d")
_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
DAYS: tuple[Read, ...] = (day, last_day, open_ended_day)
EXCERPT = 100  # characters of a cell that a fault repeats


def clean(cell: str) -> str:
    """Returns a cell's text without surrounding blanks and without characters of no width.

    The apostrophe that `disarmed` puts before a formula is also removed.
    """
    if cell.startswith("'") and _FORMULA.match(cell):
        cell = cell[1:]
    if not cell.isascii():
        cell = _NO_WIDTH.sub("", cell)
    return cell.strip()


def disarmed(cell: str) -> str:
    """Returns a cell's text in a form that no spreadsheet program runs as a formula.

    An apostrophe is put before a formula; `clean` removes it.
    """
    return f"'{cell}" if len(cell) > 1 and _FORMULA.match(cell) else cell


def excerpt(cell: str) -> str:
    """Returns a cell's text, shortened to at most 100 characters, for use in a fault."""
    return cell if len(cell) <= EXCERPT else cell[: EXCERPT - 1] + "…"


def text(cell: str) -> str:
    """Reads free text. Raises BadCell if it contains control or undecodable characters."""
    if _UNDECODED in cell or control(cell):
        zh = "含有无法识别的字符，请检查文件编码"
        raise BadCell("BAD_CHARACTER", zh, "holds characters that are not text; see the encoding")
    return cell


def mail_address(cell: str) -> str:
    """Reads a mail address; converts full-width characters. Raises BadCell for anything else.

    A subject without one leaves the cell blank.
    """
    address = code(cell)
    if not serial_key(address):
        raise BadCell("BAD_ADDRESS", "没有电子邮箱的请留空", "leave the cell blank without address")
    if address.count("@") > 1:
        zh, en = "只填一个电子邮箱地址，其余的请删去", "write one mail address, without the others"
        raise BadCell("BAD_ADDRESS", zh, en)
    if not is_mail_address(address):
        raise BadCell("BAD_ADDRESS", REASON_ZH, REASON_EN)
    return address


def telephone(cell: str) -> str | None:
    """Reads telephone numbers and leaves out what else the cell has, such as the name of a person.

    None if there is no number. Raises BadCell for scientific notation.
    """
    numbers = _NO_TELEPHONE.sub(" ", code(cell))
    numbers = " ".join(numbers.split()).strip(_BESIDE_TELEPHONE)
    return numbers if _DIGIT.search(numbers) else None


def identifier(cell: str) -> str:
    """Reads a number or name that identifies one thing. Raises BadCell for scientific notation."""
    if _SCIENTIFIC.fullmatch(cell):
        zh = "已被表格软件改成科学计数法；请设为文本格式，并按原件重新填写"
        en = "was turned into scientific notation; format the cell as text and enter it anew"
        raise BadCell("SCIENTIFIC", zh, en)
    return text(cell)


def number_if_any(cell: str) -> str | None:
    """Reads a number as `identifier` does; None for 无 and other words for none."""
    return stated(identifier(cell)) or None


def text_if_any(cell: str) -> str | None:
    """Reads free text; None for 无, / and other words for none."""
    return stated(text(cell)) or None


def instrument_type(cell: str) -> str:
    """Reads the code or the Chinese name of a type of instrument; returns its code if known."""
    return code_of(identifier(cell))


def part(cell: str) -> str | None:
    """Reads the name of a nozzle, channel or phase; None for 无 and other words for none."""
    return part_key(identifier(cell)) or None


def code(cell: str) -> str:
    """Reads a code; converts full-width characters to ordinary ones."""
    return identifier(unicodedata.normalize("NFKC", cell))


def maker_code(cell: str) -> str:
    """Reads a maker's GS1 code in any writing; returns the path of its GS1 Digital Link.

    Raises BadCell if it is not valid, also by check digit.
    """
    try:
        return gs1.maker_code(identifier(cell))
    except InvalidInput as error:
        raise BadCell("BAD_MAKER_CODE", error.zh, error.en) from error


def credit_code(cell: str) -> str:
    """Reads a unified social credit code and returns its normal form (GB 32100).

    Raises BadCell if the code is not valid: a subject without one leaves the cell blank, and the ID
    number of a person does not belong here.
    """
    return _code_of(cell, digit=True)


def issued_code(cell: str) -> str:
    """Reads a credit code as `credit_code` does, but for its check digit.

    The digit is checked with the row, which may tell on what ground another one is filed.
    """
    return _code_of(cell, digit=False)


def _code_of(cell: str, *, digit: bool) -> str:
    if not serial_key(cell):
        zh, en = "没有统一社会信用代码的请留空", "leave the cell blank where there is no code"
        raise BadCell("NO_CREDIT_CODE", zh, en)
    if is_id_number(cell):
        zh, en = "这是个人身份证件号码，请留空", "the ID number of a person; leave the cell blank"
        raise BadCell("ID_NUMBER", zh, en)
    try:
        return check_credit_code(code(cell), digit=digit)
    except InvalidInput as error:
        raise BadCell("BAD_CREDIT_CODE", error.zh, error.en) from None


def owner_code(cell: str) -> str | None:
    """Reads the credit code of an owner beside an instrument; None for 无 and other words for none.

    Raises BadCell as `credit_code` does.
    """
    return credit_code(cell) if serial_key(cell) else None


def of_number(cell: Number, read: Read, is_identifier: bool, from_1904: bool) -> Value:
    """Returns the value of a cell that a workbook stores as a number, for a field read by `read`.

    Raises BadCell for an identifier, since its leading zeros and last digits may be lost. A day may
    be counted from 1900 or written as 20260914.
    """
    if read in DAYS:
        return counted_day(cell, from_1904)
    if is_identifier or (read is text and _SCIENTIFIC.fullmatch(cell)):
        zh = "存为数值，前导零和第 15 位以后的数字可能已丢失；请设为文本格式，并按原件重新填写"
        en = "is kept as a number, which loses digits; format the cell as text and enter it anew"
        raise BadCell("NUMBER_FOR_TEXT", zh, en)
    return read(str(cell))


def flag(cell: str) -> bool:
    """Reads 是 as True and 否 as False, and their usual equivalents. Raises BadCell otherwise."""
    value = _FLAGS.get(cell.lower())
    if value is None:
        raise BadCell("NOT_A_FLAG", "应为“是”或“否”", "must be 是 or 否")
    return value


def whole(cell: str) -> int:
    """Reads a whole number (C-10), also with 分 behind it. Raises BadCell for any other text."""
    number = _WHOLE.fullmatch(unicodedata.normalize("NFKC", cell))
    if not number:
        raise BadCell("NOT_A_NUMBER", "应为整数", "must be a whole number")
    return int(number[1])


@dataclass(frozen=True)
class Choice:
    """Reads a cell as one of a list of coded values, by its code or by one of its Chinese words.

    `doubtful` are words that mean none of them for certain, so that a person has to choose.
    """

    labels: Labels[Any]
    doubtful: frozenset[str] = frozenset()

    def __call__(self, cell: str) -> StrEnum:
        value: StrEnum | None = self.labels.value(cell)
        if value is None and folded(cell) in self.doubtful:
            listed = "、".join(self.labels.words)
            zh = f"“{excerpt(cell)}”不能确定是哪一种，请按证书填写：{listed}"
            raise BadCell("DOUBTFUL", zh, f"may mean several; write what the paper says: {listed}")
        if value is None:
            listed = self.labels.listed
            raise BadCell("NOT_A_CHOICE", f"应为以下之一：{listed}", f"must be one of: {listed}")
        return value
