"""The words of bureaus around notices and letters: an administrator proposes, another approves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.responses import Response

from plumbing.client import Refusal, ask
from plumbing.identity import Role
from protos.alerts.v1 import templates_pb2 as pb
from services.portal.pages.forms import told
from services.portal.pages.ladders import STATES
from services.portal.pages.reading import account_names, bureau_names
from services.portal.visit import Visit
from services.portal.wording import N_

PATH = "/templates"
KINDS = {
    "digest": N_("预警汇总"),
    "rejected": N_("检定不合格"),
    "adverse_record": N_("失信信息告知"),
    "grade_fell": N_("等级下降告知"),
    "order": N_("检定申请"),
    "result": N_("检定结果和证书"),
    "calibration": N_("校准"),
    "ending": N_("许可、授权和资格到期"),
    "filing": N_("器具备案"),
    "escalation": N_("督促的其他通知（终结、承诺将到期、移出名单）"),
    "reminder": N_("提醒"),
    "guidance_letter": N_("行政指导建议书"),
    "measures": N_("监管措施告知"),
    "interview": N_("约谈通知"),
    "minutes": N_("约谈笔录"),
    "exposure": N_("公开曝光告知"),
}


async def page(visit: Visit) -> Response:
    """Shows the templates of bureaus; its forms preview, propose, approve or discard one."""
    if visit.request.method == "GET":
        return await _page(visit)
    act = visit.field("act")
    if errors := _lacking(visit):
        return await _page(visit, 422, errors=errors)
    try:
        if act == "preview":
            return await _page(visit, preview=await _preview(visit))
        if act in _ACTS:
            await _ACTS[act](visit)
    except Refusal as refusal:
        return await _page(visit, 422, **told(visit, refusal))
    return visit.redirect(f"{PATH}?done={act}")


def _lacking(visit: Visit) -> dict[str, str]:
    """What a form lacks, by field."""
    act, errors = visit.field("act"), {}
    if act in ("preview", "propose"):
        if not visit.field("bureau"):
            errors["bureau"] = visit.say(N_("请选择机关"))
        if visit.field("kind") not in KINDS:
            errors["kind"] = visit.say(N_("请选择哪一种文字"))
    if act == "propose" and not visit.field("ground"):
        errors["ground"] = visit.say(N_("请写明依据"))
    if act == "discard" and not visit.field("reasons"):
        errors["reasons"] = visit.say(N_("请写明作废的理由"))
    return errors


async def _preview(visit: Visit) -> pb.PreviewTemplateResponse:
    names = ("bureau", "kind", "words", "words_en")
    request = pb.PreviewTemplateRequest(**{name: visit.field(name) for name in names})
    return await ask(visit.services.templates.PreviewTemplate(request))


async def _propose(visit: Visit) -> None:
    names = ("bureau", "kind", "words", "words_en", "ground")
    written = {name: visit.field(name) for name in names}
    request = pb.ProposeTemplateRequest(request_id=visit.request_id(), **written)
    await ask(visit.services.templates.ProposeTemplate(request))


async def _approve(visit: Visit) -> None:
    request = pb.ApproveTemplateRequest(
        request_id=visit.request_id(), template_id=visit.field("template_id")
    )
    await ask(visit.services.templates.ApproveTemplate(request))


async def _discard(visit: Visit) -> None:
    request = pb.DiscardTemplateRequest(
        request_id=visit.request_id(),
        template_id=visit.field("template_id"),
        reasons=visit.field("reasons"),
    )
    await ask(visit.services.templates.DiscardTemplate(request))


_ACTS: dict[str, Callable[[Visit], Awaitable[None]]] = {
    "propose": _propose,
    "approve": _approve,
    "discard": _discard,
}


async def _page(visit: Visit, status: int = 200, **values: Any) -> Response:
    request = pb.ListTemplatesRequest(page_token=visit.query("page"))
    answer = await ask(visit.services.templates.ListTemplates(request))
    acted = (account for one in answer.templates for account in (one.proposed_by, one.decided_by))
    return visit.page(
        "administration/templates.html",
        status=status,
        templates=answer.templates,
        more=answer.next_page_token,
        kinds={code: visit.say(text) for code, text in KINDS.items()},
        states={code: visit.say(text) for code, text in STATES.items()},
        people=await account_names(visit, acted),
        bureaus=await bureau_names(visit),
        own=visit.person.account_id,
        sets=visit.has(Role.ADMINISTRATOR),
        done=visit.just_done("done"),
        form=visit.form or {},
        **{"errors": {}, "refusal": None, "preview": None, **values},
    )
