"""Numbers and check codes of letters: together they prove that a letter is genuine.

The number is known to many and can be guessed. The code cannot: it is drawn at random when the
letter is issued.
"""

from __future__ import annotations

import hmac
import re
import secrets

# Without 0, 1, I and O, which people confuse: 32 characters, 5 bits each.
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
LENGTH = 8  # 40 bits: a billion guesses find a given code once in a thousand times
_BRACKETS = str.maketrans("[［【(（]］】)）", "〔〔〔〔〔〕〕〕〕〕")


def new_check_code() -> str:
    """Returns a new random check code, such as K7QX-3MWP."""
    code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return f"{code[:4]}-{code[4:]}"


def agrees(stored: str, given: str) -> bool:
    """Returns whether a person gave the stored check code; an empty stored code agrees with none.

    Case, blanks and hyphens in the given code make no difference.
    """
    return bool(stored) and hmac.compare_digest(_bare(stored), _bare(given))


def _bare(code: str) -> bytes:
    return re.sub(r"[\s\-－—]", "", code).upper().encode()


def tidy_number(given: str) -> str:
    """Returns a letter's number as it was issued, from what a person typed.

    Brackets of any kind become 〔〕, blanks are dropped, and a missing 号 is added.
    """
    number = re.sub(r"\s", "", given).translate(_BRACKETS)
    return number if number.endswith("号") else f"{number}号"
