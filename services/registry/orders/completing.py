"""Completes orders by the results of their institution.

Only a pass or a rejection does. A pending result changes nothing (C-19), and one that notes a
repair asks for the verification that the order is about.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from law.colours.rule import VerificationResult
from plumbing.change import Change
from services.registry.orders.moves import step
from services.registry.orders.states import OrderState
from services.registry.orders.tables import UNENDED, Order
from services.registry.tables import Verification

COMPLETING = (VerificationResult.PASS, VerificationResult.REJECT)


async def complete(change: Change, answered: sa.ColumnElement[bool]) -> None:
    """Completes the open orders whose institution has verified their instrument since.

    `answered` is a condition that selects the new verifications; few of them have an order. One of
    a part completes nothing while another part under the same certificate is pending.
    """
    rows = (
        select(Order, Verification)
        .join(Verification, col(Verification.instrument_id) == Order.instrument_id)
        .where(sa.text(UNENDED), answered, completes(), sa.not_(_part_pending()))
        .order_by(col(Verification.verified_on), col(Verification.verification_id))
    )
    for order, verification in (await change.session.exec(rows)).all():
        if order.due_on is not None:  # not completed by an earlier one of them
            order.verification_id = verification.verification_id
            done_on = verification.verified_on
            await step(change, order, OrderState.COMPLETED, done_on=done_on)


def completes() -> sa.ColumnElement[bool]:
    """Returns the condition that a verification completes an order for its instrument."""
    return sa.and_(
        col(Verification.institution) == Order.institution,
        col(Verification.verified_on) >= Order.applied_on,
        col(Verification.result).in_(COMPLETING),
        sa.not_(col(Verification.removed)),
    )


def _part_pending() -> sa.ColumnElement[bool]:
    """The condition that the certificate of a verification has a part whose result is pending."""
    other = aliased(Verification)
    return sa.exists().where(
        col(other.instrument_id) == Verification.instrument_id,
        col(other.institution) == Verification.institution,
        col(other.certificate_key) == Verification.certificate_key,
        col(other.certificate_key) != "",
        col(other.result) == VerificationResult.PENDING,
        sa.not_(col(other.removed)),
    )
