"""Pages of the webhooks of a firm or a verification institution, and of what was sent to them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from starlette.responses import Response

from plumbing.client import Refusal, ask, new_request_id
from plumbing.identity import Role
from plumbing.webhook_secrets import new_secret
from protos.alerts.v1 import webhooks_pb2 as pb
from services.portal.pages.forms import told
from services.portal.pages.platform_mail import KINDS as NOTICE_KINDS
from services.portal.pages.reading import account_names
from services.portal.sessions import COOKIE
from services.portal.visit import Visit
from services.portal.wording import N_, Tag

_Act = Callable[[Visit], Awaitable[str]]
PATH = "/webhooks"
KINDS = (
    *("digest", "rejected", "adverse_record", "grade_fell", "letter", "term", "escalation"),
    *("filing", "order", "result", "calibration", "ending", "subject", "case", "channel"),
)
# What comes to the programs of verification institutions.
OF_INSTITUTIONS = {
    "order.applied": N_("新的检定申请"),
    "order.withdrawn": N_("检定申请撤回"),
    "order.cancelled": N_("检定申请终止"),
    "order.nearly_due": N_("检定申请即将到期"),
    "order.overdue": N_("检定申请逾期"),
    "certificate_upload.nearly_due": N_("证书上传期限将至"),
    "certificate_upload.overdue": N_("证书上传逾期"),
    "environment.exceeded": N_("检定时实验室环境超出限值"),
    "institution": N_("检定机构办理"),
}
KEEPERS = (Role.OPERATOR, Role.VERIFICATION_INSTITUTION)
ENABLED = Tag(N_("正在接收"), "●", "govuk-tag--green")
WHY = {
    "person": Tag(N_("已停用"), "■", "govuk-tag--grey"),
    "gone": Tag(N_("已停用：对方程序答复不再接收"), "■", "govuk-tag--red"),
    "failing": Tag(N_("已停用：连续多日没有收下"), "■", "govuk-tag--red"),
}
STATES = {
    "pending": Tag(N_("正在发送"), "", "govuk-tag--blue"),
    "delivered": Tag(N_("已收下"), "●", "govuk-tag--green"),
    "failed": Tag(N_("没有送到"), "■", "govuk-tag--red"),
}


async def page(visit: Visit) -> Response:
    """Shows the webhooks of the visitor's firm or institution; its forms add one or change one.

    A secret is shown once, in the answer to the form that set it.
    """
    act = _ACTS.get(visit.field("act")) if visit.request.method == "POST" else None
    if act is None:
        return await _page(visit)
    if act is _add and not visit.field("url"):
        errors = {"url": visit.say(N_("请填写接收程序的网址"))}
        return await _page(visit, 422, errors=errors)
    if act not in (_add, _renew):
        return await _carry_out(visit, act)
    # A browser shows the answer to the second click only, and that has to show the same secret.
    cookie = visit.request.cookies.get(COOKIE, "")
    sent = [cookie, visit.language, *map(str, visit.form.multi_items())]
    return await visit.portal.second_clicks.answer("\n".join(sent), partial(_carry_out, visit, act))


async def _carry_out(visit: Visit, act: _Act) -> Response:
    try:
        secret = await act(visit)
    except Refusal as refusal:
        return await _page(visit, 422, **told(visit, refusal))
    if secret:
        # What is done on this page next is another request.
        return await _page(visit, secret=secret, request_id=new_request_id())
    return visit.redirect(f"{PATH}?done={visit.field('act')}")


async def one(visit: Visit) -> Response:
    """Shows what was sent to a webhook, with the receipt of each attempt."""
    request = pb.ListWebhookMessagesRequest(
        webhook_id=visit.path("webhook_id"), page_size=50, page_token=visit.query("page")
    )
    answer = await ask(visit.services.webhooks.ListWebhookMessages(request))
    webhooks = (await ask(visit.services.webhooks.ListWebhooks(pb.ListWebhooksRequest()))).webhooks
    id_ = visit.path("webhook_id")
    return visit.page(
        "operator/webhook.html",
        webhook=next(hook for hook in webhooks if hook.webhook_id.startswith(id_)),
        messages=answer.messages,
        more=answer.next_page_token,
        states=said(visit, STATES),
        kinds=_kinds(visit),
    )


async def _add(visit: Visit) -> str:
    secret = new_secret()
    request = pb.AddWebhookRequest(
        request_id=visit.request_id(),
        url=visit.field("url"),
        secret=secret,
        kinds=[kind for kind in visit.fields("kinds") if kind in _kinds(visit)],
    )
    await ask(visit.services.webhooks.AddWebhook(request))
    return secret


async def _renew(visit: Visit) -> str:
    secret = new_secret()
    request = pb.RenewWebhookSecretRequest(
        request_id=visit.request_id(), webhook_id=visit.field("webhook_id"), secret=secret
    )
    await ask(visit.services.webhooks.RenewWebhookSecret(request))
    return secret


async def _switch(visit: Visit) -> str:
    request = pb.SwitchWebhookRequest(
        request_id=visit.request_id(),
        webhook_id=visit.field("webhook_id"),
        enabled=visit.field("act") == "on",
    )
    await ask(visit.services.webhooks.SwitchWebhook(request))
    return ""


async def _remove(visit: Visit) -> str:
    request = pb.RemoveWebhookRequest(
        request_id=visit.request_id(), webhook_id=visit.field("webhook_id")
    )
    await ask(visit.services.webhooks.RemoveWebhook(request))
    return ""


async def _test(visit: Visit) -> str:
    request = pb.TestWebhookRequest(
        request_id=visit.request_id(), webhook_id=visit.field("webhook_id")
    )
    await ask(visit.services.webhooks.TestWebhook(request))
    return ""


_ACTS: dict[str, _Act] = {
    "add": _add,
    "renew": _renew,
    "on": _switch,
    "off": _switch,
    "remove": _remove,
    "test": _test,
}


async def _page(visit: Visit, status: int = 200, **values: Any) -> Response:
    answer = await ask(visit.services.webhooks.ListWebhooks(pb.ListWebhooksRequest()))
    return visit.page(
        "operator/webhooks.html",
        status=status,
        webhooks=answer.webhooks,
        enabled=said(visit, {"": ENABLED})[""],
        why=said(visit, WHY),
        kinds=_kinds(visit),
        of_firm=visit.has(Role.OPERATOR),
        people=await account_names(visit, (hook.added_by for hook in answer.webhooks)),
        done=visit.just_done("done"),
        form=visit.form or {},
        chosen=visit.fields("kinds") if visit.request.method == "POST" else [],
        **{"errors": {}, "refusal": None, "secret": "", **values},
    )


def said(visit: Visit, tags: dict[str, Tag]) -> dict[str, Tag]:
    """Returns tags in the language of the visitor."""
    return {code: Tag(visit.say(tag.word), tag.shape, tag.style) for code, tag in tags.items()}


def _kinds(visit: Visit) -> dict[str, str]:
    """The kinds of which the visitor's programs can hear, with their names."""
    of_firm = {kind: NOTICE_KINDS[kind] for kind in KINDS}
    named = of_firm if visit.has(Role.OPERATOR) else OF_INSTITUTIONS
    return {kind: visit.say(name) for kind, name in named.items()}
