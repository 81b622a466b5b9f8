"""The page of the messages that an operator has got from the platform."""

from __future__ import annotations

from starlette.responses import Response

from plumbing.client import ask
from protos.alerts.v1 import alerts_pb2 as alerts
from services.portal.visit import Visit

PAGE_SIZE = 50


async def messages(visit: Visit) -> Response:
    """Shows the notices sent to the firm, newest first."""
    request = alerts.ListNoticesRequest(
        subject_id=visit.person.subject_id, page_size=PAGE_SIZE, page_token=visit.query("page")
    )
    answer = await ask(visit.services.alerts.ListNotices(request))
    return visit.page("operator/messages.html", notices=answer.notices, more=answer.next_page_token)
