"""The page on which a bureau records that a letter of a case was served on paper."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from law.errors import NotFound
from plumbing.client import Refusal, ask
from protos.alerts.v1 import alerts_pb2 as alerts
from protos.objection.v1 import delivery_pb2 as pb
from protos.objection.v1 import objection_pb2 as objection
from services.portal.pages.forms import told
from services.portal.pages.tellings import MEANS, faults_of_service
from services.portal.visit import Visit

MOST_NOTICES = 1000  # letters of one subject; a firm has a few dozen at most


async def by_hand(visit: Visit) -> Response:
    """Shows the form, or records the service; what is refused leaves the form as it was filled."""
    if visit.request.method == "GET":
        return await _form(visit)
    if errors := faults_of_service(visit, "served_on"):
        return await _form(visit, 422, errors=errors)
    request = pb.RecordDeliveryRequest(
        request_id=visit.request_id(),
        case_id=visit.path("case_id"),
        letter_id=visit.path("letter_id"),
        means=visit.field("means"),
        served_on=visit.field("served_on"),
        remark=visit.field("remark"),
    )
    try:
        await ask(visit.services.deliveries.RecordDelivery(request))
    except Refusal as refusal:
        return await _form(visit, 422, **told(visit, refusal))
    return visit.redirect(f"/cases/{visit.path('case_id')}")


async def deliveries_of(visit: Visit, case_id: str) -> pb.ListDeliveriesResponse:
    """Returns how the letters of a case were served on paper."""
    request = pb.ListDeliveriesRequest(case_id=case_id)
    answer: pb.ListDeliveriesResponse = await ask(visit.services.deliveries.ListDeliveries(request))
    return answer


async def mails_of(visit: Visit, case: objection.Case) -> dict[str, alerts.Notice]:
    """Returns the notice that brought each letter of a case to the subject by mail, by the letter.

    A notice tells when the recipient's mail server took it, or why it did not.
    """
    request = alerts.ListNoticesRequest(
        subject_id=case.subject_id, kind="letter", page_size=MOST_NOTICES
    )
    notices = (await ask(visit.services.alerts.ListNotices(request))).notices
    return {one.letter_id: one for one in notices if one.letter_id}


def means_of(visit: Visit) -> dict[str, str]:
    """Returns the ways in which a letter can be served, by code."""
    return {code: visit.say(text) for code, text in MEANS.items()}


async def _form(visit: Visit, status: int = 200, **values: Any) -> Response:
    request = objection.GetCaseRequest(case_id=visit.path("case_id"))
    answer = await ask(visit.services.objection.GetCase(request))
    letters = [one for one in answer.letters if one.letter_id == visit.path("letter_id")]
    if not letters:
        raise NotFound("没有这份文书", "There is no such letter")
    return visit.page(
        "cases/delivery.html",
        status=status,
        case=answer.case,
        letter=letters[0],
        means=list(means_of(visit).items()),
        form=visit.form,
        **values,
    )
