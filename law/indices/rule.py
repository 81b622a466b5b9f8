"""Computes the Taizhou honest-metrology indices of scenic areas and street blocks.

S2 附件3, 附件4. Points are exact: no rounding, and the total has neither cap nor floor (C-28).
Deductions and bonuses count once unless the row counts each occurrence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from law.errors import Fault, InvalidInput
from law.figures import not_in_force
from law.indices.data import Part, Row, Scoring, Table, table

_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class RowScore:
    """The score of one row: its points (negative for a deduction), its article and the finding.

    `found` is the finding as a number; a true finding is 1, a false one 0.
    """

    row: str
    points: Decimal
    cite: str
    found: Decimal
    standard: str


@dataclass(frozen=True, slots=True)
class IndexAnswer:
    """The index of an area, with the scores of all rows; total = base + bonus - deduction."""

    table: Table
    total: Decimal
    base: Decimal
    bonus: Decimal
    deduction: Decimal
    rows: tuple[RowScore, ...]

    def to_json(self) -> dict[str, object]:
        """Returns the index as JSON values; whole points are written as whole numbers."""
        return {
            "table": self.table.id,
            "table_version": self.table.version,
            "table_hash": self.table.content_hash,
            "status": self.table.status,
            "total": _number(self.total),
            "base": _number(self.base),
            "bonus": _number(self.bonus),
            "deduction": _number(self.deduction),
            "rows": [
                {
                    "row": r.row,
                    "points": _number(r.points),
                    "cite": r.cite,
                    "found": _number(r.found),
                    "standard": r.standard,
                }
                for r in self.rows
            ],
            "ambiguities": list(self.table.ambiguities),
        }


def assess(table_id: str, findings: Mapping[str, object], on: date | None = None) -> IndexAnswer:
    """Computes the index of an area from the findings for all rows of its table.

    S2 附件3, 附件4. `findings` maps the key of each row to its finding. Depending on the scoring of
    the row, this is true or false, a count from 0, a percentage from 0 to 100, or whole points from
    0 to those of the row. Raises NotFound for an unknown table; InvalidInput listing every missing,
    unknown or unsuitable finding; NotInForce for a day on which the table does not hold, or without
    a day for a table that has ended.
    """
    rows = table(table_id)
    if not rows.validity.holds(on or date.max):
        raise not_in_force(on or date.max, rows.name_zh, rows.id, [rows.cite])
    values = {row.key: _value(row, findings[row.key]) for row in rows.rows if row.key in findings}
    faults = _faults(rows, findings, values)
    if faults:
        raise InvalidInput(
            "检查结果不符合要求", "The findings are not valid.", cite=rows.cite, faults=faults
        )
    accepted = {key: value for key, value in values.items() if value is not None}
    return _answer(rows, tuple(_score(row, accepted[row.key]) for row in rows.rows))


def _answer(table: Table, scores: tuple[RowScore, ...]) -> IndexAnswer:
    parts = {part: Decimal(0) for part in Part}
    for row, score in zip(table.rows, scores, strict=True):
        parts[row.part] += score.points
    return IndexAnswer(
        table=table,
        total=sum(parts.values(), Decimal(0)),
        base=parts[Part.BASE],
        bonus=parts[Part.BONUS],
        deduction=-parts[Part.DEDUCTION],
        rows=scores,
    )


def _score(row: Row, value: Decimal) -> RowScore:
    return RowScore(row.key, _POINTS[row.scoring](row, value), row.cite, value, row.standard)


def _all(row: Row, value: Decimal) -> Decimal:
    return Decimal(row.points) if value else Decimal(0)


def _share(row: Row, value: Decimal) -> Decimal:
    return row.points * value / _HUNDRED


def _from_threshold(row: Row, value: Decimal) -> Decimal:
    return _all(row, Decimal(value >= row.threshold_percent))


def _given(row: Row, value: Decimal) -> Decimal:
    return value


def _less_each(row: Row, value: Decimal) -> Decimal:
    return max(Decimal(row.floor), row.points + row.each * value)


def _times(row: Row, value: Decimal) -> Decimal:
    return row.points * value


_POINTS: dict[Scoring, Callable[[Row, Decimal], Decimal]] = {
    Scoring.FIXED: _all,
    Scoring.ALL_OR_NOTHING: _all,
    Scoring.ONCE: _all,
    Scoring.PROPORTIONAL: _share,
    Scoring.THRESHOLD: _from_threshold,
    Scoring.JUDGEMENT: _given,
    Scoring.PER_FINDING: _less_each,
    Scoring.EACH_TIME: _times,
}


def _faults(
    table: Table, findings: Mapping[str, object], values: Mapping[str, Decimal | None]
) -> tuple[Fault, ...]:
    keys = {row.key for row in table.rows}
    unknown = [
        Fault(str(key), "表中没有此行", "the table has no such row", cite=table.cite)
        for key in findings
        if key not in keys
    ]
    missing = [
        Fault(row.key, "缺少检查结果", "the finding is missing", cite=row.cite)
        for row in table.rows
        if row.key not in findings
    ]
    unfit = [_unfit(row) for row in table.rows if values.get(row.key, _HUNDRED) is None]
    return (*missing, *unknown, *unfit)


def _value(row: Row, finding: object) -> Decimal | None:
    """The finding as a number, or None where it does not fit the scoring of its row."""
    if row.scoring in (Scoring.FIXED, Scoring.ALL_OR_NOTHING, Scoring.ONCE):
        return Decimal(finding) if isinstance(finding, bool) else None
    if isinstance(finding, bool) or not isinstance(finding, int | float | Decimal):
        return None
    value = Decimal(
        str(finding)
    )  # str first, so that 97.3 stays 97.3 and not the nearest binary number
    if row.scoring not in _PERCENTAGES and not isinstance(finding, int):
        return None
    most = _most(row)
    return value if value.is_finite() and value >= 0 and (most is None or value <= most) else None


_PERCENTAGES = (Scoring.PROPORTIONAL, Scoring.THRESHOLD)


def _most(row: Row) -> Decimal | None:
    if row.scoring in _PERCENTAGES:
        return _HUNDRED
    return Decimal(row.points) if row.scoring is Scoring.JUDGEMENT else None


_FLAG = ("应为 true 或 false", "must be true or false")
_COUNT = ("应为不小于0的次数", "must be a count from 0")
_PERCENTAGE = ("应为0至100的百分比", "must be a percentage from 0 to 100")
_JUDGED = ("应为0至{points}的整数分", "must be whole points from 0 to {points}")
_EXPECTED: dict[Scoring, tuple[str, str]] = {
    Scoring.FIXED: _FLAG,
    Scoring.ALL_OR_NOTHING: _FLAG,
    Scoring.ONCE: _FLAG,
    Scoring.PER_FINDING: _COUNT,
    Scoring.EACH_TIME: _COUNT,
    Scoring.PROPORTIONAL: _PERCENTAGE,
    Scoring.THRESHOLD: _PERCENTAGE,
    Scoring.JUDGEMENT: _JUDGED,
}


def _unfit(row: Row) -> Fault:
    zh, en = _EXPECTED[row.scoring]
    return Fault(row.key, zh.format(points=row.points), en.format(points=row.points), cite=row.cite)


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)
