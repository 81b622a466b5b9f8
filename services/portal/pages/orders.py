"""Pages of orders for verification: the list of each role, one order, and the acts on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from starlette.responses import Response

from plumbing.client import Refusal, ask
from plumbing.identity import Role
from protos.registry.v1 import orders_pb2 as pb
from protos.registry.v1 import registry_pb2 as registry
from services.portal import expectation_words, order_words
from services.portal.listing import (
    Asked,
    Cell,
    Chunk,
    Column,
    Filter,
    Listing,
    chunk_of,
    day_of,
    show,
)
from services.portal.pages import order_moves
from services.portal.pages.forms import told
from services.portal.pages.reading import bureau_names, subject_names, today
from services.portal.punctuation import GAP
from services.portal.visit import Visit
from services.portal.wording import N_

PATH = "/orders"
ENDS = (Role.CASEWORKER, Role.UNIT_HEAD)  # what an institution does not complete


@dataclass(frozen=True)
class Row:
    """An order with its subject, if the visitor may see it, and with who says its term."""

    order: pb.Order
    firm: registry.Subject | None
    term: str


async def listing(visit: Visit) -> Response:
    """Shows the orders that the visitor may see; those that have not ended by their last day."""
    day = await today(visit)
    states = [(code, visit.say(word)) for code, (word, _) in order_words.STATES.items()]
    institution = visit.has(Role.VERIFICATION_INSTITUTION)
    shown: Listing[Row] = Listing(
        path=PATH,
        title=N_("检定申请"),
        columns=[
            Column(N_("器具"), partial(_instrument, visit)),
            *([] if visit.has(Role.OPERATOR) else [Column(N_("使用单位"), _firm)]),
            *([] if institution else [Column(N_("检定机构"), lambda row: row.order.institution)]),
            Column(N_("状态"), partial(_state, visit)),
            Column(N_("检定机构应于"), partial(_due, visit, day)),
            Column(N_("申请日期"), lambda row: day_of(row.order.applied_on)),
        ],
        read=partial(_read, visit),
        empty=N_("没有这样的检定申请。"),
        filters=[
            Filter("which", N_("范围"), _ranges(visit), usual="open"),
            Filter("state", N_("状态"), states),
        ],
        key=partial(_key, visit) if visit.has(Role.VERIFICATION_INSTITUTION, *ENDS) else None,
        counted=N_("共 {total} 件，第 {first}–{last} 件"),
    )
    acts = order_words.NEXT.get(visit.query("state"), order_moves.ACTS)
    acts = acts if institution else order_moves.BY_BUREAU
    return await show(
        visit,
        shown,
        "orders/list.html",
        applied=visit.query("applied"),
        repairs=visit.query("repairs") if visit.query("applied") else "",
        repaired=visit.query("instrument"),
        acts=[(code, order_words.act(visit.say, code)) for code in acts],
    )


def _ranges(visit: Visit) -> list[tuple[str, str]]:
    named = {"open": N_("未办结"), "overdue": N_("检定机构已超过期限的"), "all": N_("全部")}
    return [(code, visit.say(text)) for code, text in named.items()]


async def _read(visit: Visit, asked: Asked) -> Chunk[Row]:
    overdue = asked["which"] == "overdue"
    request = pb.ListOrdersRequest(
        open=overdue or (asked["which"] != "all" and not asked["state"]),
        overdue=overdue,
        state=asked["state"],
        **asked.paging,
    )
    answer = await ask(visit.services.orders.ListOrders(request))
    firms = await subject_names(visit, (one.subject_id for one in answer.orders))
    bureaus = await bureau_names(visit)
    rows = [
        Row(
            one,
            firms.get(one.subject_id),
            order_words.term_in_short(visit.words, one.term, bureaus),
        )
        for one in answer.orders
    ]
    return chunk_of(answer, rows)


def _key(visit: Visit, row: Row) -> str:
    return row.order.order_id if _acts(visit, row.order) else ""


def _instrument(visit: Visit, row: Row) -> Cell:
    name = f"{visit.words.instrument_type(row.order.type_code)} {row.order.serial_no}"
    note = order_words.reason(visit.say, row.order.reason)
    return Cell(name, link=f"{PATH}/{row.order.order_id}", note=note)


def _firm(row: Row) -> Cell:
    return Cell(row.firm.name) if row.firm else Cell("")


def _state(visit: Visit, row: Row) -> Cell:
    late = order_words.late(visit.say, row.order.late)
    return Cell(tag=order_words.state(visit.say, row.order.state), note=late)


def _due(visit: Visit, day: str, row: Row) -> Cell:
    due = row.order.due_on
    notes = (order_words.term_left(visit.say, due, day), row.term)
    return Cell(day_of(due), note=GAP.join(filter(None, notes)))


async def one(visit: Visit) -> Response:
    """Shows an order with its steps, and takes it on where the visitor may."""
    request = pb.GetOrderRequest(order_id=visit.path("order_id"))
    answer = await ask(visit.services.orders.GetOrder(request))
    if visit.request.method == "GET":
        return await _page(visit, answer)
    state = visit.field("state")
    if state not in _acts(visit, answer.order):
        error = {"state": visit.say(N_("请选择办理的事项"))}
        return await _page(visit, answer, 422, errors=error)
    move = pb.MoveOrdersRequest(
        request_id=visit.request_id(),
        order_ids=[answer.order.order_id],
        state=state,
        appointed_on=visit.field("appointed_on") if state == "scheduled" else "",
        ground=visit.field("ground"),
    )
    try:
        await ask(visit.services.orders.MoveOrders(move))
    except Refusal as refusal:
        return await _page(visit, answer, 422, **told(visit, refusal))
    return visit.redirect(f"{PATH}/{answer.order.order_id}?moved=yes")


def _acts(visit: Visit, order: pb.Order) -> Sequence[str]:
    if visit.has(Role.VERIFICATION_INSTITUTION):
        return order_words.NEXT.get(order.state, ())
    if visit.has(Role.OPERATOR):
        return ("withdrawn",) if order.state in order_words.WITHDRAWABLE else ()
    return order_moves.BY_BUREAU if visit.has(*ENDS) and order.state in order_words.OPEN else ()


async def _page(
    visit: Visit, answer: pb.GetOrderResponse, status: int = 200, **values: Any
) -> Response:
    order, say, day = answer.order, visit.say, await today(visit)
    return visit.page(
        "orders/one.html",
        status=status,
        order=order,
        steps=[(order_words.state(say, step.state).word, step) for step in answer.steps],
        tag=order_words.state(say, order.state),
        reason=order_words.reason(say, order.reason),
        late=order_words.late(say, order.late),
        expected=(
            expectation_words.sentences(visit.words, answer.expectation)
            if answer.HasField("expectation")
            else ()
        ),
        because=order_words.open_because(visit.words, order, answer.other_results),
        acts=[(code, order_words.act(say, code)) for code in _acts(visit, order)],
        owner=(await subject_names(visit, [order.subject_id])).get(order.subject_id),
        left=order_words.term_left(say, order.due_on, day),
        term=order_words.term(visit.words, order.term, await bureau_names(visit)),
        today=day,
        form=visit.form,
        **values,
    )
