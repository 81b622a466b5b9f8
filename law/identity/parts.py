"""The identity of nozzles, channels and phases, which have results of their own.

A part is known by its name within its instrument.
"""

from __future__ import annotations

import re
from functools import lru_cache

from law.identity.folding import REMEMBERED, folded
from law.identity.instruments import serial_key

# 1号枪, 1#, 油枪1, 第一通道 and A相.
_WORD = "(?:加油枪|油枪|加气枪|充电枪|枪|通道|相位|相|NO[.:]?|#|号)"
_PART = re.compile(f"第?{_WORD}*0*([1-9][0-9]{{0,3}}|[A-Z]|[一二三四五六七八九]){_WORD}*")
_COUNTED = str.maketrans("一二三四五六七八九", "123456789")


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
