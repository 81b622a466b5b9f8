"""The subject's own reply beside an adverse record: written by it, reviewed by the bureau."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from plumbing.client import Refusal, ask
from plumbing.identity import Role
from protos.registry.v1 import publication_pb2 as pb
from services.portal.pages.forms import told
from services.portal.pages.tasks import Task
from services.portal.visit import Visit
from services.portal.wording import N_

STATES = {
    "waiting": N_("待审查"),
    "released": N_("已在记录旁公开"),
    "withheld": N_("不予公开"),
    "withdrawn": N_("已撤回"),
}
KINDS = {
    "id_number": N_("身份证件号码"),
    "telephone": N_("电话号码"),
    "name": N_("个人姓名"),
}


async def own(visit: Visit) -> Response:
    """Shows the firm its reply to a record; its forms write, replace and withdraw it."""
    if visit.request.method == "GET":
        return await _page(visit, "operator/reply.html", done=visit.query("done"))
    withdrawing = visit.field("act") == "withdraw"
    if not withdrawing and not visit.field("reply"):
        errors = {"reply": visit.say(N_("请写明说明的内容"))}
        return await _page(visit, "operator/reply.html", 422, errors=errors)
    try:
        await (_withdraw(visit) if withdrawing else _write(visit))
    except Refusal as refusal:
        return await _page(visit, "operator/reply.html", 422, **told(visit, refusal))
    done = "withdrawn" if withdrawing else "written"
    return visit.redirect(f"/records/{visit.path('record_id')}/reply?done={done}")


async def _write(visit: Visit) -> None:
    request = pb.WriteReplyRequest(
        request_id=visit.request_id(),
        record_id=visit.path("record_id"),
        version=int(visit.field("version") or 1),
        reply=visit.field("reply"),
    )
    await ask(visit.services.publication.WriteReply(request))


async def _withdraw(visit: Visit) -> None:
    request = pb.WithdrawReplyRequest(
        request_id=visit.request_id(), record_id=visit.path("record_id")
    )
    await ask(visit.services.publication.WithdrawReply(request))


async def review(visit: Visit) -> Response:
    """Shows a reply of a subject; its form releases or withholds it."""
    if visit.request.method == "GET":
        return await _page(visit, "publication/reply.html")
    errors = _faults(visit)
    if errors:
        return await _page(visit, "publication/reply.html", 422, errors=errors)
    request = pb.ReviewReplyRequest(
        request_id=visit.request_id(),
        record_id=visit.path("record_id"),
        revision=int(visit.field("revision") or 1),
        release=visit.field("decision") == "release",
        released_text=visit.field("released_text"),
        reasons=visit.field("reasons"),
        despite_found=visit.field("despite_found") == "yes",
    )
    try:
        await ask(visit.services.publication.ReviewReply(request))
    except Refusal as refusal:
        return await _page(visit, "publication/reply.html", 422, **told(visit, refusal))
    return visit.redirect(f"/publication/{visit.path('record_id')}?replied=yes")


def _faults(visit: Visit) -> dict[str, str]:
    errors = {}
    decision = visit.field("decision")
    if decision not in ("release", "withhold"):
        errors["decision"] = visit.say(N_("请选择可否公开"))
    elif decision == "withhold" and not visit.field("reasons"):
        errors["reasons"] = visit.say(N_("不予公开的，请写明理由"))
    return errors


async def _page(visit: Visit, template: str, status: int = 200, **values: Any) -> Response:
    request = pb.GetPublicationRequest(record_id=visit.path("record_id"))
    found = (await ask(visit.services.publication.GetPublication(request))).publication
    return visit.page(
        template,
        status=status,
        one=found,
        state=visit.say(STATES[found.reply.state]) if found.HasField("reply") else "",
        kinds={kind: visit.say(text) for kind, text in KINDS.items()},
        form=visit.form,
        **values,
    )


async def tasks(visit: Visit) -> list[Task]:
    """Returns one task if replies await a review by the visitor."""
    if not visit.has(Role.CASEWORKER, Role.UNIT_HEAD):
        return []
    request = pb.ListPublicationsRequest(reply_waiting=True, page_size=200)
    answer = await ask(visit.services.publication.ListPublications(request))
    waiting = sum(one.may_review for one in answer.publications)
    if not waiting:
        return []
    sentence = visit.say(N_("审查主体对失信信息的说明：{n} 条"))
    return [Task(sentence.format(n=waiting), "/publication?reply=yes", "", (1, ""))]
