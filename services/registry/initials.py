"""The pinyin initials of a name, by which people look up a subject: 杭州某某加油站 is hzmmjyz."""

from __future__ import annotations

import re

_LETTERS = re.compile(r"[0-9a-z]+")
_ASKED = re.compile(r"[0-9A-Za-z]+")


def initials(name: str) -> str:
    """Returns the first letter of each syllable, in lower case; letters and digits stay.

    Other characters are left out. A character with several readings has that of its usual word.
    """
    from pypinyin import Style, lazy_pinyin  # noqa: PLC0415 - it loads its dictionary for a second

    letters = "".join(lazy_pinyin(name, style=Style.FIRST_LETTER)).lower()
    return "".join(_LETTERS.findall(letters))


def may_be_initials(asked: str) -> bool:
    """Returns whether a text consists of letters and digits only, so that it may be initials."""
    return bool(_ASKED.fullmatch(asked))
