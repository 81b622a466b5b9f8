"""Converts orders, their steps and institutions that may verify to messages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from law.colours.lateness import Late
from law.errors import LawError
from law.terms.workdays import DueDate
from protos.registry.v1 import orders_pb2 as pb
from services.registry.institutions.tables import Institution, Site
from services.registry.orders.expecting import Expected
from services.registry.orders.states import runs
from services.registry.orders.tables import Order, OrderStep
from services.registry.orders.terms import wire as terms
from services.registry.orders.terms.figures import Figure, of_law
from services.registry.orders.terms.tables import OrderTerms
from services.registry.tables import Verification

_DAYS = ("applied_on", "valid_until", "due_on", "appointed_on")


def order(row: Order, late: Late, stated: OrderTerms | None) -> pb.Order:
    """Converts an order to a message; `late` is who is late with it.

    `stated` is what a bureau stated of its term, if one did.
    """
    days = {name: _written(getattr(row, name)) for name in _DAYS}
    left_out = {*_DAYS, "applied_by", "term_days", "terms_id"}
    values: dict[str, Any] = {**row.model_dump(exclude=left_out), **days}
    term = terms.figure(term_of(row, stated), row.applied_on) if row.due_on else None
    return pb.Order(**values, late=late, term=term)


def term_of(row: Order, stated: OrderTerms | None = None) -> Figure:
    """Returns the term that runs in an order; `stated` is what a bureau stated of it."""
    kind = runs(row.state)
    return Figure(kind, row.term_days or of_law(kind, row.applied_on).days, stated)


def step(row: OrderStep) -> pb.OrderStep:
    """Converts a step to a message."""
    message = pb.OrderStep(
        state=row.state,
        ground=row.ground,
        appointed_on=_written(row.appointed_on),
        late=row.late,
    )
    message.at.FromDatetime(row.at)
    return message


def not_moved(given: str, error: LawError) -> pb.OrderNotMoved:
    """Converts why an order, as it was named, did not take a step to a message."""
    return pb.OrderNotMoved(order_id=given, message_zh=error.zh, message_en=error.en)


def other_result(row: Order, result: Verification) -> pb.OtherResult:
    """Converts a result that does not complete an open order to a message, with the reason."""
    why = "earlier" if result.verified_on < row.applied_on else "undecided"
    if result.institution != row.institution:
        why = "another_institution"
    return pb.OtherResult(
        verification_id=result.verification_id,
        verified_on=result.verified_on.isoformat(),
        institution=result.institution,
        why=why,
    )


def verifier(
    row: Institution,
    open_orders: int,
    expectation: pb.Expectation,
    sites: Iterable[Site],
    wanted: set[str],
) -> pb.Verifier:
    """Converts an institution to a message for applicants, with its queue and sites.

    Of the sites those that verify any of the types `wanted`, with which ones if not all.
    """
    verified = [(one, wanted & {*(one.type_codes or wanted)}) for one in sites]
    of_types = [(one, types) for one, types in verified if types]
    anywhere = {code for _, types in of_types for code in types}
    return pb.Verifier(
        institution_id=row.institution_id,
        name=row.name,
        contact=row.contact,
        phone=row.phone,
        open_orders=open_orders,
        expectation=expectation,
        sites=[
            pb.VerifierSite(
                name=one.name,
                address=one.address,
                at_owner=one.at_owner,
                type_codes=sorted(types) if types < wanted else (),
            )
            for one, types in of_types
        ],
        types_without_site=sorted(wanted - anywhere) if verified else (),
    )


def expectation(
    expected: Expected, term: DueDate, figures: Sequence[Figure], applied_on: date
) -> pb.Expectation:
    """Converts an expected day to a message, beside the last day of the term and its figures."""
    day, term_on = expected.day, term.date
    return pb.Expectation(
        expected_on=_written(day.date if day else None),
        term_on=term_on.isoformat(),
        within_term=day is not None and day.date <= term_on,
        provisional=term.provisional or (day is not None and day.provisional),
        figures=[
            pb.CapacityFigure(
                type_codes=sorted(one.figure.type_codes),
                ahead=one.ahead,
                per_day=one.figure.per_day,
                from_on=one.figure.from_on.isoformat(),
            )
            for one in expected.used
        ],
        types_without_capacity=expected.without,
        terms=[terms.figure(one, applied_on) for one in figures],
    )


def _written(day: date | None) -> str:
    return day.isoformat() if day else ""
