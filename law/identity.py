"""When two writings name the same thing: numbers of documents, serial numbers, models, names.

People write one number in many ways: in full width, with other brackets or dashes, with blanks,
with a zero in front. The functions fold these differences away, to compare; what was written is
what is stored and shown. Whatever else differs is a difference: a digit or a letter tells two
things apart.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

REMEMBERED = 20_000  # texts: a long file repeats names and numbers, and compares each several times
_BRACKETS = str.maketrans("〔【［[{「《〈〕】］]}」》〉", "(" * 8 + ")" * 8)
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−─－﹣", "-"))
# What spreadsheets put before a number to keep it as text: '001 and ="001".
_TEXT_MARK = re.compile("""^'|^="(.*)"$""")
# 测罚〔2026〕02号 and 测罚〔2026〕第2号 are 测罚(2026)2.
_DOCUMENT = re.compile(r"(.*\(\d{4}\))第?0*(\d+)号?")
_NUMBER_SIGN = re.compile("^(no[:.]|(?:编号|出厂编号|序列号):?)(?=[0-9a-z])")
# 1号枪, 1#, 油枪1, 第一通道 and A相.
_PART_WORD = "(?:加油枪|油枪|加气枪|充电枪|枪|通道|相位|相|NO[.:]?|#|号)"
_PART = re.compile(f"第?{_PART_WORD}*0*([1-9][0-9]{{0,3}}|[A-Z]|[一二三四五六七八九]){_PART_WORD}*")
_COUNTED = str.maketrans("一二三四五六七八九", "123456789")
_NO_NUMBER = frozenset({
    "", "无", "无编号", "无号", "没有", "暂无", "不详", "不明", "未知", "不清", "看不清", "模糊",
    "缺", "空", "空白", "бн", "na", "none", "null", "nil", "sn", "bn",
})  # fmt: skip


@lru_cache(REMEMBERED)
def folded(text: str) -> str:
    """Returns a text that is the same for every width, case, kind of dash and kind of bracket.

    Blanks, invisible characters and the marks of spreadsheets for a text are left out.
    """
    written = _TEXT_MARK.sub(r"\1", text.strip()).replace("№", "")
    if written.isascii():
        return "".join(written.casefold().split()).translate(_BRACKETS)
    plain = unicodedata.normalize("NFKC", written).casefold()
    seen = "".join(c for c in plain if not c.isspace() and unicodedata.category(c) != "Cf")
    return seen.translate(_BRACKETS).translate(_DASHES)


def document_key(number: str) -> str:
    """Returns the number of a document so that all writings of it are the same.

    In a number with the year in brackets, the zeros before the last number, 第 and 号 are left out.
    Other numbers are only folded: their zeros may tell two documents apart.
    """
    plain = folded(number)
    found = _DOCUMENT.fullmatch(plain)
    return found[1] + found[2] if found else plain


@lru_cache(REMEMBERED)
def serial_key(number: str) -> str:
    """Returns the serial number of an instrument so that all writings of it are the same.

    A sign for "number" before it (№, No., 编号) is left out; zeros are not. The result is empty for
    what says that there is no number, such as 无, б/н, - or 0: two instruments of which this is
    written are not known to be the same one.
    """
    plain = _NUMBER_SIGN.sub("", folded(number))
    only = letters(plain)
    return "" if only.strip("0") == "" or only in _NO_NUMBER else plain


@lru_cache(REMEMBERED)
def part_key(name: str) -> str:
    """Returns the name of a nozzle, channel or phase so that all writings of it are the same.

    What says that it is one is left out, and the zeros before its number: 01, 1#, 1号枪 and 油枪1
    are 1, A相 and 相A are A. The result is empty for what names no part, such as 无 or -.
    """
    if not serial_key(name):
        return ""
    plain = folded(name).upper()
    found = _PART.fullmatch(plain)
    return found[1].translate(_COUNTED) if found else plain


def may_be_one_model(one: str, other: str) -> bool:
    """Returns whether two models may be one: written alike, or one of them is not known."""
    return not one or not other or letters(one) == letters(other)


def may_be_one_address(one: str, other: str) -> bool:
    """Returns whether two addresses may be one: one of them is not known, or ends with the other.

    The division at the beginning is often left out.
    """
    left, right = letters(one), letters(other)
    return left.endswith(right) or right.endswith(left)


def letters(text: str) -> str:
    """Returns only the letters and digits of a folded text; similar names have the same ones."""
    plain = folded(text)
    return plain if plain.isalnum() else "".join(c for c in plain if c.isalnum())
