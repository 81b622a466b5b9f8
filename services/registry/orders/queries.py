"""Queries on orders and on the institutions that may verify, within the caller's scope."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlmodel import col, select

from law.terms.workdays import DueDate, edition
from plumbing import paging
from plumbing.view import View
from protos.registry.v1 import orders_pb2 as pb
from services.registry import lookup
from services.registry.institutions.tables import Authorisation, Institution, Site
from services.registry.orders import estimates, lateness, wire
from services.registry.orders.access import find, visible
from services.registry.orders.authorised import authorised_until
from services.registry.orders.completing import COMPLETING
from services.registry.orders.states import OPEN, OrderState
from services.registry.orders.tables import UNENDED, Order, OrderStep
from services.registry.orders.terms.figures import Figure, TermKind, figure, stated
from services.registry.tables import Subject, Verification

# While they wait for a day: nobody has appointed one, and the institution has not begun.
_TO_BE_SCHEDULED = frozenset({OrderState.APPLIED, OrderState.ACCEPTED})
_NEVER = "9999"  # sorts after every day


async def list_verifiers(view: View, request: pb.ListVerifiersRequest) -> pb.ListVerifiersResponse:
    """Returns the institutions that may verify all of these types today, with when each is ready.

    They come by name, or by the expected day, those without one last. They are public bodies, so
    every applicant sees them whatever bureau keeps them.
    """
    asked = sorted(set(request.type_codes))
    able = (
        select(Authorisation.institution_id)
        .where(
            col(Authorisation.type_code).in_(asked),
            col(Authorisation.valid_from) <= view.today,
            col(Authorisation.valid_until) >= view.today,
        )
        .group_by(col(Authorisation.institution_id))
        .having(sa.func.count(sa.distinct(col(Authorisation.type_code))) == len(asked))
    )
    rows = select(Institution).where(col(Institution.institution_id).in_(able))
    found = (await view.session.exec(rows.order_by(col(Institution.name)))).all()
    term = await _term(view, request.bureau or await _own_bureau(view))
    verifiers = [await _verifier(view, row, Counter(request.type_codes), term) for row in found]
    if request.sort == "expected":
        verifiers.sort(key=lambda one: one.expectation.expected_on or _NEVER)
    return pb.ListVerifiersResponse(verifiers=verifiers)


@dataclass(frozen=True)
class _Term:
    """The last day of an application of today, and the figures that it follows from."""

    last: DueDate
    figures: Sequence[Figure]


async def _own_bureau(view: View) -> str:
    """The bureau of the caller's subject; the caller's own if it has none."""
    subject = await view.session.get(Subject, view.caller.subject_id)
    return subject.bureau if subject else view.caller.bureau


async def _term(view: View, bureau: str) -> _Term:
    """The term of an application of today that is accepted on the last day for that."""
    answer = await figure(view.session, bureau, TermKind.ACCEPTANCE, view.today)
    accepted_on = answer.last_day(view.today).date
    work = await figure(view.session, bureau, TermKind.COMPLETION, accepted_on)
    return _Term(work.last_day(accepted_on), (answer, work))


async def _verifier(view: View, row: Institution, wanted: Counter[str], term: _Term) -> pb.Verifier:
    queue = await estimates.queue(view, row.name)
    expected = await estimates.of_application(view, row.institution_id, queue, wanted)
    sites = select(Site).where(
        Site.institution_id == row.institution_id, col(Site.released), sa.not_(col(Site.closed))
    )
    named = (await view.session.exec(sites.order_by(col(Site.name)))).all()
    expectation = wire.expectation(expected, term.last, term.figures, view.today)
    verifier = wire.verifier(row, queue.total(), expectation, named, {*wanted})
    until = await authorised_until(view.session, row.institution_id, wanted)
    verifier.authorised_until = until.isoformat() if until else ""
    return verifier


async def list_orders(view: View, request: pb.ListOrdersRequest) -> pb.ListOrdersResponse:
    """Returns a page of the orders that the caller may see.

    Open ones come by the day on which the institution has to act; all of them, the newest first.
    """
    rows = select(Order).where(await visible(view))
    if request.open or request.overdue:
        rows = rows.where(sa.text(UNENDED))
    if request.overdue:
        rows = rows.where(col(Order.due_on) < view.today)
    if request.state:
        rows = rows.where(Order.state == request.state)
    if request.instrument_id:
        instrument = await lookup.instrument(view, request.instrument_id)
        rows = rows.where(Order.instrument_id == (instrument.instrument_id if instrument else ""))
    if request.subject_id:
        subject_id = await lookup.subject_id(view, request.subject_id)
        rows = rows.where(Order.subject_id == subject_id)
    by_due_day = request.open or request.overdue
    order = (Order.due_on if by_due_day else Order.applied_on, Order.order_id)
    page, token = await paging.page(
        view.session, request, rows, *order, newest_first=not by_due_day
    )
    count = await paging.count(view.session, request, rows, token)
    orders = await lateness.messages(view.session, page, view.today)
    return pb.ListOrdersResponse(orders=orders, next_page_token=token, **count)


async def get_order(view: View, request: pb.GetOrderRequest) -> pb.GetOrderResponse:
    """Returns an order with its steps, and with results that do not complete it while it is open.

    Until a day is appointed or the work begins, it tells when it is expected to be completed.
    Raises NotFound if the caller may see no such order.
    """
    row = await find(view, request.order_id)
    steps = select(OrderStep).where(OrderStep.order_id == row.order_id)
    found = await view.session.exec(steps.order_by(col(OrderStep.number)))
    others = await _other_results(view, row) if row.state in OPEN else []
    [order] = await lateness.messages(view.session, [row], view.today)
    return pb.GetOrderResponse(
        order=order,
        steps=map(wire.step, found),
        other_results=[wire.other_result(row, one) for one in others],
        expectation=await _expectation(view, row) if row.state in _TO_BE_SCHEDULED else None,
    )


async def _expectation(view: View, row: Order) -> pb.Expectation:
    assert row.due_on is not None  # noqa: S101 - it has not ended
    # The term of an accepted order stays the day that was told then.
    last = DueDate(row.due_on, provisional=False, edition=edition().number)
    given = (await stated(view.session, [row.terms_id])).get(row.terms_id)
    figures = [wire.term_of(row, given)]
    if row.state is OrderState.APPLIED:
        accepted_on = max(row.due_on, view.today)
        work = await figure(view.session, row.bureau, TermKind.COMPLETION, accepted_on)
        last, figures = work.last_day(accepted_on), [*figures, work]
    expected = await estimates.of_order(view, row)
    return wire.expectation(expected, last, figures, row.applied_on)


async def _other_results(view: View, row: Order) -> Sequence[Verification]:
    """The results of the instrument that a person may take for the answer to an open order.

    One of the institution is neither a pass nor a rejection, or it is dated before the application,
    and was reported after it or is of longer validity than the application knew. One of another
    institution came after it.
    """
    one, since = Verification, row.applied_on
    unknown = col(one.valid_until) > (row.valid_until or date.min)
    undecided = sa.and_(
        col(one.institution) == row.institution,
        col(one.verified_on) >= since,
        col(one.result).not_in(COMPLETING),
    )
    earlier = sa.and_(
        col(one.institution) == row.institution,
        col(one.verified_on) < since,
        sa.or_(col(one.reported_on) >= since, unknown),
    )
    elsewhere = sa.and_(
        col(one.institution).not_in(("", row.institution)), col(one.verified_on) >= since
    )
    of_instrument = select(one).where(one.instrument_id == row.instrument_id)
    either = sa.or_(undecided, earlier, elsewhere)
    found = of_instrument.where(sa.not_(col(one.removed)), either)
    ordered = found.order_by(col(one.verified_on), col(one.verification_id))
    return (await view.session.exec(ordered)).all()
