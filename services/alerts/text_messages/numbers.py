"""Mobile numbers as people write them, and as they are stored."""

from __future__ import annotations

import re

from law.errors import Fault, InvalidInput

_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_BETWEEN = re.compile(r"[\s()（）-]")


def read(written: str) -> str:
    """Returns the eleven digits of a mobile number of the mainland.

    Raises InvalidInput for anything else: a gateway bills each message, and a fixed line gets none.
    """
    number = _BETWEEN.sub("", written)
    for prefix in ("+86", "0086"):
        number = number.removeprefix(prefix)
    if not _MOBILE.fullmatch(number):
        zh, en = "须为 11 位的手机号码", "must be a mobile number of the mainland with 11 digits"
        raise InvalidInput(faults=[Fault("number", zh, en)])
    return number
