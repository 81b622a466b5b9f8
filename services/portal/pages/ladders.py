"""The figures of follow-ups that bureaus set: an administrator proposes, another one approves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.responses import Response

from plumbing.client import Refusal, ask
from plumbing.identity import Role
from protos.alerts.v1 import ladders_pb2 as pb
from services.portal.pages.forms import NOT_A_DAY, is_day, told
from services.portal.pages.reading import account_names, bureau_names
from services.portal.visit import Visit, whole_number
from services.portal.wording import N_

PATH = "/ladders"
STATES = {
    "proposed": N_("待批准"),
    "approved": N_("已批准"),
    "discarded": N_("已作废"),
}
FIGURES = {
    "reminder_days": N_("提出提醒前"),
    "guidance_letter_days": N_("提出行政指导建议书前"),
    "measures_days": N_("提出监管措施告知前"),
    "interview_days": N_("提出约谈前"),
    "exposure_days": N_("提出曝光前"),
    "review_days": N_("不批准或者暂缓以后，通常隔多久再提出"),
    "review_at_most_days": N_("可以指定的日期最远隔多久"),
    "undertaking_remind_days": N_("承诺期限届满前多久提醒主体"),
}
_MOST = 366


async def page(visit: Visit) -> Response:
    """Shows the figures of bureaus; its forms propose, approve or discard some."""
    if visit.request.method == "GET":
        return await _page(visit)
    act = _ACTS.get(visit.field("act"))
    errors = await act(visit) if act else {}
    if errors:
        return await _page(visit, 422, **errors)
    return visit.redirect(f"{PATH}?done={visit.field('act')}")


async def _propose(visit: Visit) -> dict[str, Any]:
    days = {name: visit.field(name) for name in FIGURES}
    errors = {
        name: visit.say(N_("请写 1 至 366 的整数"))
        for name, text in days.items()
        if not (whole_number(text) and 1 <= int(text) <= _MOST)
    }
    if not is_day(visit.field("valid_from")):
        errors["valid_from"] = visit.say(NOT_A_DAY)
    if not visit.field("bureau"):
        errors["bureau"] = visit.say(N_("请选择机关"))
    if not visit.field("ground"):
        errors["ground"] = visit.say(N_("请写明依据"))
    if errors:
        return {"errors": errors}
    request = pb.ProposeLadderRequest(
        request_id=visit.request_id(),
        bureau=visit.field("bureau"),
        figures=pb.LadderFigures(**{name: int(text) for name, text in days.items()}),
        valid_from=visit.field("valid_from"),
        ground=visit.field("ground"),
    )
    return await _refused(visit, visit.services.ladders.ProposeLadder(request))


async def _approve(visit: Visit) -> dict[str, Any]:
    request = pb.ApproveLadderRequest(
        request_id=visit.request_id(), ladder_id=visit.field("ladder_id")
    )
    return await _refused(visit, visit.services.ladders.ApproveLadder(request))


async def _discard(visit: Visit) -> dict[str, Any]:
    if not visit.field("reasons"):
        return {"errors": {"reasons": visit.say(N_("请写明作废的理由"))}}
    request = pb.DiscardLadderRequest(
        request_id=visit.request_id(),
        ladder_id=visit.field("ladder_id"),
        reasons=visit.field("reasons"),
    )
    return await _refused(visit, visit.services.ladders.DiscardLadder(request))


async def _refused(visit: Visit, call: Any) -> dict[str, Any]:
    """Makes a call; returns what the page shows if it was refused, else nothing."""
    try:
        await ask(call)
    except Refusal as refusal:
        shown = told(visit, refusal)
        of_figures = {name.removeprefix("figures."): text for name, text in shown["errors"].items()}
        return {**shown, "errors": of_figures}
    return {}


_ACTS: dict[str, Callable[[Visit], Any]] = {
    "propose": _propose,
    "approve": _approve,
    "discard": _discard,
}


async def _page(visit: Visit, status: int = 200, **values: Any) -> Response:
    request = pb.ListLaddersRequest(page_token=visit.query("page"))
    answer = await ask(visit.services.ladders.ListLadders(request))
    acted = (account for one in answer.ladders for account in (one.proposed_by, one.decided_by))
    return visit.page(
        "administration/ladders.html",
        status=status,
        ladders=answer.ladders,
        examples=answer.examples,
        more=answer.next_page_token,
        figures={name: visit.say(text) for name, text in FIGURES.items()},
        states={code: visit.say(text) for code, text in STATES.items()},
        people=await account_names(visit, acted),
        bureaus=await bureau_names(visit),
        own=visit.person.account_id,
        sets=visit.has(Role.ADMINISTRATOR),
        done=visit.just_done("done"),
        form=visit.form or {},
        **{"errors": {}, "refusal": None, **values},
    )
