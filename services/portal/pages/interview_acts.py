"""What a caseworker does about an interview: appoint, move and record it, and its undertaking."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Any

from plumbing.client import ask
from plumbing.clock import SHANGHAI
from protos.alerts.v1 import escalations_pb2 as pb
from services.portal.pages.forms import NOT_A_DAY, is_day
from services.portal.visit import Visit
from services.portal.wording import N_

OUTCOMES = ("held", "not_attended")
Act = tuple[Callable[[Visit], dict[str, str]], Callable[[Visit], Awaitable[None]]]


def shown(answer: pb.GetEscalationResponse, on: date) -> dict[str, Any]:
    """Returns the beginning of the minutes, and the interview of which an undertaking is open.

    Also whether an appointed interview may be moved and recorded on a day: before its own day it is
    only moved, and after it only recorded.
    """
    appointed = [
        step.interview.at.ToDatetime(SHANGHAI).date()
        for step in answer.steps
        if step.state == "appointed"
    ]
    interviews = [step.interview for step in answer.steps if step.HasField("interview")]
    open_ones = [one for one in interviews if one.undertaking and not one.undertaking_outcome]
    drafts = [one.minutes_draft for one in interviews if one.minutes_draft]
    is_closed = answer.escalation.state == "closed"
    return {
        "minutes_draft": drafts[-1] if drafts else "",
        "undertaken": open_ones[-1] if open_ones and not is_closed else None,
        "may_move": any(on <= day for day in appointed),
        "may_record": any(day <= on for day in appointed),
    }


def moment(visit: Visit) -> datetime:
    """Returns the date and time of an interview as they were filled in, in Beijing time."""
    return datetime.fromisoformat(visit.field("at")).replace(tzinfo=SHANGHAI)


def missing_of_appointment(visit: Visit) -> dict[str, str]:
    """Returns what an appointment lacks, by field."""
    errors = {}
    try:
        datetime.fromisoformat(visit.field("at"))
    except ValueError:
        errors["at"] = visit.say(N_("请填写约谈的日期和时间，例如 2026-11-20T14:30"))
    if not visit.field("place"):
        errors["place"] = visit.say(N_("请填写约谈的地点"))
    if not visit.field("attendees"):
        errors["attendees"] = visit.say(N_("请填写请谁参加，例如：法定代表人"))
    return errors


def _missing_of_move(visit: Visit) -> dict[str, str]:
    return {k: v for k, v in missing_of_appointment(visit).items() if k == "at"}


async def _move(visit: Visit) -> None:
    request = pb.MoveInterviewRequest(
        request_id=visit.request_id(),
        escalation_id=visit.path("escalation_id"),
        place=visit.field("place"),
    )
    request.at.FromDatetime(moment(visit))
    await ask(visit.services.escalations.MoveInterview(request))


def _missing_of_record(visit: Visit) -> dict[str, str]:
    errors = {}
    if visit.field("outcome") not in OUTCOMES:
        errors["outcome"] = visit.say(N_("请选择已约谈或者未到场"))
    if not visit.field("minutes"):
        errors["minutes"] = visit.say(N_("请写明约谈的情况；未到场的，写明已知的原因"))
    if visit.field("undertaking_by") and not is_day(visit.field("undertaking_by")):
        errors["undertaking_by"] = visit.say(NOT_A_DAY)
    return errors


async def _record(visit: Visit) -> None:
    request = pb.RecordInterviewRequest(
        request_id=visit.request_id(),
        escalation_id=visit.path("escalation_id"),
        outcome=visit.field("outcome"),
        minutes=visit.field("minutes"),
        undertaking=visit.field("undertaking"),
        undertaking_by=visit.field("undertaking_by"),
    )
    await ask(visit.services.escalations.RecordInterview(request))


def _missing_of_undertaking(visit: Visit) -> dict[str, str]:
    errors = {}
    if visit.field("kept") not in ("kept", "broken"):
        errors["kept"] = visit.say(N_("请选择已完成或者未完成"))
    if not visit.field("findings"):
        errors["findings"] = visit.say(N_("请写明核实的情况"))
    return errors


async def _record_undertaking(visit: Visit) -> None:
    request = pb.RecordUndertakingRequest(
        request_id=visit.request_id(),
        escalation_id=visit.path("escalation_id"),
        outcome=visit.field("kept"),
        findings=visit.field("findings"),
    )
    await ask(visit.services.escalations.RecordUndertaking(request))


ACTS: dict[str, Act] = {
    "interview": (_missing_of_record, _record),
    "move": (_missing_of_move, _move),
    "undertaking": (_missing_of_undertaking, _record_undertaking),
}
