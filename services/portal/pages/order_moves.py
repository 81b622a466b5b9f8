"""One step for several orders of the order book: what it needs is asked once for all of them.

Each order takes the step or stays as it is, and the page says which did and why the others did not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid5

import grpc
from starlette.responses import Response

from plumbing.client import Refusal, ask
from protos.registry.v1 import orders_pb2 as pb
from services.portal import order_words
from services.portal.listing import list_address
from services.portal.pages.forms import told
from services.portal.visit import Visit, message_of
from services.portal.wording import N_, Words

PATH = "/orders/move"
LIST = "/orders"
AT_ONCE = 100
ACTS = ("accepted", "scheduled", "received", "in_work", "returned", "refused")
# What a step needs besides the orders, and what to write where it is missing.
_NEEDED = {
    "scheduled": ("appointed_on", N_("请填写约定的检定日期，例如 2026-10-16")),
    "refused": ("ground", N_("请写明不予受理或者退回的理由")),
}
_SKIPPED = (
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.INVALID_ARGUMENT,
)


@dataclass(frozen=True)
class Outcome:
    """What became of one order: its new state, or why it stayed as it is."""

    order_id: str
    name: str
    state: str = ""
    refusal: str = ""


async def move_chosen(visit: Visit) -> Response:
    """Takes the chosen orders one step on, each on its own; asks first for what the step needs."""
    back, state = list_address(visit, LIST), visit.field("state")
    if visit.request.method == "GET":
        return visit.redirect(back)
    chosen = list(dict.fromkeys(visit.fields("chosen")))
    if fault := _fault(chosen, state):
        return visit.page("orders/refused.html", status=422, refusal=visit.say(fault), back=back)
    field, missing = _NEEDED.get(state, ("", ""))
    if field and visit.field("step") != "send":
        return await _form(visit, chosen, {})
    if field and not visit.field(field):
        return await _form(visit, chosen, {field: visit.say(missing)})
    try:
        outcomes = [await _outcome(visit, chosen[0], state, first=True)]
    except Refusal as refusal:  # what was written for all of them is wrong
        return await _form(visit, chosen, **told(visit, refusal))
    outcomes += [await _outcome(visit, one, state) for one in chosen[1:]]
    return _said(visit, state, outcomes, back)


def _fault(chosen: Sequence[str], state: str) -> str:
    if not chosen:
        return N_("请先在列表中选择要办理的申请")
    if state not in ACTS:
        return N_("请选择办理的事项")
    return N_("一次最多办理 100 件，请分几次办理") if len(chosen) > AT_ONCE else ""


async def _outcome(visit: Visit, order_id: str, state: str, *, first: bool = False) -> Outcome:
    """What becomes of one order. Raises the refusal of what was written, if it is the first."""
    try:
        return await _move(visit, order_id, state)
    except Refusal as refusal:
        of_the_form = first and refusal.code is grpc.StatusCode.INVALID_ARGUMENT
        if of_the_form or refusal.code not in _SKIPPED:
            raise
        name = await _name(visit, order_id)
        return Outcome(order_id, name, refusal=message_of(refusal, visit.language))


async def _move(visit: Visit, order_id: str, state: str) -> Outcome:
    request = pb.MoveOrdersRequest(
        # Sent again, the form finds each order as the first time left it.
        request_id=str(uuid5(UUID(visit.request_id()), order_id)),
        order_ids=[order_id],
        state=state,
        appointed_on=visit.field("appointed_on") if state == "scheduled" else "",
        ground=visit.field("ground"),
    )
    [order] = (await ask(visit.services.orders.MoveOrders(request))).orders
    return Outcome(order.order_id, _named(visit.words, order), state=order.state)


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


def _said(visit: Visit, state: str, outcomes: Sequence[Outcome], back: str) -> Response:
    return visit.page(
        "orders/moved.html",
        act=order_words.act(visit.say, state),
        done=[one for one in outcomes if one.state],
        skipped=[one for one in outcomes if one.refusal],
        tag=order_words.state(visit.say, state),
        back=back,
    )
