"""A later mandate of the agent of a case: sent by the agent, checked by whoever hears the case."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from law.errors import NotFound
from plumbing.client import Refusal, ask
from plumbing.identity import Role
from protos.objection.v1 import evidence_pb2 as evidence
from protos.objection.v1 import objection_pb2 as pb
from services.portal.pages.agent_objection import NO_MANDATE, SCOPES
from services.portal.pages.case_powers import is_heard_by
from services.portal.pages.evidence_choice import chosen_file, send
from services.portal.pages.forms import NOT_A_DAY, is_day, told
from services.portal.pages.tasks import Task
from services.portal.visit import Visit
from services.portal.wording import N_

MOST_TASKS = 30
_NEEDED = {
    "agent_name": N_("请写明代理人的姓名或者名称，与委托书一致"),
    "scope": N_("请选择委托事项"),
    "until": N_("请写明委托书的最后一日"),
}
# The fields of the form by those of the request.
_FIELDS = {"evidence_ids": "file", "mandate": "file"}


async def tasks(visit: Visit) -> list[Task]:
    """Returns a task for each later mandate that the visitor's bureau is to check."""
    if not visit.has(Role.CASEWORKER, Role.MUNICIPAL_REVIEWER):
        return []
    request = pb.ListCasesRequest(
        mandate_to_check=True, bureau=visit.person.bureau, page_size=MOST_TASKS
    )
    answer = await ask(visit.services.objection.ListCases(request))
    sentence = visit.say(N_("核对 {number} 的代理人提交的新委托书"))
    return [
        Task(
            sentence.format(number=case.number),
            f"/cases/{case.case_id}/mandate/check",
            "",
            (0, case.agent.renewal.sent_on),
        )
        for case in answer.cases
        if is_heard_by(visit, case)
    ]


async def renew(visit: Visit) -> Response:
    """Shows the agent of a case its mandate with the form for a later one, or sends that."""
    case = await _case(visit)
    if visit.person.subject_id != case.agent.subject_id:
        raise NotFound("您不是这个案件的代理人", "You are not the agent of this case")
    if visit.request.method == "GET":
        return _form(visit, case, "")
    mandate, errors = visit.field("mandate"), _faults(visit)
    if (file := chosen_file(visit)) is not None:
        taken = await send(visit, file, subject_id=visit.person.subject_id)
        if isinstance(taken, evidence.Evidence):
            mandate = taken.evidence_id
        else:
            errors |= taken
    elif not mandate:
        errors["file"] = visit.say(NO_MANDATE)
    if errors:
        return _form(visit, case, mandate, 422, errors=errors)
    request = pb.RenewMandateRequest(
        request_id=visit.request_id(),
        case_id=case.case_id,
        mandate=pb.Mandate(
            agent_name=visit.field("agent_name"),
            mandate_id=mandate,
            scope=visit.fields("scope"),
            until=visit.field("until"),
        ),
    )
    try:
        await ask(visit.services.objection.RenewMandate(request))
    except Refusal as refusal:
        found = told(visit, refusal)
        found["errors"] = {_FIELDS.get(name, name): v for name, v in found["errors"].items()}
        return _form(visit, case, mandate, 422, **found)
    return visit.redirect(f"/cases/{case.case_id}/mandate?sent=yes")


async def check(visit: Visit) -> Response:
    """Shows a later mandate to whoever hears the case, or records what its check found."""
    case = await _case(visit)
    if not case.agent.HasField("renewal"):
        raise NotFound("没有待核对的委托书", "No mandate waits to be checked")
    if visit.request.method == "GET":
        return _checking(visit, case)
    approve, reasons = visit.field("answer") == "approve", visit.field("reasons")
    errors = {}
    if visit.field("answer") not in ("approve", "refuse"):
        errors["answer"] = visit.say(N_("请选择采用或者不予采用"))
    elif not approve and not reasons:
        errors["reasons"] = visit.say(N_("请写明不予采用的理由"))
    if errors:
        return _checking(visit, case, 422, errors=errors)
    request = pb.CheckMandateRequest(
        request_id=visit.request_id(),
        case_id=case.case_id,
        mandate_id=visit.field("mandate"),
        approve=approve,
        reasons=reasons,
    )
    try:
        await ask(visit.services.objection.CheckMandate(request))
    except Refusal as refusal:
        return _checking(visit, case, 422, **told(visit, refusal))
    return visit.redirect(f"/cases/{case.case_id}")


async def _case(visit: Visit) -> pb.Case:
    request = pb.GetCaseRequest(case_id=visit.path("case_id"))
    case = (await ask(visit.services.objection.GetCase(request))).case
    if not case.HasField("agent"):
        raise NotFound("这个案件没有代理人", "This case has no agent")
    return case


def _faults(visit: Visit) -> dict[str, str]:
    faults = {name: visit.say(text) for name, text in _NEEDED.items() if not visit.field(name)}
    if visit.field("until") and not is_day(visit.field("until")):
        faults["until"] = visit.say(NOT_A_DAY)
    return faults


def _form(visit: Visit, case: pb.Case, mandate: str, status: int = 200, **values: Any) -> Response:
    form = visit.form or {"agent_name": case.agent.name}
    given: dict[str, Any] = {"errors": {}, "refusal": "", **values}
    return visit.page(
        "cases/later_mandate.html",
        status=status,
        case=case,
        form=form,
        mandate=mandate,
        offered=[(one, visit.say(text)) for one, text in SCOPES.items()],
        scope=visit.fields("scope") if visit.form else list(case.agent.scope),
        sent=visit.just_done("sent") == "yes",
        **given,
    )


def _checking(visit: Visit, case: pb.Case, status: int = 200, **values: Any) -> Response:
    given: dict[str, Any] = {"errors": {}, "refusal": "", **values}
    scopes = [visit.say(SCOPES[one]) for one in case.agent.renewal.scope]
    return visit.page(
        "cases/check_mandate.html",
        status=status,
        case=case,
        one=case.agent.renewal,
        scopes=scopes,
        form=visit.form or {},
        **given,
    )
