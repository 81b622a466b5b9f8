"""One step for several orders of the order book: what it needs is asked once for all of them.

Each order takes the step or stays as it is, and the page says which did and why the others did not.
Those that took it did so together, so that each owner has one mail of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import grpc
from starlette.responses import Response

from plumbing.client import Refusal, ask
from plumbing.identity import Role
from protos.registry.v1 import orders_pb2 as pb
from services.portal import order_words
from services.portal.listing import list_address
from services.portal.pages.forms import told
from services.portal.visit import Visit
from services.portal.wording import N_, Words

PATH = "/orders/move"
LIST = "/orders"
AT_ONCE = 100
ENDS = (Role.CASEWORKER, Role.UNIT_HEAD)  # what an institution does not complete
MOVERS = (Role.OPERATOR, Role.VERIFICATION_INSTITUTION, *ENDS)
# The order in which the steps are offered.
_ACTS = (
    *("accepted", "scheduled", "received", "in_work", "returned", "refused"),
    *("withdrawn", "cancelled"),
)
# What a step is asked besides the orders, and what to write where that must not be missing.
_ASKED = {
    "scheduled": ("appointed_on", N_("请填写约定的检定日期，例如 2026-10-16")),
    "refused": ("ground", N_("请写明不予受理或者退回的理由")),
    "withdrawn": ("ground", ""),
    "cancelled": ("ground", N_("请写明终止申请的理由")),
}


@dataclass(frozen=True)
class Outcome:
    """What became of one order: `refusal` is why it stayed as it is, empty if it did not."""

    order_id: str
    name: str
    refusal: str = ""


def steps_of(visit: Visit) -> Mapping[str, Sequence[str]]:
    """Returns the steps that the visitor may take an order to, by the order's state."""
    if visit.has(Role.VERIFICATION_INSTITUTION):
        return order_words.NEXT
    if visit.has(Role.OPERATOR):
        return order_words.BY_APPLICANT
    return order_words.BY_BUREAU if visit.has(*ENDS) else {}


def acts_of(steps: Mapping[str, Sequence[str]], state: str = "") -> Sequence[str]:
    """Returns those of the steps that orders of a list may take; `state` is that of all of them."""
    possible = {*steps.get(state, ())} if state else {*chain.from_iterable(steps.values())}
    return [one for one in _ACTS if one in possible]


async def move_chosen(visit: Visit) -> Response:
    """Takes the chosen orders one step on, each on its own; asks first for what the step needs."""
    back, state = list_address(visit, LIST), visit.field("state")
    if visit.request.method == "GET":
        return visit.redirect(back)
    chosen = list(dict.fromkeys(visit.fields("chosen")))
    if fault := _fault(visit, chosen, state):
        return visit.page("orders/refused.html", status=422, refusal=visit.say(fault), back=back)
    field, missing = _ASKED.get(state, ("", ""))
    if field and visit.field("step") != "send":
        return await _form(visit, chosen, {})
    if missing and not visit.field(field):
        return await _form(visit, chosen, {field: visit.say(missing)})
    try:
        answer = await _move(visit, chosen, state)
    except Refusal as refusal:
        if refusal.code is not grpc.StatusCode.INVALID_ARGUMENT:
            raise
        return await _form(visit, chosen, **told(visit, refusal))
    return await _said(visit, state, answer, back)


def _fault(visit: Visit, chosen: Sequence[str], state: str) -> str:
    if not chosen:
        return N_("请先在列表中选择要办理的申请")
    if state not in acts_of(steps_of(visit)):
        return N_("请选择办理的事项")
    return N_("一次最多办理 100 件，请分几次办理") if len(chosen) > AT_ONCE else ""


async def _move(visit: Visit, chosen: Sequence[str], state: str) -> pb.MoveOrdersResponse:
    request = pb.MoveOrdersRequest(
        request_id=visit.request_id(),
        order_ids=chosen,
        state=state,
        appointed_on=visit.field("appointed_on") if state == "scheduled" else "",
        ground=visit.field("ground"),
        each=True,
    )
    return await ask(visit.services.orders.MoveOrders(request))


async def _name(visit: Visit, order_id: str) -> str:
    try:
        answer = await ask(visit.services.orders.GetOrder(pb.GetOrderRequest(order_id=order_id)))
    except Refusal:
        return order_id[:8]
    return _named(visit.words, answer.order)


def _named(words: Words, order: pb.Order) -> str:
    return f"{words.instrument_type(order.type_code)} {order.serial_no}"


async def _form(
    visit: Visit, chosen: Sequence[str], errors: Mapping[str, str], refusal: str = ""
) -> Response:
    return visit.page(
        "orders/move.html",
        status=422 if errors or refusal else 200,
        chosen=[(one, await _name(visit, one)) for one in chosen],
        act=order_words.act(visit.say, visit.field("state")),
        form=visit.form,
        errors=errors,
        refusal=refusal,
        back=list_address(visit, LIST),
    )


async def _said(visit: Visit, state: str, answer: pb.MoveOrdersResponse, back: str) -> Response:
    skipped = [
        Outcome(
            one.order_id,
            await _name(visit, one.order_id),
            one.message_zh if visit.language == "zh-CN" else one.message_en,
        )
        for one in answer.not_moved
    ]
    return visit.page(
        "orders/moved.html",
        act=order_words.act(visit.say, state),
        done=[Outcome(one.order_id, _named(visit.words, one)) for one in answer.orders],
        skipped=skipped,
        tag=order_words.state(visit.say, state),
        back=back,
    )
