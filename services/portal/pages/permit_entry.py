"""The form of one permit of metrology: a caseworker enters it, or corrects one on file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from law.permits import matters
from plumbing.client import Refusal, ask
from protos.registry.v1 import permits_pb2 as pb
from services.portal.listing import list_address
from services.portal.pages import permits
from services.portal.pages.forms import NOT_A_DAY, is_day, told
from services.portal.pages.reading import subject
from services.portal.visit import Visit
from services.portal.wording import N_

NEW_PATH = "/permits/new"
_DAYS = ("decided_on", "valid_from", "valid_until")
_FIELDS = (
    *("matter", "document_name", "document_no", "category", "certificate_name", "permit_no"),
    *("content", *_DAYS, "authority", "authority_code", "provided_by"),
)
_NEEDED = {
    "matter": N_("请选择许可事项"),
    "document_name": N_("请填写决定文书名称，例如：准予行政许可决定书"),
    "decided_on": N_("请填写决定日期，例如 2026-10-16"),
    "authority": N_("请填写许可机关"),
}


async def new(visit: Visit) -> Response:
    """Asks for a permit of a subject, and enters it."""
    if visit.request.method == "GET":
        given = visit.query("subject")
        code = (await subject(visit, given)).credit_code if given else ""
        return _form(visit, pb.PermitEntry(), {"subject_id": code or given})
    return await _put(visit, pb.PermitEntry())


async def correct(visit: Visit) -> Response:
    """Asks what is to be corrected of a permit on file, and on what ground."""
    request = pb.GetPermitRequest(permit_id=visit.path("permit_id"))
    present = (await ask(visit.services.permits.GetPermit(request))).permit
    if visit.request.method == "GET":
        own = present.permit
        written = {name: getattr(own, name) for name in _FIELDS}
        return _form(visit, present, {**written, "open_ended": "yes" if own.open_ended else ""})
    return await _put(visit, present)


async def _put(visit: Visit, present: pb.PermitEntry) -> Response:
    on_file = bool(present.permit.permit_id)
    if errors := _faults(visit, on_file=on_file):
        return _form(visit, present, visit.form, 422, errors=errors)
    permit = pb.Permit(
        permit_id=present.permit.permit_id,
        subject_id=present.permit.subject_id or visit.field("subject_id"),
        open_ended=visit.field("open_ended") == "yes",
        version=visit.whole("version") or 0,
    )
    for name in _FIELDS:
        setattr(permit, name, visit.field(name))
    request = pb.PutPermitRequest(
        request_id=visit.request_id(), permit=permit, ground=visit.field("ground")
    )
    try:
        answer = await ask(visit.services.permits.PutPermit(request))
    except Refusal as refusal:
        return _form(visit, present, visit.form, 422, **told(visit, refusal))
    return visit.redirect(f"{permits.PATH}/{answer.permit.permit.permit_id}?entered=yes")


def _faults(visit: Visit, *, on_file: bool) -> dict[str, str]:
    subject_or_ground = (
        {"ground": N_("请写明更正的依据")}
        if on_file
        else {"subject_id": N_("请填写主体的统一社会信用代码")}
    )
    needed = {**subject_or_ground, **_NEEDED}
    errors = {name: visit.say(text) for name, text in needed.items() if not visit.field(name)}
    if not (visit.field("document_no") or visit.field("permit_no")):
        errors["document_no"] = visit.say(N_("请填写决定文书号，没有的填写许可编号"))
    odd = (name for name in _DAYS if visit.field(name) and not is_day(visit.field(name)))
    return errors | {name: visit.say(NOT_A_DAY) for name in odd}


def _form(
    visit: Visit, present: pb.PermitEntry, form: Mapping[str, Any], status: int = 200, **values: Any
) -> Response:
    codes = [one.value.id for one in matters()]
    return visit.page(
        "permits/put.html",
        status=status,
        entry=present,
        one=present.permit,
        form=form,
        matters={code: permits.matter(visit, code) for code in codes},
        back=list_address(visit, permits.PATH),
        **values,
    )
