"""The data of the Taizhou index tables (S2 附件3, 附件4): rows with points and scoring."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from law.errors import NotFound
from law.figures import Validity
from law.reader.ambiguities import read_readings
from law.reader.data_file import (
    DATED,
    read_cite,
    read_header,
    read_lasting,
    read_requirements,
    read_validity,
    understand,
)
from law.reader.packaged import content_hash, read
from law.reader.strict_reader import Reader
from law.reader.texts import TextStatus

TABLES = ("taizhou-scenic", "taizhou-block")
_ALL = 100
_FIELDS = (
    "key", "points", "scoring", "each", "floor", "threshold_percent", "group", "party", "standard",
)  # fmt: skip


class Part(StrEnum):
    """The three parts of an index table."""

    BASE = "base"
    BONUS = "bonus"
    DEDUCTION = "deduction"


class Scoring(StrEnum):
    """The ways in which an inspection finding is converted to points."""

    FIXED = "fixed"  # all points when true
    ALL_OR_NOTHING = "all_or_nothing"  # the same, where the row itself has several demands
    PROPORTIONAL = "proportional"  # points times the percentage
    THRESHOLD = "threshold"  # all points from a percentage on
    JUDGEMENT = "judgement"  # whole points within the range
    PER_FINDING = "per_finding"  # points off for each finding, not below the floor
    ONCE = "once"  # bonus or deduction, counted once
    EACH_TIME = "each_time"  # bonus or deduction for every occurrence (每次)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of an index table; `points` is negative for a deduction.

    Only rows scored per finding have `each` (points off for one finding) and `floor` (the fewest
    points); only rows with a threshold have `threshold_percent`, which is inclusive.
    """

    key: str
    part: Part
    points: int
    scoring: Scoring
    cite: str
    group: str
    party: str
    standard: str
    each: int = 0
    floor: int = 0
    threshold_percent: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """One index table, with its rows in the order of the annex."""

    id: str
    version: str
    content_hash: str
    name_zh: str
    name_en: str
    status: str
    cite: str
    validity: Validity
    rows: tuple[Row, ...]
    ambiguities: tuple[str, ...]


@cache
def table(table_id: str) -> Table:
    """Returns the packaged index table with this id.

    Raises NotFound for an unknown id, and InvalidInput with every fault of the data.
    """
    if table_id not in TABLES:
        raise NotFound(f"没有指数表“{table_id}”", f"there is no index table {table_id!r}")
    return parse(read(table_id), content_hash(table_id), table_id)


def parse(document: object, digest: str, name: str) -> Table:
    """Reads an index table from the content of its data file. Raises InvalidInput with every fault.

    `digest` is the hash of the file and `name` its name in the error message.
    """
    return understand(document, name, lambda reader: read_table(reader, digest))


def read_table(reader: Reader, digest: str) -> Table:
    """Reads an index table; the points of its rows must add up to the totals of the annex.

    `digest` is the hash of the data file.
    """
    read_header(
        reader, "name_zh", "name_en", "status", "requirements", "totals", *Part, "ambiguities",
        *DATED,
    )  # fmt: skip
    read_requirements(reader)
    validity = read_validity(reader)
    rows = [row for part in Part for row in _rows(reader, part, validity)]
    _check_keys(reader, rows)
    _check_totals(reader.below("totals"), rows)
    return Table(
        id=reader.text("id"),
        version=reader.text("version"),
        content_hash=digest,
        name_zh=reader.text("name_zh"),
        name_en=reader.text("name_en"),
        status=reader.choice("status", TextStatus).value,
        cite=read_cite(reader),
        validity=validity,
        rows=tuple(rows),
        ambiguities=tuple(reading.id for reading in read_readings(reader)),
    )


def _rows(reader: Reader, part: Part, validity: Validity) -> Iterator[Row]:
    for item in reader.each(part):
        yield read_lasting(item, validity, lambda row: _row(row, part))


def _row(reader: Reader, part: Part) -> Row:
    reader.only(*_FIELDS, *DATED)
    scoring = reader.choice("scoring", Scoring)
    if scoring not in _PARTS_OF[part]:
        reader.fault("scoring", "计分方式不适用", "no such scoring in this part")
    points = reader.whole("points")
    if type(reader.data.get("points")) is int and not _has_its_sign(points, part):
        reader.fault("points", "扣分为负，其余为正", "a deduction is < 0, anything else > 0")
    return Row(
        key=reader.text("key"),
        part=part,
        points=points,
        scoring=scoring,
        cite=reader.text("cite"),
        group=reader.text("group"),
        party=reader.text("party"),
        standard=reader.text("standard"),
        **_figures(reader, scoring, points),
    )


def _has_its_sign(points: int, part: Part) -> bool:
    return points < 0 if part is Part.DEDUCTION else points > 0


def _figures(reader: Reader, scoring: Scoring, points: int) -> dict[str, int]:
    """Reads the figures that belong to the scoring of a row; others are a fault."""
    figures = {}
    for name, owner in _OWNERS.items():
        if (name in reader.data) != (scoring is owner):
            reader.fault(name, "与计分方式不符", "does not belong to the scoring")
        figures[name] = reader.whole(name) if name in reader.data else 0
    if scoring is Scoring.PER_FINDING and not (figures["each"] < 0 <= figures["floor"] < points):
        reader.fault(
            "each", "每项为负，保底在0与满分之间", "is < 0, the floor from 0 to the points"
        )
    if not 0 <= figures["threshold_percent"] <= _ALL:
        reader.fault("threshold_percent", "应为0至100", "must be a percentage from 0 to 100")
    return figures


def _check_keys(reader: Reader, rows: list[Row]) -> None:
    for key, count in Counter(row.key for row in rows).items():
        if count > 1:
            reader.fault(key, "行键重复", "the row key is used twice")


def _check_totals(reader: Reader, rows: list[Row]) -> None:
    reader.only(*Part)
    for part in Part:
        total = abs(sum(row.points for row in rows if row.part is part))
        if reader.whole(part) != total:
            reader.fault(part, f"各行合计{total}", f"the rows come to {total}")


_OWNERS = {
    "each": Scoring.PER_FINDING,
    "floor": Scoring.PER_FINDING,
    "threshold_percent": Scoring.THRESHOLD,
}
_PARTS_OF = {
    Part.BASE: frozenset(Scoring) - {Scoring.ONCE, Scoring.EACH_TIME},
    Part.BONUS: frozenset({Scoring.ONCE, Scoring.EACH_TIME}),
    Part.DEDUCTION: frozenset({Scoring.ONCE, Scoring.EACH_TIME}),
}
