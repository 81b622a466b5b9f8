"""Pages on which operators apply for an account, and the bureau confirms or rejects it."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

import grpc
from starlette.responses import Response

from plumbing.client import Refusal, ask
from plumbing.clock import SHANGHAI
from protos.identity.v1 import identity_pb2 as identity
from protos.registry.v1 import registry_pb2 as registry
from services.portal.listing import Asked, Cell, Chunk, Column, Filter, Listing, chunk_of, show
from services.portal.pages.subject_registration import look_alikes
from services.portal.visit import Visit, faults_by_field, message_of
from services.portal.wording import N_

FIELDS = ("credit_code", "firm_name", "bureau", "person_name", "email", "phone", "reason")
STATES = (
    ("waiting", N_("待确认")),
    ("confirmed", N_("已确认")),
    ("rejected", N_("不予确认")),
)
ALL = 1000
_REFUSED = (
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.ALREADY_EXISTS,
)


async def register(visit: Visit) -> Response:
    """Takes an application for an operator's account, and shows its number."""
    if visit.request.method == "GET":
        return await _form(visit)
    request = identity.RegisterOperatorRequest(
        request_id=visit.request_id(), **{name: visit.field(name) for name in FIELDS}
    )
    try:
        answer = await ask(
            visit.portal.visitor.identity.RegisterOperator(request, metadata=visit.origin)
        )
    except Refusal as refusal:
        if refusal.code not in _REFUSED:
            raise
        errors = faults_by_field(refusal, visit.language)
        return await _form(visit, errors or {"credit_code": message_of(refusal, visit.language)})
    return visit.page("registrations/received.html", told=answer.number)


async def _form(visit: Visit, errors: dict[str, str] | None = None) -> Response:
    listed = await ask(
        visit.services.registry.ListBureaus(registry.ListBureausRequest(page_size=ALL))
    )
    bureaus = [(bureau.code, bureau.name) for bureau in listed.bureaus]
    return visit.page(
        "registrations/apply.html",
        status=422 if errors else 200,
        errors=errors or {},
        form={name: visit.field(name) for name in FIELDS},
        bureaus=bureaus,
    )


async def listing(visit: Visit) -> Response:
    """Shows the applications that wait and those that were decided."""

    async def read(asked: Asked) -> Chunk[identity.Registration]:
        request = identity.ListRegistrationsRequest(state=asked["state"], **asked.paging)
        answer = await ask(visit.services.identity.ListRegistrations(request))
        return chunk_of(answer, answer.registrations)

    shown: Listing[identity.Registration] = Listing(
        path="/registrations",
        title=N_("经营者注册申请"),
        columns=(
            Column(N_("单位"), lambda one: Cell(one.firm_name, link=_path(one))),
            Column(N_("统一社会信用代码"), lambda one: one.credit_code),
            Column(N_("申请人"), lambda one: one.person_name),
            Column(N_("提出时间"), lambda one: one.created_at.ToDatetime(SHANGHAI)),
            Column(N_("受理编号"), lambda one: one.number),
            Column(N_("状态"), lambda one: visit.say(dict(STATES)[one.state])),
        ),
        filters=(Filter("state", N_("状态"), STATES),),
        read=read,
        empty=N_("没有这样的注册申请。经营者在登录页点“经营者注册”提出申请，由监管机关核实。"),
        counted=N_("共 {total} 份，第 {first}–{last} 份"),
    )
    return await show(visit, shown)


def _path(one: identity.Registration) -> str:
    return f"/registrations/{one.registration_id}"


async def one(visit: Visit) -> Response:
    """Shows an application, and confirms or rejects it."""
    wanted = identity.GetRegistrationRequest(registration_id=visit.path("registration_id")[:64])
    found = (await ask(visit.services.identity.GetRegistration(wanted))).registration
    if visit.request.method == "GET":
        return await _page(visit, found)
    try:
        if visit.field("act") == "reject":
            return await _reject(visit, found)
        return await _confirm(visit, found)
    except Refusal as refusal:
        if refusal.code not in _REFUSED:
            raise
        errors = faults_by_field(refusal, visit.language)
        told = "" if errors else message_of(refusal, visit.language)
        return await _page(visit, found, errors=errors, refusal=told)


async def _confirm(visit: Visit, found: identity.Registration) -> Response:
    first = "" if found.email else visit.field("first_password")
    request = identity.ConfirmRegistrationRequest(
        request_id=visit.request_id(), registration_id=found.registration_id, first_password=first
    )
    answer = await ask(visit.services.identity.ConfirmRegistration(request))
    return visit.page(
        "registrations/confirmed.html",
        registration=answer.registration,
        account=answer.account,
        first_password=first,
    )


async def _reject(visit: Visit, found: identity.Registration) -> Response:
    request = identity.RejectRegistrationRequest(
        request_id=visit.request_id(),
        registration_id=found.registration_id,
        reason=visit.field("reason"),
    )
    await ask(visit.services.identity.RejectRegistration(request))
    return visit.redirect("/registrations?state=waiting")


async def _page(
    visit: Visit,
    found: identity.Registration,
    errors: dict[str, str] | None = None,
    refusal: str = "",
) -> Response:
    return visit.page(
        "registrations/one.html",
        status=422 if errors or refusal else 200,
        registration=found,
        alike=await look_alikes(visit, found.firm_name, besides=found.subject_id),
        errors=errors or {},
        refusal=refusal or None,
        reason=visit.field("reason"),
        first_password=visit.field("first_password") or secrets.token_urlsafe(12),
    )


async def waiting(visit: Visit) -> Sequence[identity.Registration]:
    """Reads the applications that wait for the visitor's bureau, the oldest first."""
    request = identity.ListRegistrationsRequest(state="waiting", page_size=ALL)
    return (await ask(visit.services.identity.ListRegistrations(request))).registrations
