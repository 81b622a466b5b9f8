"""Recusal: asked for and decided, and who was asked to stand back on the page of the case."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc
from starlette.responses import Response

from law.errors import NotFound
from law.separation import recusal
from plumbing.client import Refusal, ask
from plumbing.identity import Role
from protos.objection.v1 import objection_pb2 as pb
from services.portal.pages.forms import told
from services.portal.pages.reading import account_names, subject
from services.portal.pages.tasks import Task
from services.portal.visit import Visit
from services.portal.wording import N_

MAY_ASK = (Role.OPERATOR, Role.CASEWORKER, Role.UNIT_HEAD, Role.MUNICIPAL_REVIEWER)
_TO_ASK = {
    "person": N_("请选择申请谁回避"),
    "ground": N_("请选择回避的理由"),
    "reasons": N_("请写明具体情况"),
}
_TO_DECIDE = {"answer": N_("请选择回避或者不予回避"), "reasons": N_("请写明决定的理由")}
NOBODY = "nobody"


async def tasks(visit: Visit) -> list[Task]:
    """Returns a task for each request for recusal that the visitor's bureau, or one below, has."""
    if not visit.has(Role.UNIT_HEAD):
        return []
    answer = await ask(visit.services.objection.ListRecusals(pb.ListRecusalsRequest()))
    sentence = visit.say(N_("决定 {name} 在 {number} 一案中是否回避"))
    return [
        Task(
            sentence.format(name=one.name, number=one.number),
            f"/cases/{one.case_id}/recusals/{one.recusal_id}",
            "",
            (0, ""),
        )
        for one in answer.recusals
        if one.person != visit.person.account_id
    ]


async def of_case(visit: Visit, case: pb.Case) -> pb.ListRecusalsResponse | None:
    """Returns the requests for recusal in a case; None for a visitor to whom they are not shown.

    Raises Refusal for any other reason than that the visitor may not see them.
    """
    if not visit.has(*MAY_ASK):
        return None
    request = pb.ListRecusalsRequest(case_id=case.case_id)
    try:
        return await ask(visit.services.objection.ListRecusals(request))
    except Refusal as refusal:
        if refusal.code is not grpc.StatusCode.PERMISSION_DENIED:
            raise
        return None  # the page of the case is shown all the same


def standing_back(asked: pb.ListRecusalsResponse | None) -> set[str]:
    """Returns the accounts of which it was decided that they stand back from a case."""
    return {one.person for one in asked.recusals if one.answer == "approved"} if asked else set()


async def ask_recusal(visit: Visit) -> Response:
    """Asks that somebody stands back from a case: an applicant of others, staff of themselves."""
    if visit.request.method == "GET":
        return await _ask_form(visit)
    own = "" if visit.has(Role.OPERATOR) else visit.person.account_id
    needed = {name: text for name, text in _TO_ASK.items() if not (own and name == "person")}
    if errors := _missing(visit, needed):
        return await _ask_form(visit, 422, errors=errors)
    request = pb.AskRecusalRequest(
        request_id=visit.request_id(),
        case_id=visit.path("case_id"),
        person=own or visit.field("person"),
        ground=visit.field("ground"),
        reasons=visit.field("reasons"),
    )
    try:
        await ask(visit.services.objection.AskRecusal(request))
    except Refusal as refusal:
        return await _ask_form(visit, 422, **told(visit, refusal))
    return visit.redirect(f"/cases/{visit.path('case_id')}")


async def _ask_form(visit: Visit, status: int = 200, **values: Any) -> Response:
    case, listed = await _read(visit)
    people = [(one.account_id, _called(visit, one)) for one in listed.may_be_asked]
    values |= {"people": people, "grounds": _grounds(visit)}
    return await _page(visit, "cases/ask_recusal.html", case, status, **values)


async def decide_recusal(visit: Visit) -> Response:
    """Decides, as unit head, whether somebody stands back from a case, and who takes it on."""
    if visit.request.method == "GET":
        return await _decide_form(visit)
    if errors := _missing(visit, _TO_DECIDE):
        return await _decide_form(visit, 422, errors=errors)
    approve, successor = visit.field("answer") == "approve", visit.field("successor")
    request = pb.DecideRecusalRequest(
        request_id=visit.request_id(),
        recusal_id=visit.path("recusal_id"),
        approve=approve,
        reasons=visit.field("reasons"),
        successor=successor if approve and successor != NOBODY else "",
    )
    try:
        await ask(visit.services.objection.DecideRecusal(request))
    except Refusal as refusal:
        return await _decide_form(visit, 422, **told(visit, refusal))
    return visit.redirect(f"/cases/{visit.path('case_id')}")


async def _decide_form(visit: Visit, status: int = 200, **values: Any) -> Response:
    case, listed = await _read(visit)
    wanted = visit.path("recusal_id")
    one = next((one for one in listed.recusals if one.recusal_id == wanted), None)
    if one is None:
        raise NotFound("没有这项回避申请", "There is no such request for recusal")
    names = await account_names(visit, [one.asked_by])
    others = [
        (person.account_id, person.name)
        for person in listed.successors
        if person.account_id != one.person
    ]
    others.append((NOBODY, visit.say(N_("不指定，由本机关其他人员接手"))))
    grounds = dict(_grounds(visit))
    return await _page(
        visit, "cases/decide_recusal.html", case, status,
        one=one, asked_by=names.get(one.asked_by, ""), ground=grounds[one.ground], others=others,
        **values,
    )  # fmt: skip


async def _read(visit: Visit) -> tuple[pb.Case, pb.ListRecusalsResponse]:
    case_id, objection = visit.path("case_id"), visit.services.objection
    answer, listed = await asyncio.gather(
        ask(objection.GetCase(pb.GetCaseRequest(case_id=case_id))),
        ask(objection.ListRecusals(pb.ListRecusalsRequest(case_id=case_id))),
    )
    return answer.case, listed


async def _page(visit: Visit, template: str, case: pb.Case, status: int, **values: Any) -> Response:
    firm = await subject(visit, case.subject_id)
    values |= {"case": case, "firm": firm, "form": visit.form, "cite": recusal().cite}
    return visit.page(template, status=status, **values)


def _missing(visit: Visit, needed: dict[str, str]) -> dict[str, str]:
    return {name: visit.say(text) for name, text in needed.items() if not visit.field(name)}


def _grounds(visit: Visit) -> list[tuple[str, str]]:
    chinese = visit.words.lang == "zh"
    return [(one.ground.value, one.zh if chinese else one.en) for one in recusal().grounds]


def _called(visit: Visit, person: pb.Hearer) -> str:
    role = Role.UNIT_HEAD if person.is_head else Role.CASEWORKER
    return (
        visit.words.with_note(person.name, visit.words.role(role))
        if person.is_head
        else person.name
    )
