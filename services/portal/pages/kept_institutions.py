"""Pages of verification institutions: the list, one with its authorisations, and their forms."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from starlette.responses import Response

from law.instruments import catalogue
from plumbing.client import Refusal, ask
from plumbing.identity import Role
from protos.registry.v1 import institutions_pb2 as pb
from services.portal import expectation_words
from services.portal.listing import Asked, Cell, Chunk, Column, Listing, show
from services.portal.pages.forms import is_day, told
from services.portal.pages.reading import bureau_names, today
from services.portal.pages.transfers import UPLOAD_SECONDS, file_of_rows
from services.portal.visit import Visit
from services.portal.wording import N_

PATH, IMPORT_PATH = "/institutions", "/institutions/import"
_CONTACT = ("credit_code", "contact", "phone", "email")
_NEEDED = {
    "type_code": N_("请选择器具类型"),
    "valid_from": N_("请填写授权的第一日，例如 2026-01-01"),
    "valid_until": N_("请填写授权的最后一日，例如 2030-12-31"),
    "document_no": N_("请填写授权文号"),
}


async def listing(visit: Visit) -> Response:
    """Shows the institutions that the visitor may see, by name."""
    bureaus = await bureau_names(visit)

    async def read(asked: Asked) -> Chunk[pb.Institution]:
        request = pb.ListInstitutionsRequest(**asked.paging)
        answer = await ask(visit.services.institutions.ListInstitutions(request))
        total = answer.total if answer.HasField("total") else None
        return Chunk(answer.institutions, answer.next_page_token, total)

    institutions = Listing(
        path=PATH,
        title=N_("检定机构"),
        counted=N_("共 {total} 家，第 {first}–{last} 家"),
        columns=(
            Column(N_("名称"), lambda one: Cell(one.name, link=f"{PATH}/{one.institution_id}")),
            Column(N_("统一社会信用代码"), lambda one: one.credit_code),
            Column(N_("登记机关"), lambda one: bureaus.get(one.bureau, one.bureau)),
            Column(N_("联系人"), lambda one: Cell(one.contact, note=one.phone)),
        ),
        read=read,
        empty=N_("还没有登记检定机构。由单位负责人登记机构和它的授权。"),
    )
    keeps = visit.has(Role.UNIT_HEAD)
    return await show(visit, institutions, "institutions/list.html", keeps=keeps)


async def one(visit: Visit) -> Response:
    """Shows an institution with what it may verify and on which days, where, and how much a day."""
    found = await _find(visit)
    bureaus, words = await bureau_names(visit), visit.words
    return visit.page(
        "institutions/one.html",
        institution=found.institution,
        authorisations=found.authorisations,
        bureau=bureaus.get(found.institution.bureau, found.institution.bureau),
        sites=[(one, expectation_words.site(words, one)) for one in found.sites],
        capacities=[
            (one, words.listed(map(words.instrument_type, one.type_codes)))
            for one in found.capacities
        ],
        keeps=visit.has(Role.UNIT_HEAD),
        may_put_sites=visit.has(Role.UNIT_HEAD, Role.VERIFICATION_INSTITUTION),
        states_capacity=visit.has(Role.VERIFICATION_INSTITUTION),
        today=await today(visit),
    )


async def new(visit: Visit) -> Response:
    """Asks for the name and contact of a new institution, and registers it."""
    return await _keep(visit, pb.Institution(bureau=visit.person.bureau), visit.field("name"))


async def from_file(visit: Visit) -> Response:
    """Enters the institutions and authorisations of a file, or only checks them."""

    def send(content: bytes) -> Awaitable[pb.ImportAuthorisationsResponse]:
        request = pb.ImportAuthorisationsRequest(
            request_id=visit.request_id(),
            content=content,
            check_only=visit.field("step") == "check",
        )
        return visit.services.institutions.ImportAuthorisations(request, timeout=UPLOAD_SECONDS)

    return await file_of_rows(
        visit, "institutions/import.html", send, checked=visit.field("step") == "check"
    )


async def change(visit: Visit) -> Response:
    """Asks for the contact of an institution, and changes it; its name stays."""
    institution = (await _find(visit)).institution
    return await _keep(visit, institution, institution.name)


async def _keep(visit: Visit, institution: pb.Institution, name: str) -> Response:
    if visit.request.method == "GET":
        return _form(visit, institution, {one: getattr(institution, one) for one in _CONTACT})
    if not name:
        errors = {"name": visit.say(N_("请填写检定机构的名称，与证书上的一致"))}
        return _form(visit, institution, visit.form, 422, errors=errors)
    content = pb.Institution(
        institution_id=institution.institution_id,
        name=name,
        bureau=institution.bureau,
        version=visit.whole("version") or 0,
        **{one: visit.field(one) for one in _CONTACT},
    )
    request = pb.PutInstitutionRequest(request_id=visit.request_id(), institution=content)
    try:
        answer = await ask(visit.services.institutions.PutInstitution(request))
    except Refusal as refusal:
        return _form(visit, institution, visit.form, 422, **told(visit, refusal))
    return visit.redirect(f"{PATH}/{answer.institution.institution_id}")


def _form(
    visit: Visit, institution: pb.Institution, form: Any, status: int = 200, **values: Any
) -> Response:
    return visit.page(
        "institutions/put.html", status=status, institution=institution, form=form, **values
    )


async def authorise(visit: Visit) -> Response:
    """Asks for the type, the days and the document of an authorisation, and adds or changes it.

    Before one is made to end early, it says how many orders that cuts off.
    """
    found = await _find(visit)
    wanted = visit.field("authorisation_id") or visit.query("authorisation")
    present = next((a for a in found.authorisations if a.authorisation_id == wanted), None)
    if visit.field("step") == "again":
        return _authorisation_form(visit, found.institution, present, visit.form)
    if visit.request.method == "GET":
        form = {name: getattr(present, name) for name in _NEEDED} if present else {}
        return _authorisation_form(visit, found.institution, present, form)
    if errors := _faults(visit):
        return _authorisation_form(
            visit, found.institution, present, visit.form, 422, errors=errors
        )
    content = pb.Authorisation(
        authorisation_id=wanted,
        institution_id=found.institution.institution_id,
        version=visit.whole("version") or 0,
        **{name: visit.field(name) for name in _NEEDED},
    )
    request = pb.PutAuthorisationRequest(
        request_id=visit.request_id(),
        authorisation=content,
        ground=visit.field("ground"),
        check_only=_ends_early(content, present) and visit.field("step") != "send",
    )
    try:
        answer = await ask(visit.services.institutions.PutAuthorisation(request))
    except Refusal as refusal:
        refused = told(visit, refusal)
        return _authorisation_form(visit, found.institution, present, visit.form, 422, **refused)
    if request.check_only:
        return visit.page(
            "institutions/authorisation_check.html",
            institution=found.institution,
            present=present,
            then=answer,
            form=visit.form,
        )
    return visit.redirect(f"{PATH}/{found.institution.institution_id}")


def _ends_early(content: pb.Authorisation, present: pb.Authorisation | None) -> bool:
    return present is not None and (
        content.valid_until < present.valid_until or content.type_code != present.type_code
    )


def _faults(visit: Visit) -> dict[str, str]:
    faults = {name: visit.say(text) for name, text in _NEEDED.items() if not visit.field(name)}
    for name in ("valid_from", "valid_until"):
        if not is_day(visit.field(name)):
            faults[name] = visit.say(_NEEDED[name])
    return faults


def _authorisation_form(
    visit: Visit,
    institution: pb.Institution,
    present: pb.Authorisation | None,
    form: Any,
    status: int = 200,
    **values: Any,
) -> Response:
    return visit.page(
        "institutions/authorisation.html",
        status=status,
        institution=institution,
        present=present,
        types={code: visit.words.instrument_type(code) for code in catalogue()},
        form=form,
        **values,
    )


async def _find(visit: Visit) -> pb.GetInstitutionResponse:
    request = pb.GetInstitutionRequest(institution_id=visit.path("institution_id"))
    return await ask(visit.services.institutions.GetInstitution(request))
