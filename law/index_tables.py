"""The Taizhou index tables as data: rows with their points and their way of scoring.

S2 附件3 and 附件4. A table is refused whole, with every fault listed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from law.errors import Fault, InvalidInput, NotFound
from law.packaged import content_hash, read
from law.texts import is_citation

TABLES = ("taizhou-scenic", "taizhou-block")


class Part(StrEnum):
    """The three parts of a table."""

    BASE = "base"
    BONUS = "bonus"
    DEDUCTION = "deduction"


class Scoring(StrEnum):
    """How a finding becomes points."""

    FIXED = "fixed"  # all points when true
    ALL_OR_NOTHING = "all_or_nothing"  # the same, where the row itself has several demands
    PROPORTIONAL = "proportional"  # points times the percentage
    THRESHOLD = "threshold"  # all points from a percentage on
    JUDGEMENT = "judgement"  # whole points within the range
    PER_FINDING = "per_finding"  # so much off for each finding, down to the floor
    ONCE = "once"  # bonus or deduction, counted once
    EACH_TIME = "each_time"  # bonus or deduction for every occurrence (每次)


@dataclass(frozen=True, slots=True)
class Row:
    """One row; `points` is negative for a deduction.

    `each` and `floor` belong to per-finding rows, `threshold_percent` (inclusive) to thresholds.
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
    """One index table with its rows in the order of the annex."""

    id: str
    version: str
    content_hash: str
    name_zh: str
    name_en: str
    status: str
    cite: str
    rows: tuple[Row, ...]
    ambiguities: tuple[str, ...]


@cache
def table(table_id: str) -> Table:
    """The table of that id. Raises NotFound; InvalidInput listing every fault of the data."""
    if table_id not in TABLES:
        raise NotFound(f"没有指数表“{table_id}”", f"there is no index table {table_id!r}")
    return parse(read(table_id), content_hash(table_id))


def parse(data: Mapping[str, Any], digest: str) -> Table:
    """A table from its parsed YAML. Raises InvalidInput with every fault found."""
    faults = tuple(_faults(data))
    if faults:
        raise InvalidInput("指数表不符合要求", "The index table is not valid.", faults=faults)
    return Table(
        id=data["id"],
        version=data["version"],
        content_hash=digest,
        name_zh=data["name_zh"],
        name_en=data["name_en"],
        status=data["status"],
        cite=data["cite"],
        rows=tuple(Row(**_row_fields(part, entry)) for part, entry in _entries(data)),
        ambiguities=tuple(a["id"] for a in data["ambiguities"]),
    )


def _entries(data: Mapping[str, Any]) -> Iterator[tuple[Part, Mapping[str, Any]]]:
    return ((part, entry) for part in Part for entry in data[part])


def _row_fields(part: Part, entry: Mapping[str, Any]) -> dict[str, Any]:
    return {**entry, "part": part, "scoring": Scoring(entry["scoring"])}


_PARTS_OF = {
    Part.BASE: frozenset(Scoring) - {Scoring.ONCE, Scoring.EACH_TIME},
    Part.BONUS: frozenset({Scoring.ONCE, Scoring.EACH_TIME}),
    Part.DEDUCTION: frozenset({Scoring.ONCE, Scoring.EACH_TIME}),
}


def _faults(data: Mapping[str, Any]) -> Iterator[Fault]:
    for key, count in Counter(entry.get("key") for _, entry in _entries(data)).items():
        if count > 1:
            yield Fault(str(key), "行键重复", "the row key is used twice")
    for part, entry in _entries(data):
        yield from _row_faults(part, entry)
    for part in Part:
        yield from _total_faults(part, data)


def _row_faults(part: Part, entry: Mapping[str, Any]) -> Iterator[Fault]:
    path = f"{part}.{entry.get('key')}"
    if not is_citation(str(entry.get("cite", ""))):
        yield Fault(f"{path}.cite", "缺少条文依据", "the citation is missing or unknown")
    if type(entry.get("points")) is not int or (entry["points"] < 0) != (part is Part.DEDUCTION):
        yield Fault(f"{path}.points", "分值须为整数，扣分为负", "points are whole, deductions < 0")
    if entry.get("scoring") not in _PARTS_OF[part]:
        yield Fault(f"{path}.scoring", "计分方式不适用", "no such scoring in this part")
    for field, scoring in (("each", "per_finding"), ("threshold_percent", "threshold")):
        if (field in entry) != (entry.get("scoring") == scoring):
            yield Fault(f"{path}.{field}", "与计分方式不符", "does not belong to the scoring")


def _total_faults(part: Part, data: Mapping[str, Any]) -> Iterator[Fault]:
    stated = data["totals"][part]
    found = abs(sum(e["points"] for e in data[part] if type(e.get("points")) is int))
    if stated != found:
        yield Fault(f"totals.{part}", f"合计{found}≠{stated}", f"the rows come to {found}")
