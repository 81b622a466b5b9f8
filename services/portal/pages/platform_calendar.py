"""Pages about the calendar in force and about backup, for the administrator."""

from __future__ import annotations

from datetime import date

from starlette.responses import Response

from law.terms.calendar import Edition, editions
from services.portal.pages.reading import today
from services.portal.visit import Visit


async def calendar(visit: Visit) -> Response:
    """Shows the calendar edition in force with the days that it names, and every earlier one."""
    day = date.fromisoformat(await today(visit))
    known = [edition for edition in editions() if edition.published_on <= day]
    now = known[-1] if known else None
    return visit.page(
        "administration/calendar.html",
        now=now,
        editions=reversed(editions()),
        years=_years(now) if now else [],
        today=day,
        is_published=bool(now and now.is_published(date(day.year + 1, 1, 1))),
    )


def _years(edition: Edition) -> list[tuple[int, list[date], list[date]]]:
    """The days off and the make-up days of each arranged year, the last year first."""
    return [
        (
            year,
            sorted(one for one in edition.off if one.year == year),
            sorted(one for one in edition.work if one.year == year),
        )
        for year in sorted(edition.years, reverse=True)
    ]


async def backup(visit: Visit) -> Response:
    """Shows what to back up, how to restore it, and what to check afterwards."""
    return visit.page("administration/backup.html")
