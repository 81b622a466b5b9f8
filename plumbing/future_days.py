"""Finds stored days that have not come, for `quanheng check`.

No work is done for a day before it begins, so such a row was written by a wrong clock or by hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing.clock import SHANGHAI, Clock
from plumbing.service import Findings

_DAY = timedelta(days=1)


async def report_future_days(
    session: AsyncSession, clock: Clock, findings: Findings, kind: str, identity: Any, *days: Any
) -> None:
    """Adds a problem to `findings` for each row with a day that has not begun.

    `kind` and the column `identity` name the row in the problem. `days` are columns with dates,
    with moments, or with closed years (integers; a year is closed after its last day).
    """
    later = sa.or_(*_later(days, clock.today()))
    rows = await session.exec(sa.select(identity).where(later).order_by(identity))  # type: ignore[call-overload]
    for (row_id,) in rows.all():
        findings.differ(
            "day.future",
            f"{kind}/{row_id}",
            "登记的日期晚于今天，可能是时钟错误或绕过平台写入",
            "A stored day is later than today: a wrong clock, or written past the platform",
        )


def _later(columns: tuple[Any, ...], today: date) -> Iterator[sa.ColumnElement[bool]]:
    tomorrow = datetime.combine(today + _DAY, datetime.min.time(), SHANGHAI)
    for column in columns:
        if isinstance(column.type, sa.Integer):
            yield column >= today.year
        elif isinstance(column.type, sa.Date):
            yield column > today
        else:
            yield column >= tomorrow
