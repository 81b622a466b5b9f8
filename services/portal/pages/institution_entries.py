"""Forms of what an institution says of itself: where it verifies, how much it completes a day."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from plumbing.client import Refusal, ask
from protos.registry.v1 import institutions_pb2 as pb
from services.portal.pages.forms import is_day, told
from services.portal.visit import Visit
from services.portal.wording import N_

PATH = "/institutions"
_OF_SITE = ("name", "address")
_OF_CAPACITY = ("per_day", "from_on")


async def site(visit: Visit) -> Response:
    """Asks for a place where an institution verifies, and adds or changes it."""
    found = await _find(visit)
    wanted = visit.field("site_id") or visit.query("site")
    present = next((one for one in found.sites if one.site_id == wanted), None)
    if visit.request.method == "GET":
        return _site_form(visit, found, present, present or pb.Site())
    entered = pb.Site(
        site_id=wanted,
        institution_id=found.institution.institution_id,
        **{name: visit.field(name) for name in _OF_SITE},
        type_codes=visit.fields("type_codes"),
        at_owner=visit.field("at_owner") == "yes",
        released=visit.field("released") == "yes",
        closed=visit.field("closed") == "yes",
        version=visit.whole("version") or 0,
    )
    if not entered.name:
        errors = {"name": visit.say(N_("请填写检定地点的名称，例如“城东检定站”"))}
        return _site_form(visit, found, present, entered, 422, errors=errors)
    request = pb.PutSiteRequest(request_id=visit.request_id(), site=entered)
    try:
        await ask(visit.services.institutions.PutSite(request))
    except Refusal as refusal:
        return _site_form(visit, found, present, entered, 422, **told(visit, refusal))
    return visit.redirect(f"{PATH}/{found.institution.institution_id}?done=yes")


def _site_form(
    visit: Visit,
    found: pb.GetInstitutionResponse,
    present: pb.Site | None,
    form: pb.Site,
    status: int = 200,
    **values: Any,
) -> Response:
    return visit.page(
        "institutions/site.html",
        status=status,
        institution=found.institution,
        types=_types(found),
        present=present,
        form=form,
        **values,
    )


async def capacity(visit: Visit) -> Response:
    """Asks how many instruments an institution completes on a working day, and from which day."""
    found = await _find(visit)
    wanted = visit.field("capacity_id") or visit.query("capacity")
    present = next((one for one in found.capacities if one.capacity_id == wanted), None)
    if visit.request.method == "GET":
        form = {name: getattr(present, name) for name in _OF_CAPACITY} if present else {}
        chosen = list(present.type_codes) if present else []
        return _capacity_form(visit, found, present, form, chosen)
    chosen = visit.fields("type_codes")
    if errors := _faults(visit, chosen):
        return _capacity_form(visit, found, present, visit.form, chosen, 422, errors=errors)
    entered = pb.Capacity(
        capacity_id=wanted,
        institution_id=found.institution.institution_id,
        type_codes=chosen,
        per_day=visit.whole("per_day") or 0,
        from_on=visit.field("from_on"),
        version=visit.whole("version") or 0,
    )
    request = pb.PutCapacityRequest(request_id=visit.request_id(), capacity=entered)
    try:
        await ask(visit.services.institutions.PutCapacity(request))
    except Refusal as refusal:
        refused = told(visit, refusal)
        return _capacity_form(visit, found, present, visit.form, chosen, 422, **refused)
    return visit.redirect(f"{PATH}/{found.institution.institution_id}?done=yes")


def _faults(visit: Visit, chosen: list[str]) -> dict[str, str]:
    faults = {}
    if not chosen:
        faults["type_codes"] = visit.say(N_("请选择器具类型"))
    if visit.whole("per_day") is None:
        faults["per_day"] = visit.say(N_("请填写每个工作日完成的台数，例如 10"))
    if not is_day(visit.field("from_on")):
        faults["from_on"] = visit.say(N_("请填写自哪一日起，例如 2026-10-16"))
    return faults


def _capacity_form(
    visit: Visit,
    found: pb.GetInstitutionResponse,
    present: pb.Capacity | None,
    form: Any,
    chosen: list[str],
    status: int = 200,
    **values: Any,
) -> Response:
    return visit.page(
        "institutions/capacity.html",
        status=status,
        institution=found.institution,
        types=_types(found),
        present=present,
        form=form,
        chosen=chosen,
        **values,
    )


def _types(found: pb.GetInstitutionResponse) -> list[str]:
    """The types that the institution was ever authorised for."""
    return sorted({one.type_code for one in found.authorisations})


async def _find(visit: Visit) -> pb.GetInstitutionResponse:
    request = pb.GetInstitutionRequest(institution_id=visit.path("institution_id"))
    return await ask(visit.services.institutions.GetInstitution(request))
