"""Letters as PDF, of cases, escalation steps and circulars, to whoever may read them as text."""

from __future__ import annotations

from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from law.errors import NotFound
from plumbing.client import ask
from plumbing.papers.letter_pdf import (
    Letter,
    letter_of_case,
    letter_of_circular,
    letter_pdf,
    letters_of_step,
)
from protos.alerts.v1 import circulars_pb2 as circulars
from protos.alerts.v1 import escalations_pb2 as escalations
from protos.objection.v1 import objection_pb2 as objection
from services.portal.visit import Visit


async def of_case(visit: Visit) -> Response:
    """Sends a letter of an objection or repair as PDF."""
    request = objection.GetCaseRequest(case_id=visit.path("case_id"))
    answer = await ask(visit.services.objection.GetCase(request))
    return await _sent(visit, [letter_of_case(one) for one in answer.letters if _asked(visit, one)])


async def of_escalation(visit: Visit) -> Response:
    """Sends the document of an escalation step as PDF."""
    request = escalations.GetEscalationRequest(escalation_id=visit.path("escalation_id"))
    answer = await ask(visit.services.escalations.GetEscalation(request))
    found = [letters_of_step(one).get(visit.path("letter_id")) for one in answer.steps]
    return await _sent(visit, [one for one in found if one is not None])


async def of_circular(visit: Visit) -> Response:
    """Sends an issued circular as PDF."""
    request = circulars.GetCircularRequest(circular_id=visit.path("circular_id"))
    found = (await ask(visit.services.circulars.GetCircular(request))).circular
    return await _sent(visit, [letter_of_circular(found)] if found.number else [])


def _asked(visit: Visit, one: objection.Letter) -> bool:
    return bool(one.letter_id) and one.letter_id == visit.path("letter_id")


async def _sent(visit: Visit, found: list[Letter]) -> Response:
    if not found:
        raise NotFound("没有这份文书", "There is no such letter")
    settings = visit.portal.settings
    pdf = await run_in_threadpool(letter_pdf, found[0], settings.portal_url, settings.font_dir)
    return pdf_response(pdf, found[0].number or found[0].title)


def pdf_response(pdf: bytes, name: str) -> Response:
    """Returns a PDF that a browser shows, and stores under a name."""
    disposition = f"inline; filename*=UTF-8''{quote(name, safe='')}.pdf"
    return Response(pdf, media_type="application/pdf", headers={"content-disposition": disposition})
