"""The page on which a caseworker corrects how a subject is reached, such as a wrong e-mail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from plumbing.client import Refusal, ask
from protos.registry.v1 import registry_pb2 as registry
from services.portal.pages.contact import OWN_FIELDS
from services.portal.pages.forms import told
from services.portal.pages.reading import subject
from services.portal.visit import Visit


async def change(visit: Visit) -> Response:
    """Shows who is in charge of a subject and how it is reached; saves what was corrected."""
    firm = await subject(visit, visit.path("subject_id"))
    if visit.request.method == "GET":
        return _page(visit, firm, {name: getattr(firm, name) for name in OWN_FIELDS})
    form = {name: visit.field(name) for name in OWN_FIELDS}
    for name, value in form.items():
        setattr(firm, name, value)
    firm.version = visit.whole("version") or firm.version
    request = registry.PutSubjectRequest(request_id=visit.request_id(), subject=firm)
    try:
        await ask(visit.services.registry.PutSubject(request))
    except Refusal as refusal:
        fault = told(visit, refusal)
        # Somebody else changed it meanwhile: the form then corrects what they wrote.
        present = await subject(visit, firm.subject_id)
        return _page(visit, present, form, 422, **fault)
    return visit.redirect(f"/subjects/{firm.subject_id}?corrected=yes")


def _page(
    visit: Visit, firm: registry.Subject, form: Mapping[str, str], status: int = 200, **values: Any
) -> Response:
    return visit.page("subjects/contact.html", status=status, firm=firm, form=form, **values)
