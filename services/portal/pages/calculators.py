"""Public calculators with the same rules as the platform, each with its trace.

They count working days, and compute alert colours and the periods of a credit record. A date on a
page of the portal leads to its calculator, filled in.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from functools import partial

from starlette.responses import Response

from law.colours.rule import InstrumentState, VerificationResult, changes, colour
from law.disclosure.data import disclosure_rules
from law.disclosure.retention import retention
from law.errors import InvalidInput
from law.evidence import Record, RecordKind, Severity
from law.figures import in_force
from law.measures.data import of_text
from law.terms.workdays import CITE, edition, nth_working_day
from law.texts_in_force.load import list_rulesets, load
from plumbing.validation import day
from services.portal.pages.reading import today
from services.portal.visit import Visit, whole_number

_DAY = timedelta(days=1)
MOST_DAYS = 400
_IN_USE, _PASSED = InstrumentState.IN_USE, VerificationResult.PASS


async def working_days(visit: Visit) -> Response:
    """Shows the n-th working day after a given day, and every day that was counted or skipped."""
    asked = {
        "from": visit.query("from") or await today(visit),
        "days": visit.query("days") or "5",
    }
    start, errors = _day(visit, "from", asked["from"])
    count = whole_number(asked["days"]) or 0
    if not 1 <= count <= MOST_DAYS:
        errors["days"] = visit.say("工作日数应为 1 到 400 的整数")
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
    on_day = partial(colour, valid_until=until, state=_IN_USE, last_result=_PASSED)
    turns = changes(valid_until=until, state=_IN_USE, last_result=_PASSED)
    return visit.page(
        "law/colours.html",
        public=True,
        asked=asked,
        answer=on_day(on=day),
        turns=[(first, on_day(on=first)) for first, _ in turns],
        day_asked=day,
    )


async def periods(visit: Visit) -> Response:
    """Shows until when a credit record counts, is disclosed and is kept, and from which articles.

    The figures are those of the text that the address names, as of today.
    """
    on = await today(visit)
    asked = _asked_of_record(visit, on)
    record, errors = _record(visit, asked)
    page = partial(
        visit.page,
        "law/periods.html",
        asked=asked,
        texts=list_rulesets(),
        kinds=RecordKind,
        severities=Severity,
    )
    if record is None:
        return page(status=422, errors=errors)
    day, text = date.fromisoformat(on), asked["text"]
    return page(
        public=True,
        record=record,
        answer=retention(text, record, day),
        window=load(text).at(day).window,
        period=in_force(of_text(disclosure_rules().periods, text), day, "", ""),
        ceilings=[
            one for one in disclosure_rules().ceilings if one.value.severity is record.severity
        ],
    )


def _asked_of_record(visit: Visit, on: str) -> dict[str, str]:
    determined = visit.query("determined") or on
    kind, severity = visit.query("kind"), visit.query("severity")
    return {
        "text": visit.query("text") or list_rulesets()[0].id,
        "kind": kind if kind in set(RecordKind) else RecordKind.PENALTY,
        "severity": severity if severity in set(Severity) else "",
        "determined": determined,
        "entered": visit.query("entered") or determined,
    }


def _record(visit: Visit, asked: Mapping[str, str]) -> tuple[Record | None, dict[str, str]]:
    determined, errors = _day(visit, "determined", asked["determined"])
    entered, wrong = _day(visit, "entered", asked["entered"])
    if determined is None or entered is None:
        return None, errors | wrong
    return Record(
        id="",
        kind=RecordKind(asked["kind"]),
        severity=Severity(asked["severity"]) if asked["severity"] else None,
        occurred_on=determined,
        determined_on=determined,
        entered_on=entered,
    ), {}


def _day(visit: Visit, name: str, written: str) -> tuple[date | None, dict[str, str]]:
    try:
        return day(written, name), {}
    except InvalidInput:
        return None, {name: visit.say("请按 2026-11-20 的形式填写日期")}
