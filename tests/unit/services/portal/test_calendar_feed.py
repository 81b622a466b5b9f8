"""The iCalendar file itself: an interview has its time and place, and moves in calendars."""

from __future__ import annotations

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any, cast

from icalendar import Calendar, Event

from protos.alerts.v1 import alerts_pb2 as alerts
from services.portal.pages.calendar_feed import _event
from services.portal.wording import Words

NOW = datetime(2026, 9, 14, 2, tzinfo=UTC)


def in_calendar(**fields: Any) -> Event:
    """The event of a due date, as a calendar reads it from the file."""
    due = alerts.DueDate(due_id="step/7", **fields)
    if due.kind == "interview":
        due.at.FromDatetime(datetime(2026, 9, 21, 6, 30, tzinfo=UTC))
    settings = SimpleNamespace(portal_url="https://portal.example/")
    portal = SimpleNamespace(settings=settings)
    visit = cast("Any", SimpleNamespace(portal=portal, say=lambda text: text))
    words = Words(visit.say, "zh-CN")
    calendar = Calendar()
    calendar.add_component(_event(visit, words, due, NOW))
    [event] = Calendar.from_ical(calendar.to_ical()).walk("VEVENT")
    return cast("Event", event)


def test_an_interview_is_an_event_at_its_time_and_place() -> None:
    event = in_calendar(
        kind="interview", on="2026-09-21", escalation_id="s1/1", place="三楼，西侧", version=9
    )
    assert (str(event["uid"]), event.decoded("sequence")) == ("step/7@quanheng", 9)
    assert event.decoded("dtstart") == datetime(2026, 9, 21, 6, 30, tzinfo=UTC)
    assert str(event["location"]) == "三楼，西侧"
    assert str(event["url"]) == "https://portal.example/interviews/s1/1"
    assert "dtend" not in event
    assert "transp" not in event
    assert [one.decoded("trigger").days for one in event.walk("VALARM")] == [-7, -1]


def test_what_is_due_on_a_day_lasts_all_day() -> None:
    event = in_calendar(kind="correction", on="2026-09-21", escalation_id="s1/1", version=10)
    assert (str(event["uid"]), event.decoded("sequence")) == ("step/7@quanheng", 10)
    assert event.decoded("dtstart") == date(2026, 9, 21)
    assert event.decoded("dtend") == date(2026, 9, 22)
    assert "location" not in event
    assert [one.decoded("trigger").days for one in event.walk("VALARM")] == [-30, -7]
