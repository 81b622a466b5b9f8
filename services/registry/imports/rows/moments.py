"""Reads a moment in Beijing time as people and spreadsheet programs write it."""

from __future__ import annotations

import re
from datetime import time

from services.registry.imports.rows import days
from services.registry.imports.rows.bad_cell import BadCell

_TIME = re.compile(
    r"(.+?)(?:\s+|[tT]|(?<=日))(\d{1,2})[:：时](?:(\d{1,2})(?::\d{1,2}(?:\.\d+)?|分)?)?"
)


def moment(cell: str) -> str:
    """Reads a day and a time, such as 2026-10-08 09:30 or 2026年10月8日9时; seconds are left out.

    Returns it as 2026-10-08T09:30. Raises BadCell for another format, or a moment that does not
    exist.
    """
    found = _TIME.fullmatch(cell.strip())
    if not found:
        zh, en = "应为日期和时间，如 2026-10-08 09:30", "must be a day and time: 2026-10-08 09:30"
        raise BadCell("NOT_A_MOMENT", zh, en)
    day, hour, minute = found.groups()
    try:
        clock = time(int(hour), int(minute or 0))
    except ValueError:
        raise BadCell("NO_SUCH_MOMENT", "没有这一时刻", "there is no such time of day") from None
    return f"{days.day(day).isoformat()}T{clock.isoformat('minutes')}"
