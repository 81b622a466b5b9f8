"""Numbers of cases and letters, without gaps.

Each number is given in the transaction that uses it. The statement locks the row of the series
until the transaction ends: two transactions never get the same number, and if a transaction fails,
its number is given again.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from law.objection import CaseKind
from plumbing.change import Change

KIND_ZH = {
    CaseKind.OBJECTION: "异议",
    CaseKind.RECONSIDERATION: "复核",
    CaseKind.REPAIR: "修复",
}
_TABLE = {
    CaseKind.OBJECTION: "case_number",
    CaseKind.RECONSIDERATION: "reconsideration_number",
    CaseKind.REPAIR: "repair_number",
}


async def next_number(change: Change, kind: CaseKind, bureau: str) -> str:
    """Returns the number of a bureau's next case of a kind, for example 异议〔2026〕330106-0001号.

    Call it before any other database access of the lodging: it locks a row, so that the lodgings of
    a bureau run one after another and the second of two cases on one record is refused.
    """
    last = await _next(change, _TABLE[kind], bureau=bureau)
    return _written(change, KIND_ZH[kind], bureau, last)


async def next_letter_number(change: Change, title: str, bureau: str) -> str:
    """Returns the number of a bureau's next letter of a title in the year of the change.

    For example: 异议处理决定书〔2026〕330106-0001号.
    """
    last = await _next(change, "letter_number", bureau=bureau, title=title)
    return _written(change, title, bureau, last)


def _written(change: Change, series: str, bureau: str, last: int) -> str:
    return f"{series}〔{change.today.year}〕{bureau}-{last:04d}号"


async def _next(change: Change, table: str, **series: Any) -> int:
    series["year"] = change.today.year
    columns = ", ".join(series)
    values = ", ".join(f":{name}" for name in series)
    statement = (
        f"INSERT INTO {table} ({columns}, last) VALUES ({values}, 1)"  # noqa: S608 - no input
        f" ON CONFLICT ({columns}) DO UPDATE SET last = {table}.last + 1 RETURNING last"
    )
    connection = await change.session.connection()
    return int((await connection.execute(sa.text(statement), series)).scalar_one())
