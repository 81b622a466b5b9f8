"""The page on which a caseworker changes what a subject is called, what it is and does.

How it is reached has a page of its own; another credit code is an act of its life.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from law.evidence import SubjectKind
from plumbing.client import Refusal, ask
from protos.registry.v1 import registry_pb2 as registry
from services.portal.pages.forms import told
from services.portal.pages.reading import subject
from services.portal.pages.subject_registration import NEEDED, look_alikes
from services.portal.visit import Visit
from services.portal.wording import N_, SECTORS

FIELDS = ("name", "kind", "sector")
_UNCHANGED = N_("没有改动：请修改名称、类型或者行业领域")


async def change(visit: Visit) -> Response:
    """Asks for name, kind and sector of a subject, shows what would change, and changes it."""
    firm = await subject(visit, visit.path("subject_id"))
    if visit.request.method == "GET":
        return _page(visit, firm, {name: getattr(firm, name) for name in FIELDS})
    form = {name: visit.field(name).strip() for name in FIELDS}
    if visit.field("step") == "again":
        return _page(visit, firm, form)
    if errors := {name: visit.say(NEEDED[name]) for name, value in form.items() if not value}:
        return _page(visit, firm, form, 422, errors=errors)
    if all(getattr(firm, name) == value for name, value in form.items()):
        return _page(visit, firm, form, 422, refusal=visit.say(_UNCHANGED))
    changed = registry.Subject()
    changed.CopyFrom(firm)
    for name, value in form.items():
        setattr(changed, name, value)
    changed.version = visit.whole("version") or firm.version
    request = registry.PutSubjectRequest(
        request_id=visit.request_id(), subject=changed, check_only=visit.field("step") != "send"
    )
    try:
        answer = await ask(visit.services.registry.PutSubject(request))
    except Refusal as refusal:
        fault = told(visit, refusal)
        # Somebody else changed it meanwhile: the form then changes what they wrote.
        return _page(visit, await subject(visit, firm.subject_id), form, 422, **fault)
    if request.check_only:
        return await _check(visit, firm, form, changed.version)
    alike = f"&alike={answer.likeness_id}" if answer.likeness_id else ""
    return visit.redirect(f"/subjects/{firm.subject_id}?changed=yes{alike}")


async def _check(
    visit: Visit, firm: registry.Subject, form: Mapping[str, str], version: int
) -> Response:
    """What would change, and other subjects whose names look like a new name."""
    renamed = form["name"] != firm.name
    return visit.page(
        "subjects/edit_check.html",
        firm=firm,
        form=form,
        seen=version,
        alike=await look_alikes(visit, form["name"], firm.subject_id) if renamed else (),
    )


def _page(
    visit: Visit, firm: registry.Subject, form: Mapping[str, str], status: int = 200, **values: Any
) -> Response:
    return visit.page(
        "subjects/edit.html",
        status=status,
        firm=firm,
        form=form,
        kinds=list(SubjectKind),
        sectors=list(SECTORS),
        **values,
    )
