"""The page on which a caseworker opens a follow-up by hand: of a grade, or of stated facts."""

from __future__ import annotations

from datetime import date
from typing import Any

from starlette.responses import Response

from law.courses import grade_course, hand_courses
from plumbing.client import Refusal, ask
from protos.alerts.v1 import escalations_pb2 as pb
from services.portal.pages.forms import told
from services.portal.pages.reading import ALL, grade_of, subject, today
from services.portal.visit import Visit
from services.portal.wording import N_

GRADE = "grade"


async def page(visit: Visit) -> Response:
    """Shows the form, and opens the case that it asks for."""
    if visit.request.method == "GET":
        return await _form(visit)
    errors = _missing(visit)
    if errors:
        return await _form(visit, 422, errors=errors)
    request = pb.OpenEscalationRequest(
        request_id=visit.request_id(),
        subject_id=visit.path("subject_id"),
        course=visit.field("course"),
        facts="" if visit.field("course") == GRADE else visit.field("facts"),
    )
    try:
        answer = await ask(visit.services.escalations.OpenEscalation(request))
    except Refusal as refusal:
        return await _form(visit, 422, **told(visit, refusal))
    return visit.redirect(f"/escalations/{answer.escalation.escalation_id}")


def _missing(visit: Visit) -> dict[str, str]:
    errors = {}
    if not visit.field("course"):
        errors["course"] = visit.say(N_("请选择督促的事由"))
    if visit.field("course") not in ("", GRADE) and not visit.field("facts"):
        errors["facts"] = visit.say(N_("请写明查明的事实：哪一天、在哪里、什么情况"))
    return errors


async def _form(visit: Visit, status: int = 200, **values: Any) -> Response:
    on = date.fromisoformat(await today(visit))
    firm = await subject(visit, visit.path("subject_id"))
    open_ones = await _open_ones(visit, firm.subject_id)
    return visit.page(
        "escalations/open.html",
        status=status,
        firm=firm,
        open_ones=open_ones,
        by_grade=await _has_ground_in_grade(visit, firm.subject_id, open_ones, on),
        grounds=[
            (found.id, found.zh if visit.words.lang == "zh" else found.en)
            for found in hand_courses(on)
            if found.id not in {one.course for one in open_ones}
        ],
        form=visit.form,
        **values,
    )


async def _open_ones(visit: Visit, subject_id: str) -> list[pb.Escalation]:
    """The follow-ups of the subject that are not closed: none is opened twice for one matter."""
    request = pb.ListEscalationsRequest(subject_id=subject_id, page_size=ALL)
    found = (await ask(visit.services.escalations.ListEscalations(request))).escalations
    return [one for one in found if not one.HasField("closed_at")]


async def _has_ground_in_grade(
    visit: Visit, subject_id: str, open_ones: list[pb.Escalation], on: date
) -> bool:
    """Whether a text attaches a follow-up to the present grade, and none of a grade is open."""
    if any(one.grade for one in open_ones):
        return False
    grade = await grade_of(visit, subject_id)
    return bool(grade and grade_course(grade.ruleset_id, grade.grade, on))
