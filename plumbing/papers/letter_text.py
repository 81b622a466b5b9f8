"""The stored text of a letter and its parts.

Every letter is written in the same form: paragraphs on lines of their own, the addressee with a
colon near the beginning, and at the end the bureau that signs and the day.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

_OPENING = 3  # the addressee is named within so many lines


@dataclass(frozen=True)
class LetterParts:
    """The parts of a letter's text: lines before the addressee, addressee, paragraphs, signature.

    `signer` and `day` are written as in the text. `addressee` is empty if the text names none.
    """

    opening: tuple[str, ...]
    addressee: str
    paragraphs: tuple[str, ...]
    signer: str
    day: str


def parts_of(body: str) -> LetterParts:
    """Divides the text of a letter into its parts.

    Raises ValueError for a text of fewer than two lines, which has no signature.
    """
    lines = [line for line in body.split("\n") if line.strip()]
    *text, signer, day = lines
    places = [place for place, line in enumerate(text[:_OPENING]) if line.endswith("：")]
    if not places:
        return LetterParts((), "", tuple(text), signer, day)
    place = places[0]
    return LetterParts(tuple(text[:place]), text[place], tuple(text[place + 1 :]), signer, day)


def digest(body: str) -> str:
    """Returns the SHA-256 of a letter's text in UTF-8 as hexadecimal digits."""
    return hashlib.sha256(body.encode()).hexdigest()
