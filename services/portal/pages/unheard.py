"""Cases that nobody of their bureau may hear: on the home page, the page of a case, handed over."""

from __future__ import annotations

from typing import Any

import grpc
from starlette.responses import Response

from law.objection import OBJECTION_CITE, CaseKind
from plumbing.client import Refusal, ask
from plumbing.identity import Role
from protos.objection.v1 import objection_pb2 as pb
from services.portal.pages.forms import told
from services.portal.pages.reading import bureau_names, subject
from services.portal.pages.tasks import Task
from services.portal.visit import Visit
from services.portal.wording import N_

_SEES = (Role.CASEWORKER, Role.UNIT_HEAD, Role.MUNICIPAL_REVIEWER)


async def tasks(visit: Visit) -> list[Task]:
    """Returns a task for each case that nobody of its bureau may hear, to unit head and city."""
    if not visit.has(Role.UNIT_HEAD, Role.MUNICIPAL_REVIEWER):
        return []
    answer = await ask(visit.services.objection.ListUnheardCases(pb.ListUnheardCasesRequest()))
    sentence = visit.say(N_("没有人可以办理，须移交或者增派人员：{number}"))
    return [
        Task(sentence.format(number=one.case.number), f"/cases/{one.case.case_id}", "", (0, ""))
        for one in answer.cases
    ]


async def unheard(visit: Visit, case: pb.Case) -> pb.UnheardCase | None:
    """Returns why nobody of its bureau may hear a case; None if somebody may.

    None as well for a visitor who may not see it; raises Refusal for any other reason.
    """
    if case.kind == CaseKind.REPAIR or not visit.has(*_SEES):
        return None
    request = pb.ListUnheardCasesRequest(case_id=case.case_id)
    try:
        answer = await ask(visit.services.objection.ListUnheardCases(request))
    except Refusal as refusal:
        if refusal.code is not grpc.StatusCode.PERMISSION_DENIED:
            raise
        return None  # the page of the case is shown all the same
    return answer.cases[0] if answer.cases else None


async def hand_over(visit: Visit) -> Response:
    """Hands a case that nobody of its bureau may hear to a bureau above it."""
    if visit.request.method == "GET":
        return await _form(visit)
    errors = {
        name: visit.say(text)
        for name, text in (
            ("bureau", N_("请选择移交给哪个机关")),
            ("reasons", N_("请写明移交的理由")),
        )
        if not visit.field(name)
    }
    if errors:
        return await _form(visit, 422, errors=errors)
    request = pb.HandOverCaseRequest(
        request_id=visit.request_id(),
        case_id=visit.path("case_id"),
        bureau=visit.field("bureau"),
        reasons=visit.field("reasons"),
    )
    try:
        await ask(visit.services.objection.HandOverCase(request))
    except Refusal as refusal:
        return await _form(visit, 422, **told(visit, refusal))
    return visit.redirect(f"/cases/{visit.path('case_id')}")


async def _form(visit: Visit, status: int = 200, **values: Any) -> Response:
    asked = pb.GetCaseRequest(case_id=visit.path("case_id"))
    case = (await ask(visit.services.objection.GetCase(asked))).case
    nobody, bureaus = await unheard(visit, case), await bureau_names(visit)
    offered = [(code, bureaus.get(code, code)) for code in (nobody.hand_over_to if nobody else ())]
    return visit.page(
        "cases/hand_over.html",
        status=status,
        case=case,
        firm=await subject(visit, case.subject_id),
        nobody=nobody,
        offered=offered,
        cite=OBJECTION_CITE,
        form=visit.form,
        **values,
    )
