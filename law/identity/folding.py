"""Folds away how a text is written, to compare it: width, case, brackets, dashes, blanks, marks.

Whatever else differs is a difference: a digit or a letter tells two things apart.
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


def letters(text: str) -> str:
    """Returns only the letters and digits of a folded text; similar names have the same ones."""
    return _letters(folded(text))


def _letters(plain: str) -> str:
    return plain if plain.isalnum() else "".join(c for c in plain if c.isalnum())


def is_no_number(plain: str) -> bool:
    """Returns whether a folded text says that there is no number: 无, б/н, -, / or nothing but 0.

    Two things of which this is written are not known to be the same one.
    """
    only = _letters(plain)
    return only.strip("0") == "" or only in _NO_NUMBER


def stated(text: str) -> str:
    """Returns what a text states, without blanks around it; empty for 无, -, / and the like.

    A 0 states something: there are instruments of class 0.
    """
    only = letters(text)
    return "" if not only or only in _NO_NUMBER else text.strip()
