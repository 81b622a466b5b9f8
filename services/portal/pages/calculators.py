"""Public calculators with the same rules as the platform: working days, and alert colours."""

from __future__ import annotations

from datetime import date, timedelta

from starlette.responses import Response

from law.colours.rule import InstrumentState, VerificationResult, changes, colour
from law.terms.workdays import CITE, edition, nth_working_day
from services.portal.pages.reading import today
from services.portal.visit import Visit

_DAY = timedelta(days=1)
MOST_DAYS = 400
_IN_USE, _PASSED = InstrumentState.IN_USE, VerificationResult.PASS


async def working_days(visit: Visit) -> Response:
    """Shows the n-th working day after a given day, and every day that was counted or skipped."""
    asked = {"start": visit.query("start") or await today(visit), "n": visit.query("n") or "5"}
    start, errors = _day(visit, "start", asked["start"])
    count = int(asked["n"]) if asked["n"].isdigit() else 0
    if not 1 <= count <= MOST_DAYS:
        errors["n"] = visit.say("工作日数应为 1 到 400 的整数")
    if start is None or errors:
        return visit.page("law/working_days.html", status=422, asked=asked, errors=errors)
    calendar = edition()
    due = nth_working_day(start, count, calendar)
    passed = [start + _DAY * i for i in range(1, (due.date - start).days + 1)]
    return visit.page(
        "law/working_days.html",
        public=True,
        asked=asked,
        due=due,
        trace=[(day, calendar.is_workday(day)) for day in passed],
        cite=CITE,
        documents=calendar.documents,
    )


async def colours(visit: Visit) -> Response:
    """Shows the alert colour for a given last valid day, and the days on which it changes."""
    on = await today(visit)
    asked = {"valid_until": visit.query("valid_until"), "on": visit.query("on") or on}
    if not asked["valid_until"]:
        return visit.page("law/colours.html", public=True, asked=asked)
    until, errors = _day(visit, "valid_until", asked["valid_until"])
    day, wrong = _day(visit, "on", asked["on"])
    if until is None or day is None:
        return visit.page("law/colours.html", status=422, asked=asked, errors=errors | wrong)
    return visit.page(
        "law/colours.html",
        public=True,
        asked=asked,
        answer=colour(valid_until=until, state=_IN_USE, last_result=_PASSED, on=day),
        turns=changes(valid_until=until, state=_IN_USE, last_result=_PASSED),
        day_asked=day,
    )


def _day(visit: Visit, name: str, written: str) -> tuple[date | None, dict[str, str]]:
    try:
        return date.fromisoformat(written), {}
    except ValueError:
        return None, {name: visit.say("请按 2026-11-20 的形式填写日期")}
