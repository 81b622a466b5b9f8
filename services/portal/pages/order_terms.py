"""The terms that bureaus state for orders for verification: their history, and a form for more."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from plumbing.client import Refusal, ask
from plumbing.identity import Role
from protos.registry.v1 import orders_pb2 as pb
from services.portal import order_words
from services.portal.pages.forms import NOT_A_DAY, is_day, told
from services.portal.pages.reading import account_names, bureau_names
from services.portal.visit import Visit
from services.portal.wording import N_

PATH = "/order-terms"
SETTERS = (Role.CASEWORKER, Role.UNIT_HEAD)
DAYS = {
    "acceptance_days": N_("收到申请后受理或者不予受理的期限"),
    "completion_days": N_("受理后完成检定的期限"),
}
_MOST = 366


async def page(visit: Visit) -> Response:
    """Shows what terms bureaus have stated; its form proposes those of one from a later day on."""
    if visit.request.method == "GET":
        return await _page(visit)
    if errors := _faults(visit):
        return await _page(visit, 422, errors=errors)
    request = pb.PutOrderTermsRequest(
        request_id=visit.request_id(),
        bureau=visit.field("bureau"),
        **{name: visit.whole(name) or 0 for name in DAYS},
        valid_from=visit.field("valid_from"),
        source=visit.field("source"),
    )
    try:
        answer = await ask(visit.services.orders.PutOrderTerms(request))
    except Refusal as refusal:
        return await _page(visit, 422, **told(visit, refusal))
    return visit.redirect(f"/proposals/{answer.proposal.proposal_id}")


def _faults(visit: Visit) -> dict[str, str]:
    errors = {
        name: visit.say(N_("请写 0 至 366 的整数，0 为不另规定"))
        for name in DAYS
        if (days := visit.whole(name)) is None or days > _MOST
    }
    if not is_day(visit.field("valid_from")):
        errors["valid_from"] = visit.say(NOT_A_DAY)
    if not visit.field("bureau"):
        errors["bureau"] = visit.say(N_("请选择机关"))
    if not visit.field("source"):
        errors["source"] = visit.say(N_("请写明依据的文件或者决定"))
    return errors


async def _page(visit: Visit, status: int = 200, **values: Any) -> Response:
    request = pb.ListOrderTermsRequest(page_token=visit.query("page"))
    answer = await ask(visit.services.orders.ListOrderTerms(request))
    acted = (account for one in answer.order_terms for account in (one.set_by, one.released_by))
    bureaus = await bureau_names(visit)
    return visit.page(
        "orders/terms.html",
        status=status,
        order_terms=answer.order_terms,
        of_law=[order_words.named_term(visit.words, one, bureaus) for one in answer.of_law],
        more=answer.next_page_token,
        days={name: visit.say(text) for name, text in DAYS.items()},
        people=await account_names(visit, acted),
        bureaus=bureaus,
        sets=visit.has(*SETTERS),
        form=visit.form or {"bureau": visit.person.bureau},
        **{"errors": {}, "refusal": None, **values},
    )
