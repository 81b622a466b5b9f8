"""What reading a certificate found: a code, where, and the same in Chinese and English."""

from __future__ import annotations

from dataclasses import dataclass

MOST = 50  # findings of one file; of more, the first are told
LONGEST = 300  # characters of a text that is quoted from a file


@dataclass(frozen=True)
class Finding:
    """One finding. `line` counts from 1, 0 if it concerns no line; `field` is an element's name.

    A `hint` says what could not be checked, and is no fault of the file.
    """

    code: str
    message_zh: str
    message_en: str
    field: str = ""
    line: int = 0
    hint: bool = False


def short(text: str | None) -> str:
    """Returns a text on one line, cut to the length that is kept of it."""
    return " ".join((text or "").split())[:LONGEST]
