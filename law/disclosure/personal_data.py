"""Finds personal data in a text before the text is made public (S1 18(一))."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from unicodedata import normalize

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"
_SEPARATED = r"[ -]?".join
_NUMBER = re.compile(rf"(?<![0-9A-Za-z]){_SEPARATED([r'[0-9]'] * 17 + ['[0-9Xx]'])}(?![0-9A-Za-z])")
_TELEPHONE = re.compile(
    r"(?<![0-9A-Za-z])"
    r"(?:1[3-9][0-9](?:[ -]?[0-9]{4}){2}|0[0-9]{2,3}[ -]?[1-9][0-9]{6,7})"
    r"(?![0-9A-Za-z])"
)
_SHORTEST_NAME = 2
_FIRST_YEAR = 1850  # nobody who was born before has an ID number
ID_DIGITS = 18


class Personal(StrEnum):
    """What the checks of a text look for."""

    ID_NUMBER = "id_number"
    TELEPHONE = "telephone"
    NAME = "name"


_WORDS = {
    Personal.ID_NUMBER: ("身份证件号码", "ID number"),
    Personal.TELEPHONE: ("电话号码", "telephone number"),
    Personal.NAME: ("个人姓名", "name of a person"),
}


@dataclass(frozen=True, slots=True)
class Found:
    """Personal data in a text: what it is, and how it stands there."""

    kind: Personal
    text: str

    @property
    def zh(self) -> str:
        """What was found, in Chinese."""
        return f"{_WORDS[self.kind][0]}“{self.text}”"

    @property
    def en(self) -> str:
        """What was found, in English."""
        return f'{_WORDS[self.kind][1]} "{self.text}"'


def personal_data(text: str, names: Iterable[str] = ()) -> tuple[Found, ...]:
    """Returns the ID numbers, telephone numbers and names of persons in a text, each once.

    An ID number has 18 digits, the last by GB 11643 a check digit that may be X; single spaces or
    hyphens may stand between the digits. `names` are the names of persons that are on file; names
    of one character are not looked for.
    """
    plain = normalize("NFKC", text)
    numbers = [one[0] for one in _NUMBER.finditer(plain) if is_id_number(one[0])]
    telephones = [one[0] for one in _TELEPHONE.finditer(plain)]
    named = [name for name in names if len(name) >= _SHORTEST_NAME and name in plain]
    found = (
        *(Found(Personal.ID_NUMBER, one) for one in numbers),
        *(Found(Personal.TELEPHONE, one) for one in telephones),
        *(Found(Personal.NAME, one) for one in sorted(named)),
    )
    return tuple(dict.fromkeys(found))


def plain_characters(text: str) -> str:
    """Returns a text in NFKC, with every character still at its place.

    A character that would become several stays as it is.
    """
    plain = (normalize("NFKC", character) for character in text)
    return "".join(
        one if len(one) == 1 else character for one, character in zip(plain, text, strict=True)
    )


def is_id_number(text: str) -> bool:
    """Returns whether a text is an ID number: 18 digits, the last a right check digit.

    By GB 11643 and ISO 7064 the check digit may be X. Single spaces or hyphens may stand between.
    """
    if not _NUMBER.fullmatch(text):
        return False
    digits = re.sub("[ -]", "", text).upper()
    total = sum(int(d) * weight for d, weight in zip(digits[:-1], _WEIGHTS, strict=True))
    return digits[-1] == _CHECK_DIGITS[total % len(_CHECK_DIGITS)]


def is_rounded_id_number(written: str) -> bool:
    """Returns whether a number of a spreadsheet was an ID number before it lost its last digits.

    It has 18 digits, of which those from the seventh to the fourteenth are a day of birth.
    """
    digits = f"{float(written):.0f}"
    if len(digits) != ID_DIGITS:
        return False
    try:
        return date.fromisoformat(digits[6:14]).year >= _FIRST_YEAR
    except ValueError:
        return False
