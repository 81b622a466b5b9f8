"""The wizard by which a caseworker registers a subject: form, look-alikes and check, registered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import grpc
from starlette.responses import Response

from law.evidence import SubjectKind
from plumbing.client import Refusal, ask
from protos.registry.v1 import registry_pb2 as registry
from services.portal.visit import Visit, faults_by_field, message_of
from services.portal.wording import N_, SECTORS

FIELDS = (
    "name",
    "credit_code",
    "code_ground",
    "kind",
    "sector",
    "person_in_charge",
    "address",
    "phone",
    "email",
)
NEEDED = {
    "name": N_("请填写主体的名称"),
    "kind": N_("请选择主体的类型"),
    "sector": N_("请选择行业领域"),
}
_OF_THE_FORM = (
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.ALREADY_EXISTS,
)


async def register(visit: Visit) -> Response:
    """Registers a subject of the visitor's bureau, after showing others with a similar name."""
    if visit.request.method == "GET" or visit.field("step") == "again":
        return _form(visit)
    errors = {name: visit.say(text) for name, text in NEEDED.items() if not visit.field(name)}
    if errors:
        return _form(visit, errors)
    try:
        return await _send(visit)
    except Refusal as refusal:
        if refusal.code not in _OF_THE_FORM:
            raise
        faults = faults_by_field(refusal, visit.language)
        known = {{"like_name": "name"}.get(field, field): told for field, told in faults.items()}
        return _form(visit, known, message_of(refusal, visit.language))


async def look_alikes(visit: Visit, name: str, besides: str = "") -> Sequence[registry.Subject]:
    """Reads the subjects within the visitor's scope whose names look like a name.

    `besides` is the id of a subject that is left out.
    """
    request = registry.ListSubjectsRequest(like_name=name)
    found = (await ask(visit.services.registry.ListSubjects(request))).subjects
    return [one for one in found if one.subject_id != besides]


async def _check(visit: Visit) -> Response:
    return visit.page(
        "subjects/new_check.html",
        form=_filled(visit),
        alike=await look_alikes(visit, visit.field("name")),
    )


async def _send(visit: Visit) -> Response:
    firm = registry.Subject(bureau=visit.person.bureau)
    for name, value in _filled(visit).items():
        setattr(firm, name, value)
    request = registry.PutSubjectRequest(
        request_id=visit.request_id(), subject=firm, check_only=visit.field("step") != "send"
    )
    answer = await ask(visit.services.registry.PutSubject(request))
    if request.check_only:
        return await _check(visit)
    alike = f"&alike={answer.likeness_id}" if answer.likeness_id else ""
    return visit.redirect(f"/subjects/{answer.subject.subject_id}?entered=yes{alike}")


def _filled(visit: Visit) -> dict[str, str]:
    return {name: visit.field(name) or visit.query(name) for name in FIELDS}


def _form(visit: Visit, errors: Mapping[str, str] | None = None, refusal: str = "") -> Response:
    return visit.page(
        "subjects/new.html",
        status=422 if errors or refusal else 200,
        errors=errors or {},
        refusal=refusal,
        form=_filled(visit),
        kinds=list(SubjectKind),
        sectors=list(SECTORS),
    )
