"""The page on which an agent lodges an objection for another firm, with the firm's mandate.

The agent names the firm by its credit code, and what is contested by the number that the firm sees
on its own pages and has told it: an agent sees nothing of the firm but the cases it has lodged.
"""

from __future__ import annotations

import grpc
from starlette.responses import Response

from law.contested import TARGET_ZH, Target
from plumbing.client import Refusal, ask
from protos.objection.v1 import evidence_pb2 as evidence
from protos.objection.v1 import objection_pb2 as pb
from services.portal.pages.evidence_choice import chosen_file, send
from services.portal.pages.forms import NOT_A_DAY, is_day
from services.portal.visit import Visit, faults_by_field, last_name, message_of
from services.portal.wording import N_

_NEEDED = {
    "firm": N_("请写明委托单位的统一社会信用代码"),
    "target": N_("请选择对什么提出异议"),
    "grounds": N_("请写明哪里有误、事实是什么，例如：铭牌上的出厂编号是 1007"),
    "agent_name": N_("请写明代理人的姓名或者名称，与委托书一致"),
    "scope": N_("请选择委托事项"),
    "until": N_("请写明委托书的最后一日"),
}
SCOPES = {"objection": N_("异议"), "reconsideration": N_("复核")}
NO_MANDATE = N_("请上传委托书")
_NO_NUMBER = N_("请写明平台编号，委托单位登录后可以看到")
# The fields of the form by those of the request.
_FIELDS = {"subject_id": "firm", "against": "id", "record_ids": "id", "evidence_ids": "file"}
_OF_THE_FORM = (
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.ALREADY_EXISTS,
    grpc.StatusCode.NOT_FOUND,
)


async def lodge(visit: Visit) -> Response:
    """Shows the form, checks it and what is to be sent, or lodges the objection."""
    if visit.request.method == "GET" or visit.field("step") == "again":
        return _form(visit, visit.field("mandate"))
    mandate, errors = visit.field("mandate"), _faults(visit)
    file = chosen_file(visit)
    if file is not None:
        taken = await send(visit, file, subject_id=visit.person.subject_id)
        if isinstance(taken, evidence.Evidence):
            mandate = taken.evidence_id
        else:
            errors |= taken
    elif not mandate:
        errors["file"] = visit.say(NO_MANDATE)
    if errors:
        return _form(visit, mandate, errors)
    return await _send(visit, mandate)


def _faults(visit: Visit) -> dict[str, str]:
    faults = {name: visit.say(text) for name, text in _NEEDED.items() if not visit.field(name)}
    if not visit.field("id") and visit.field("target") != Target.SUBJECT:
        faults["id"] = visit.say(_NO_NUMBER)
    if visit.field("until") and not is_day(visit.field("until")):
        faults["until"] = visit.say(NOT_A_DAY)
    return faults


def _form(
    visit: Visit, mandate: str, errors: dict[str, str] | None = None, refusal: str = ""
) -> Response:
    return _page(visit, "objections/agent.html", mandate, errors, refusal)


def _page(
    visit: Visit,
    template: str,
    mandate: str,
    errors: dict[str, str] | None = None,
    refusal: str = "",
) -> Response:
    targets = {one.value: visit.say(TARGET_ZH[one]) for one in Target}
    return visit.page(
        template,
        status=422 if errors or refusal else 200,
        form=visit.form,
        mandate=mandate,
        targets=list(targets.items()),
        target=targets.get(visit.field("target"), ""),
        offered=[(one, visit.say(text)) for one, text in SCOPES.items()],
        scope=visit.fields("scope"),
        scopes=[visit.say(text) for one, text in SCOPES.items() if one in visit.fields("scope")],
        errors=errors or {},
        refusal=refusal,
    )


async def _send(visit: Visit, mandate: str) -> Response:
    request = pb.LodgeObjectionRequest(
        request_id=visit.request_id(),
        subject_id=visit.field("firm"),
        against=[f"{visit.field('target')}/{visit.field('id') or visit.field('firm')}"],
        grounds=visit.field("grounds"),
        mandate=pb.Mandate(
            agent_name=visit.field("agent_name"),
            mandate_id=mandate,
            scope=visit.fields("scope"),
            until=visit.field("until"),
        ),
        check_only=visit.field("step") != "send",
    )
    try:
        answer = await ask(visit.services.objection.LodgeObjection(request))
    except Refusal as refusal:
        if refusal.code not in _OF_THE_FORM:
            raise
        told = faults_by_field(refusal, visit.language, _field_of)
        return _form(visit, mandate, told, message_of(refusal, visit.language))
    if request.check_only:
        return _page(visit, "objections/agent_check.html", mandate)
    return visit.redirect(f"/cases/{answer.case.case_id}?lodged=yes")


def _field_of(path: str) -> str:
    name = last_name(path)
    return _FIELDS.get(name, name)
