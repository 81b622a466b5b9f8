"""The grounds to inspect a subject with priority at any grade (重点监督检查): S2 三(一), R-145.

The legal text has no figures; those in the data are examples (C-32). A ground has no effect by
itself: it is shown to the person who plans inspections.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from law.evidence import Record, RecordKind
from law.figures import Version
from law.periods import add_months
from law.reader.ambiguities import read_readings
from law.reader.data_file import DATED, note_rivals, read_dated, read_header
from law.reader.packaged import understood
from law.reader.strict_reader import Reader


@dataclass(frozen=True, slots=True)
class Ground:
    """A ground for a priority inspection: `at_least` records of certain kinds in `within_months`.

    The months are calendar months.
    """

    id: str
    kinds: frozenset[RecordKind]
    at_least: int
    within_months: int
    example: bool
    cite: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Attention:
    """A ground for a priority inspection that a subject meets, with the ids of the records."""

    ground: Ground
    records: tuple[str, ...]


def attention(records: Sequence[Record], on: date) -> tuple[Attention, ...]:
    """Returns the grounds on which a subject is inspected with priority on a day.

    S2 三(一). A record counts while it is valid, and for `within_months` calendar months after its
    determination, the last day included (C-02). An unverified record counts too: a suspicion is
    enough.
    """
    holding = (ground_met.value for ground_met in _grounds() if ground_met.validity.holds(on))
    grounds = (Attention(ground, _counting(ground, records, on)) for ground in holding)
    return tuple(
        ground_met
        for ground_met in grounds
        if len(ground_met.records) >= ground_met.ground.at_least
    )


def _counting(ground: Ground, records: Sequence[Record], on: date) -> tuple[str, ...]:
    return tuple(
        record.id
        for record in records
        if record.kind in ground.kinds
        and record.stands_on(on)
        and record.determined_on <= on <= add_months(record.determined_on, ground.within_months)
    )


@cache
def _grounds() -> tuple[Version[Ground], ...]:
    return understood("attention", read_attention)


def read_attention(reader: Reader) -> tuple[Version[Ground], ...]:
    """Reads `attention.yaml`: every ground for a priority inspection."""
    read_header(reader, "grounds", "ambiguities")
    read_readings(reader)
    grounds = tuple(read_dated(item, _ground) for item in reader.each("grounds"))
    for name in dict.fromkeys(version.value.id for version in grounds):
        note_rivals(
            reader,
            f"grounds.{name}",
            [version.validity for version in grounds if version.value.id == name],
        )
    return grounds


def _ground(reader: Reader) -> Ground:
    reader.only("id", "kinds", "at_least", "within_months", "example", "zh", "en", *DATED)
    kinds = reader.choices("kinds", RecordKind)
    if not kinds or any(kind.positive for kind in kinds):
        reader.fault("kinds", "应为失信记录种类", "must be kinds of adverse records")
    return Ground(
        id=reader.text("id"),
        kinds=frozenset(kinds),
        at_least=reader.whole("at_least", least=1),
        within_months=reader.whole("within_months", least=1),
        example=reader.flag("example", False),
        cite=reader.text("cite"),
        zh=reader.text("zh"),
        en=reader.text("en"),
    )
