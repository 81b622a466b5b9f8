"""Converts the terms of orders to messages."""

from __future__ import annotations

from datetime import date

from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import orders_pb2 as pb
from services.registry.orders.terms.figures import Figure, defined
from services.registry.orders.terms.tables import OrderTerms


def figure(one: Figure, on: date) -> pb.TermFigure:
    """Converts a figure to a message; `on` is the day of its event."""
    if row := one.stated:
        return pb.TermFigure(
            kind=one.kind,
            days=one.days,
            bureau=row.bureau,
            source=row.source,
            valid_from=row.valid_from.isoformat(),
        )
    law = defined(one.kind, on)
    return pb.TermFigure(kind=one.kind, days=one.days, source=law.cite, example=law.example)


def order_terms(row: OrderTerms, *, in_force: bool) -> pb.OrderTerms:
    """Converts what a bureau stated to a message."""
    message = pb.OrderTerms(
        terms_id=row.terms_id,
        bureau=row.bureau,
        acceptance_days=row.acceptance_days,
        completion_days=row.completion_days,
        valid_from=row.valid_from.isoformat(),
        source=row.source,
        set_by=row.set_by,
        released_by=row.released_by,
        in_force=in_force,
    )
    message.released_at.FromDatetime(row.released_at)
    return message


def announced(row: OrderTerms) -> events.OrderTermsStated:
    """Converts what a bureau stated to its event, which names no person."""
    return events.OrderTermsStated(
        terms_id=row.terms_id,
        bureau=row.bureau,
        acceptance_days=row.acceptance_days,
        completion_days=row.completion_days,
        valid_from=row.valid_from.isoformat(),
        source=row.source,
    )
