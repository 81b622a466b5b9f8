"""Reads how ambiguous or silent passages of the legal texts are understood here (D-08).

Every data file of the law declares the ambiguities that its figures touch. Each has, in Chinese and
English, the reading chosen, the alternative, and the effect of the alternative.
"""

from __future__ import annotations

import re
from collections.abc import Container, Sequence

from law.reader.strict_reader import Reader
from law.texts_in_force.model import Reading

_NUMBER = re.compile(r"C-\d{2}")
_SAID = ("reading", "alternative", "changes")
FIELDS = (
    "id",
    "text_zh",
    "text_en",
    *(f"{word}_{lang}" for word in _SAID for lang in ("zh", "en")),
)


def read_readings(reader: Reader, required: bool = True) -> tuple[Reading, ...]:
    """Reads the list `ambiguities` of a data file. A number that occurs twice is a fault."""
    readings = tuple(_read_plain(item) for item in reader.each("ambiguities", required))
    note_repeats(reader, readings)
    return readings


def _read_plain(reader: Reader) -> Reading:
    reader.only(*FIELDS)
    return read_reading(reader)


def read_reading(reader: Reader) -> Reading:
    """Reads one declared ambiguity: its number, the reading chosen, and the alternative.

    The description of the open question in the legal texts is optional; it needs both languages.
    """
    if not _NUMBER.fullmatch(reader.text("id")):
        reader.fault("id", "应为C-编号", "must be a number C-nn")
    has_text = "text_zh" in reader.data or "text_en" in reader.data
    return Reading(
        id=reader.text("id"),
        reading_zh=reader.text("reading_zh"),
        reading_en=reader.text("reading_en"),
        alternative_zh=reader.text("alternative_zh"),
        alternative_en=reader.text("alternative_en"),
        changes_zh=reader.text("changes_zh"),
        changes_en=reader.text("changes_en"),
        text_zh=reader.text("text_zh") if has_text else "",
        text_en=reader.text("text_en") if has_text else "",
    )


def note_repeats(reader: Reader, readings: Sequence[Reading]) -> None:
    """Records a fault for each number that the list `ambiguities` of a file declares twice."""
    for place, reading in enumerate(readings):
        if reading.id and reading.id in {earlier.id for earlier in readings[:place]}:
            reader.fault(f"ambiguities[{place}].id", "编号重复", f"repeats {reading.id}")


def read_touched(reader: Reader, key: str, declared: Container[str]) -> tuple[str, ...]:
    """Reads the numbers of the ambiguities that a figure touches.

    A number that the file does not declare is a fault.
    """
    numbers = reader.texts(key)
    for number in numbers:
        if number not in declared:
            reader.fault(key, f"本文件未声明{number}", f"{number} is not declared in this file")
    return numbers
