"""The due dates of a firm or an institution in calendars, at a private address."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, date, datetime, timedelta

from icalendar import Alarm, Calendar, Event
from starlette.responses import Response

from plumbing.client import ask, new_request_id
from plumbing.identity import Role
from protos.alerts.v1 import alerts_pb2 as alerts
from protos.registry.v1 import registry_pb2 as registry
from services.portal.pages.qualifications import KINDS as QUALIFICATIONS
from services.portal.visit import Visit
from services.portal.wording import N_, Words

KEEPERS = (Role.OPERATOR, Role.VERIFICATION_INSTITUTION)
REMIND_BEFORE = (timedelta(days=30), timedelta(days=7))
REMIND_OF_MEETING = (timedelta(days=7), timedelta(days=1))
_SUMMARIES = {
    "verification": N_("检定到期：{instrument}"),
    "calibration": N_("校准到期：{instrument}"),
    "order": N_("检定申请待办理：{instrument}"),
    "correction": N_("改正期限届满"),
    "interview": N_("约谈"),
    "appointment": N_("约定的检定日期：{instrument}"),
    "certificate_upload": N_("证书上传期限：{instrument}"),
    "permit": N_("许可到期：{name}"),
    "authorisation": N_("检定授权到期：{name}"),
    "laboratory": N_("实验室专项授权到期：{name}"),
    "qualification": N_("资格到期：{name}"),
}

_PAGES_OF_ENDINGS = {
    "permit": "/permits",
    "authorisation": "/institutions",
    "laboratory": "/laboratories",
    "qualification": "/qualifications",
}


async def settings(visit: Visit) -> Response:
    """Shows whether there is a private address; makes a new one, or ends it.

    The address is shown once, in the answer to the form: only its digest is stored.
    """
    if visit.request.method == "POST" and visit.field("act") == "end":
        request = alerts.EndCalendarFeedRequest(request_id=visit.request_id())
        await ask(visit.services.alerts.EndCalendarFeed(request))
        return visit.redirect("/due-dates")
    address = await _renew(visit) if visit.request.method == "POST" else ""
    answer = await ask(visit.services.alerts.GetCalendarFeed(alerts.GetCalendarFeedRequest()))
    return visit.page("operator/calendar.html", feed=answer, address=address)


async def _renew(visit: Visit) -> str:
    secret = secrets.token_urlsafe(32)
    digest = hashlib.sha256(secret.encode()).hexdigest()
    # A form sent twice makes two addresses; the one that is shown is the one that holds.
    request = alerts.RenewCalendarFeedRequest(request_id=new_request_id(), secret_sha256=digest)
    await ask(visit.services.alerts.RenewCalendarFeed(request))
    return f"{visit.portal.settings.portal_url.rstrip('/')}/due-dates/{secret}.ics"


async def feed(visit: Visit) -> Response:
    """Sends the due dates behind a private address as an iCalendar file."""
    request = alerts.ReadCalendarRequest(secret=visit.path("secret"))
    answer = await ask(visit.services.alerts.ReadCalendar(request))
    clock = await ask(visit.services.clock.GetClock(registry.GetClockRequest()))
    words = Words(visit.say, visit.language)
    calendar = Calendar()
    calendar.add("prodid", "-//quanheng//portal//ZH")
    calendar.add("version", "2.0")
    title = visit.say(N_("计量到期"))
    calendar.add("x-wr-calname", f"{answer.subject_name} {title}")
    for due in answer.due_dates:
        calendar.add_component(_event(visit, words, due, clock.now.ToDatetime(UTC)))
    return Response(calendar.to_ical(), media_type="text/calendar; charset=utf-8")


def _event(visit: Visit, words: Words, due: alerts.DueDate, now: datetime) -> Event:
    """An event; its UID stays when the day or the time moves, and SEQUENCE then grows."""
    home = visit.portal.settings.portal_url.rstrip("/")
    path = _path(due)
    name = f"{words.instrument_type(due.type_code)} {due.serial_no}" if due.type_code else ""
    summary = visit.say(_SUMMARIES[due.kind]).format(instrument=name, name=_name(visit, words, due))
    event = Event()
    event.add("uid", f"{due.due_id}@quanheng")
    event.add("dtstamp", now)
    event.add("sequence", due.version)
    event.add("summary", summary)
    event.add("url", f"{home}{path}")
    meeting = due.HasField("at")
    (_add_meeting if meeting else _add_day)(event, due)
    for before in REMIND_OF_MEETING if meeting else REMIND_BEFORE:
        event.add_component(_alarm(summary, before))
    return event


def _add_day(event: Event, due: alerts.DueDate) -> None:
    """The event lasts all day, on which its owner can be met otherwise."""
    day = date.fromisoformat(due.on)
    event.add("dtstart", day)
    event.add("dtend", day + timedelta(days=1))
    event.add("transp", "TRANSPARENT")


def _add_meeting(event: Event, due: alerts.DueDate) -> None:
    """The event begins at a time and a place; how long it takes nobody has said."""
    event.add("dtstart", due.at.ToDatetime(UTC))
    event.add("location", due.place)


def _name(visit: Visit, words: Words, due: alerts.DueDate) -> str:
    """What ends, as people read it."""
    if due.kind == "authorisation":
        return words.instrument_type(due.name)
    return visit.say(QUALIFICATIONS[due.name]) if due.kind == "qualification" else due.name


def _path(due: alerts.DueDate) -> str:
    if due.order_id:
        return f"/orders/{due.order_id}"
    if due.verification_id:
        return f"/verifications/{due.verification_id}"
    if due.kind == "interview":
        return f"/interviews/{due.escalation_id}"
    if due.kind in _PAGES_OF_ENDINGS:
        return _PAGES_OF_ENDINGS[due.kind]
    return f"/instruments/{due.instrument_id}" if due.instrument_id else "/messages"


def _alarm(text: str, before: timedelta) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", text)
    alarm.add("trigger", -before)
    return alarm
