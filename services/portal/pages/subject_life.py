"""The life of a subject: what became of it, and the acts by which a caseworker goes on with it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from plumbing.client import Refusal, ask
from plumbing.identity import Role
from protos.registry.v1 import lives_pb2 as pb
from protos.registry.v1 import registry_pb2 as registry
from services.portal.pages.forms import NOT_A_DAY, is_day, told
from services.portal.pages.reading import subject, today
from services.portal.visit import Visit
from services.portal.wording import N_

ACTS = {
    "split": N_("分立"),
    "recoded": N_("变更统一社会信用代码"),
    "deregistered": N_("注销"),
    "reinstated": N_("恢复登记"),
    "joined": N_("合并"),
    "parted": N_("撤销合并"),
}
_OFFERED = {
    "recode": N_("变更统一社会信用代码"),
    "deregister": N_("申请注销"),
    "reinstate": N_("恢复登记"),
    "part": N_("申请撤销合并"),
}
_DONE = {
    "recode": N_("代码已变更，原代码仍可查到该主体。"),
    "reinstate": N_("已恢复登记。"),
}


@dataclass(frozen=True)
class Told:
    """One act as the page shows it; `may_be_undone` is a joining that stands."""

    act: pb.SubjectAct
    name: str
    other_id: str
    may_be_undone: bool


async def life(visit: Visit) -> Response:
    """Shows the acts of a subject's life; its forms carry out the next one."""
    firm = await subject(visit, visit.path("subject_id"))
    if visit.request.method == "GET":
        return await _page(visit, firm)
    act = visit.field("act")
    if not visit.has(Role.CASEWORKER) or act not in _FORMS:
        return await _page(visit, firm, 422, errors={"act": visit.say(N_("请选择要做什么"))})
    errors = _faults(visit, act)
    if errors:
        return await _page(visit, firm, 422, errors=errors)
    try:
        proposal_id = await _FORMS[act](visit, firm)
    except Refusal as refusal:
        return await _page(visit, firm, 422, **told(visit, refusal))
    if proposal_id:
        return visit.redirect(f"/proposals/{proposal_id}")
    return visit.redirect(f"/subjects/{firm.subject_id}/life?done={act}")


def _faults(visit: Visit, act: str) -> dict[str, str]:
    errors = {}
    if not visit.field("ground"):
        errors["ground"] = visit.say(N_("请写明依据"))
    if act == "recode" and not visit.field("credit_code"):
        errors["credit_code"] = visit.say(N_("请填写变更后的统一社会信用代码"))
    needs_day = act == "deregister" or (act == "recode" and visit.field("on"))
    if needs_day and not is_day(visit.field("on")):
        errors["on"] = visit.say(NOT_A_DAY)
    return errors


def _given(visit: Visit, firm: registry.Subject) -> dict[str, Any]:
    return {
        "request_id": visit.request_id(),
        "subject_id": firm.subject_id,
        "version": visit.whole("version") or firm.version,
        "ground": visit.field("ground"),
    }


async def _recode(visit: Visit, firm: registry.Subject) -> str:
    request = pb.ChangeCreditCodeRequest(
        **_given(visit, firm),
        credit_code=visit.field("credit_code").upper(),
        code_ground=visit.field("code_ground"),
        on=visit.field("on"),
    )
    await ask(visit.services.lives.ChangeCreditCode(request))
    return ""


async def _deregister(visit: Visit, firm: registry.Subject) -> str:
    request = pb.DeregisterSubjectRequest(**_given(visit, firm), on=visit.field("on"))
    answer = await ask(visit.services.lives.DeregisterSubject(request))
    return str(answer.proposal.proposal_id)


async def _reinstate(visit: Visit, firm: registry.Subject) -> str:
    request = pb.ReinstateSubjectRequest(**_given(visit, firm))
    await ask(visit.services.lives.ReinstateSubject(request))
    return ""


async def _part(visit: Visit, _firm: registry.Subject) -> str:
    request = pb.PartSubjectsRequest(
        request_id=visit.request_id(),
        act_id=visit.field("act_id")[:64] or "-",
        ground=visit.field("ground"),
    )
    answer = await ask(visit.services.lives.PartSubjects(request))
    return str(answer.proposal.proposal_id)


_FORMS: Mapping[str, Callable[[Visit, registry.Subject], Awaitable[str]]] = {
    "recode": _recode,
    "deregister": _deregister,
    "reinstate": _reinstate,
    "part": _part,
}


async def acts_of(visit: Visit, firm: registry.Subject) -> list[Told]:
    """Reads the acts of a subject's life, the latest first."""
    request = pb.ListSubjectActsRequest(subject_id=firm.subject_id, page_size=200)
    answer = await ask(visit.services.lives.ListSubjectActs(request))
    return [_told(visit, firm, one) for one in answer.acts]


def _told(visit: Visit, firm: registry.Subject, one: pb.SubjectAct) -> Told:
    is_own = one.subject_id == firm.subject_id
    joined = one.act == "joined" and is_own and not one.HasField("undone_at")
    other = one.other_id if is_own else one.subject_id
    return Told(one, visit.say(ACTS[one.act]), "" if joined else other, joined)


async def _page(visit: Visit, firm: registry.Subject, status: int = 200, **values: Any) -> Response:
    acts, day = await asyncio.gather(acts_of(visit, firm), today(visit))
    act = visit.field("act") if visit.form else visit.query("act")
    may_act = visit.has(Role.CASEWORKER)
    return visit.page(
        "subjects/life.html",
        status=status,
        firm=firm,
        acts=acts,
        today=day,
        form=visit.form or {},
        act=act if may_act and act in _FORMS else "",
        act_id=(visit.field("act_id") if visit.form else visit.query("act_id"))[:64],
        acts_offered={name: visit.say(text) for name, text in _OFFERED.items()},
        may_act=may_act,
        done=visit.say(_DONE[visit.just_done("done")]) if visit.just_done("done") in _DONE else "",
        **values,
    )
